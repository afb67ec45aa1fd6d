"""The ledger: what each piece of work was made from, so that nothing is made twice and nothing stale is kept.

A piece of work is one step for one part (a source, a month, or everything) of one theatre. Its entry names the digest
of each input and, for each table that it wrote, the digest of the rows and the data files of the partition. The entry
is written after the data; a run killed in between leaves an entry that no longer fits, and the work is done again, with
the same result. An entry also stops fitting when another run has replaced the partition, because the files differ.

Belongs here: entries, digests of code and configuration. Does not belong here: which steps exist (``steps``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.settings import Settings
from pipeline.storage import open_store

PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Output:
    """What a piece of work wrote to one table."""

    digest: str
    rows: int
    files: tuple[str, ...]
    where: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """One finished piece of work."""

    step: str
    theatre: str
    part: str
    inputs: dict[str, str]
    outputs: dict[str, Output]
    notes: dict[str, Any] = field(default_factory=dict)


class Ledger:
    """The entries of one data folder or store, one small JSON file each."""

    def __init__(self, settings: Settings) -> None:
        self.store = open_store(settings)

    def _key(self, step: str, theatre: str, part: str) -> str:
        return f"ledger/{theatre}/{step}/{part}.json"

    def read(self, step: str, theatre: str, part: str) -> Entry | None:
        """The entry, or None where there is none or it cannot be read (then the work is done again)."""
        try:
            raw = json.loads(self.store.read(self._key(step, theatre, part)))
            outputs = {
                name: Output(o["digest"], o["rows"], tuple(o["files"]), o["where"])
                for name, o in raw.pop("outputs").items()
            }
            return Entry(outputs=outputs, **raw)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, entry: Entry) -> None:
        """Write an entry in one atomic step."""
        body = json.dumps(asdict(entry), indent=1, sort_keys=True, ensure_ascii=False)
        self.store.write(self._key(entry.step, entry.theatre, entry.part), body.encode())


def digest(value: Any) -> str:
    """Short SHA-256 of a JSON value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def geometry_versions() -> dict[str, str]:
    """Versions of the libraries, native ones included, that decide where a shape ends or how far away it is."""
    import pyproj  # noqa: PLC0415 - read once, when a digest is asked for
    import shapely  # noqa: PLC0415 - as above

    packages = {name: version(name) for name in ("duckdb", "duckdb-extension-spatial", "pyproj", "scipy", "shapely")}
    return packages | {"geos": shapely.geos_version_string, "proj": pyproj.proj_version_str}


@cache
def code_digest(*parts: str) -> str:
    """Digest of modules, packages and folders under ``pipeline``, and of the libraries that decide geometry.

    Raises:
        FileNotFoundError: there is no such module or folder.
    """
    hashed = hashlib.sha256(json.dumps(geometry_versions()).encode())
    for part in parts:
        path = PACKAGE / part
        if not path.exists():
            raise FileNotFoundError(path)
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in FILES)
        for file in files:
            hashed.update(file.relative_to(PACKAGE).as_posix().encode())
            hashed.update(file.read_bytes())
    return hashed.hexdigest()[:16]


FILES = {".py", ".sql", ".yaml", ".j2", ".html", ".css", ".js", ".mjs", ".json"}
