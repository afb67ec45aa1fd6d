"""Inbox files: what the inbox sensor knows of each file, from one tick to the next.

Belongs here: which files did not change for two ticks, and which theatre each of them is for. A file is looked into
once, when it is seen not to change; the sensor's cursor remembers what came of it. Does not belong here: recognising a
file (``pipeline.inbox``), starting a run (``sensors``).

A tick has a minute, and looking into a large file that nothing recognises can take longer. So a large file is left to a
run, which looks into all files of the inbox, and a tick that has looked for some seconds leaves the others to the next.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.base_map import theatre_config
from pipeline.errors import UserError
from pipeline.ledger import code_digest, digest
from pipeline.settings import Settings
from pipeline.theatres import Theatre

LARGE_BYTES = 4_000_000
SECONDS_A_TICK = 10
READERS = ("inbox.py", "exports")


@dataclass(frozen=True)
class File:
    """A file of the inbox.

    Attributes:
        name: its path in the inbox.
        stamp: its size and time.
        theatres: theatres whose ingest job takes it; None where it was not looked into yet.
        hint: what to do where no theatre takes it.
    """

    name: str
    stamp: tuple[int, int]
    theatres: tuple[str, ...] | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Found:
    """What is in the inbox; ``by`` names the theatres and readers that judged it."""

    files: tuple[File, ...]
    by: str

    @property
    def cursor(self) -> str:
        """All of it as text, for the next tick."""
        files = {file.name: [*file.stamp, file.theatres, file.hint] for file in self.files}
        return json.dumps({"by": self.by, "files": files}, sort_keys=True)

    def by_theatre(self) -> dict[str, list[File]]:
        """Files that are ready, by the theatre whose job takes them."""
        ready: dict[str, list[File]] = {}
        for file in self.files:
            for theatre in file.theatres or ():
                ready.setdefault(theatre, []).append(file)
        return ready

    def in_words(self) -> str:
        """Why nothing is started."""
        unknown = [f"{file.name}: {file.hint}" for file in self.files if file.hint]
        if unknown:
            return "; ".join(unknown)
        waiting = f"{len(self.files)} new files: waiting until they have not changed for two ticks"
        return waiting if self.files else "The inbox is empty."


def look(settings: Settings, theatres: Sequence[Theatre], cursor: str | None) -> Found:
    """Look at the inbox.

    Args:
        settings: settings.
        theatres: theatres that have a job; a large file in none of their folders is given to the first.
        cursor: what the tick before found.
    """
    from pipeline.inbox import list_inbox  # noqa: PLC0415 - readers load where they are used

    by = digest([code_digest(*READERS), *(theatre_config(theatre) for theatre in theatres)])
    before = _read(cursor, by)
    began = time.monotonic()
    files = []
    for path in list_inbox(settings):
        name = path.relative_to(settings.inbox_dir).as_posix()
        try:
            stat = path.stat()
            file = File(name, (stat.st_size, stat.st_mtime_ns))
            seen = before.get(name)
            if seen is not None and seen.stamp == file.stamp:
                is_due = seen.theatres is None and time.monotonic() - began < SECONDS_A_TICK
                file = _judge(settings, theatres, path, file) if is_due else seen
        except FileNotFoundError:
            continue  # a run took it meanwhile
        files.append(file)
    return Found(tuple(files), by)


def _judge(settings: Settings, theatres: Sequence[Theatre], path: Path, file: File) -> File:
    """Look into a file, or leave that to a run."""
    from pipeline.inbox import decide, decide_by_folder  # noqa: PLC0415 - as above

    folder = Path(file.name).parts[0]
    if file.stamp[0] > LARGE_BYTES and decide_by_folder(settings, path) is None:
        own = [theatre.name for theatre in theatres if theatre.name == folder]
        return replace(file, theatres=tuple(own or [theatre.name for theatre in theatres][:1]))
    try:
        waiting = decide(settings, path)
    except UserError as error:  # one file stops no other
        return replace(file, theatres=(), hint=str(error))
    known = {theatre.name for theatre in theatres}
    whose = dict.fromkeys(theatre for theatre, _ in waiting.targets if theatre in known)
    return replace(file, theatres=tuple(whose), hint=waiting.hint)


def _read(cursor: str | None, by: str) -> dict[str, File]:
    """Files of the tick before, by their names; judged anew where theatres or readers have changed since."""
    kept = json.loads(cursor or "{}")
    is_same = kept.get("by") == by
    files = {}
    for name, (size, moment, theatres, hint) in kept.get("files", {}).items():
        file = File(name, (size, moment))
        if is_same and theatres is not None:
            file = replace(file, theatres=tuple(theatres), hint=hint)
        files[name] = file
    return files
