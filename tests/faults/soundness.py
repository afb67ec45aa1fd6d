"""Soundness: what must hold of a data folder whatever happened to it.

Belongs here: looking from outside, as a reader would. Does not belong here: what happened.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb


def read_release(path: Path) -> dict[str, object]:
    """Open a release as a reader does: every file against the manifest, every table of the database counted.

    Raises:
        AssertionError: something is missing, torn or of another release.
    """
    manifest: dict[str, object] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    for output in manifest["outputs"]:  # type: ignore[attr-defined]
        found = hashlib.sha256((path / output["path"]).read_bytes()).hexdigest()
        assert found == output["sha256"], f"{path}/{output['path']} is torn"
    with duckdb.connect(str(path / "strikes.duckdb"), read_only=True) as reader:
        for name, entry in manifest["tables"].items():  # type: ignore[attr-defined]
            counted = reader.execute(f"SELECT count(*) FROM {name}").fetchone()
            assert counted == (entry["rows"],), f"{path}: {name} holds {counted}, not {entry['rows']}"
    return manifest


def read_latest(data: Path) -> dict[str, object] | None:
    """The latest release, whole; None where there is none yet. The link is followed once, as a reader should."""
    link = data / "latest"
    return read_release(link.resolve(strict=True)) if link.is_symlink() else None


def named_releases(data: Path) -> list[Path]:
    """Folders that a listing of releases would show."""
    return sorted(path for path in (data / "releases").glob("*") if not path.name.startswith("."))


def leftovers(data: Path) -> list[str]:
    """What killed processes left behind that takes room."""
    return sorted(
        str(path.relative_to(data))
        for pattern in ("releases/.building-*", "releases/.pinned-*", "exports/.incoming-*", ".latest-*", "**/*.tmp")
        for path in data.glob(pattern)
    )
