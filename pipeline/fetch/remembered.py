"""What is remembered of a source between two fetches, so that what did not change is not sent again.

Belongs here: the source's folder, the turn of one fetch at a time, what the server last said of the file, and the part
of a download that was cut off. All of it may be deleted: the next fetch then asks for everything.
Does not belong here: exports; they are the intake's.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipeline.processes import take_turn
from pipeline.settings import Settings
from pipeline.theatres import Source, Theatre


@dataclass(frozen=True)
class Seen:
    """What a server said of a file that was taken.

    Attributes:
        address: where the file was.
        etag: its ``ETag``, or an object store's mark of its version.
        last_modified: its ``Last-Modified``, as the server writes it.
        sha256: SHA-256 of its bytes.
    """

    address: str
    etag: str | None
    last_modified: str | None
    sha256: str


class Memory:
    """The folder of one source."""

    def __init__(self, settings: Settings, theatre: Theatre, source: Source) -> None:
        self.folder = settings.fetched_dir / theatre.name / source.name

    @property
    def part(self) -> Path:
        """A download that is not whole."""
        return self.folder / "download.part"

    @property
    def part_mark(self) -> Path:
        """The version of the file that the part is of: a strong ``ETag`` or a ``Last-Modified``."""
        return self.folder / "download.mark"

    def turn(self) -> AbstractContextManager[None]:
        """One fetch of a source at a time: two would write the same part."""
        return take_turn(self.folder / ".lock")

    def seen(self, address: str) -> Seen | None:
        """What was last taken from an address; None where nothing was, or it cannot be read."""
        try:
            seen = Seen(**json.loads((self.folder / "seen.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return replace(seen, address=address) if seen.address == _digest(address) else None

    def remember(self, seen: Seen) -> None:
        """Keep what a server said of a file that was taken; of its address a digest, as it may have a query."""
        aside = self.folder / "seen.json.tmp"
        kept = replace(seen, address=_digest(seen.address))
        aside.write_text(json.dumps(asdict(kept), indent=1, sort_keys=True), encoding="utf-8")
        aside.replace(self.folder / "seen.json")

    def forget_part(self) -> None:
        """Drop what was downloaded so far."""
        self.part.unlink(missing_ok=True)
        self.part_mark.unlink(missing_ok=True)


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
