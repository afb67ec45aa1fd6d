"""Fetching sources: what a source's ``fetch`` block names becomes an export, if it is new.

Belongs here: choosing how each is fetched, handing the file to the intake, telling what came of it. Does not belong
here: how anything is fetched (``arcgis``, ``files``, ``stores``), when (the command line, Dagster).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx

from pipeline.errors import UserError
from pipeline.fetch.answers import plain
from pipeline.fetch.arcgis import fetch_layer
from pipeline.fetch.client import Client, Progress
from pipeline.fetch.files import Version, fetch_file
from pipeline.fetch.remembered import Memory, Seen
from pipeline.fetch.stores import fetch_object
from pipeline.intake import ingest, read_outdated
from pipeline.lake import Lake
from pipeline.receipts import place
from pipeline.settings import Settings
from pipeline.theatres import LiveFile, LiveLayer, Source, Theatre, theatres
from pipeline.theatres.live import STORES

LONGEST_NAME = 60
State = Literal["new", "refused", "unchanged", "read again", "failed"]


@dataclass(frozen=True)
class Fetched:
    """What came of one source.

    Attributes:
        theatre: its theatre.
        source: its name.
        state: ``new`` export taken, ``refused`` as a whole though kept, ``unchanged`` since the last, ``read again``:
            that too, but what is there could be read otherwise today and was, or ``failed``: nothing was taken.
        records: records of the export.
        bytes: size of the export; 0 where nothing was sent because nothing changed.
        problem: why it failed, or why the export could not be read.
        said_before: when the server said the very same before, where it said something else in between.
    """

    theatre: str
    source: str
    state: State
    records: int = 0
    bytes: int = 0
    problem: str | None = None
    said_before: datetime | None = None

    def in_words(self) -> str:
        """One line."""
        told = {
            "new": f"new, {self.records:,} records in {self.bytes:,} bytes",
            "refused": f"new, but refused as a whole: {self.bytes:,} bytes",
            "unchanged": f"unchanged, {self.records:,} records",
            "read again": f"unchanged, but read again: {self.records:,} records",
            "failed": "failed, nothing taken",
        }
        again = f", back to what it said on {self.said_before:%Y-%m-%d %H:%M}" if self.said_before else ""
        return f"{self.theatre} {self.source}: {told[self.state]}{again}"


def choose_sources(theatre_names: Sequence[str], source_name: str | None) -> list[tuple[Theatre, Source]]:
    """Live sources of theatres; the one of that name where it is given.

    Raises:
        UserError: no theatre has such a live source; the message lists those that there are.
    """
    live = [(theatres()[name], source) for name in theatre_names for source in theatres()[name].live_sources.values()]
    chosen = [(theatre, source) for theatre, source in live if source_name in {None, source.name}]
    if source_name and not chosen:
        told = ", ".join(f"{theatre.name} {source.name}" for theatre, source in live) or "none does"
        raise UserError(f"source {source_name!r} of {', '.join(theatre_names)} has no `fetch` block (with one: {told})")
    return chosen


def fetch_sources(
    settings: Settings, chosen: Sequence[tuple[Theatre, Source]], on_progress: Progress = lambda _: None
) -> list[Fetched]:
    """Fetch sources one after another; one that fails stops no other.

    Args:
        settings: settings.
        chosen: live sources with their theatres.
        on_progress: told lines.
    """
    found = []
    for theatre, source in chosen:
        on_progress(f"{theatre.name} {source.name}: asking {plain(source.fetch.address) if source.fetch else ''}")
        try:
            found.append(_fetch(settings, theatre, source, on_progress))
        # A full disk, or a redirection to what is no address, fails one source in words like anything else.
        except (UserError, OSError, UnicodeError, httpx.InvalidURL) as error:
            found.append(Fetched(theatre.name, source.name, "failed", problem=str(error)))
    return found


def _fetch(settings: Settings, theatre: Theatre, source: Source, on_progress: Progress) -> Fetched:
    block = source.fetch
    assert block is not None  # noqa: S101 - for the type checker
    memory = Memory(settings, theatre, source)
    tried = read_outdated(settings, theatre, [source], on_progress)
    unchanged: State = "read again" if any(one.read_again for one in tried) else "unchanged"
    lost = next((one.problem for one in tried if not one.read_again), None)
    with memory.turn(), Client(settings, _token(block), on_progress) as client:
        if isinstance(block, LiveLayer):
            try:
                fetch_layer(client, block, memory.part)
                return _take(settings, theatre, source, memory, None, unchanged)
            finally:
                memory.forget_part()  # a layer is read whole or again
        seen = _still_held(settings, theatre, source, memory.seen(block.address))
        fetch = fetch_object if urlsplit(block.address).scheme in STORES else fetch_file
        version = fetch(client, block, memory, seen[0] if seen else None)
        if version is None and seen:
            return Fetched(theatre.name, source.name, unchanged, seen[1], problem=seen[2] or lost)
        return _take(settings, theatre, source, memory, version, unchanged)


def _token(block: LiveLayer | LiveFile) -> str | None:
    if block.token_env is None:
        return None
    token = os.environ.get(block.token_env, "").strip()
    if not token:
        told = plain(block.address)
        raise UserError(f"the environment variable {block.token_env} is empty: put the token for {told} there")
    return token


def _still_held(
    settings: Settings, theatre: Theatre, source: Source, seen: Seen | None
) -> tuple[Seen, int, str | None] | None:
    """What was seen, with the records and the problem of its export; None where that is not the server's last, as where
    another machine has fetched since.
    """
    if seen is None:
        return None
    rows = Lake(settings).read("raw.exports", theatre=theatre.name, source=source.name).to_pylist()
    last = max((row for row in rows if row["is_fetched"]), key=place, default=None)
    if last is None or last["sha256"] != seen.sha256:
        return None
    return seen, int(last["record_count"]), last["problem"]


def _take(
    settings: Settings,
    theatre: Theatre,
    source: Source,
    memory: Memory,
    version: Version | None,
    unchanged: State,
) -> Fetched:
    """Hand a whole download to the intake, under the name of its address."""
    block = source.fetch
    assert block is not None  # noqa: S101 - for the type checker
    whole = memory.folder / "whole" / file_name(source)
    whole.parent.mkdir(exist_ok=True)
    memory.part.replace(whole)
    memory.forget_part()
    try:
        taken = ingest(settings, whole, theatre, source, is_fetched=True)
        size = whole.stat().st_size
        if version is not None:
            memory.remember(Seen(block.address, version.etag, version.last_modified, _sha256(whole)))
    finally:
        whole.unlink(missing_ok=True)
    came: State = "refused" if taken.problem else "new"
    state = came if taken.is_new else unchanged
    return Fetched(theatre.name, source.name, state, taken.records, size, taken.problem, taken.said_before)


def file_name(source: Source) -> str:
    """Name of a source's export: that of its address, or of its service and layer. It says nothing of the day."""
    block = source.fetch
    assert block is not None  # noqa: S101 - for the type checker
    parts = unquote(urlsplit(block.address).path).replace("\\", "/").split("/")
    if isinstance(block, LiveLayer):
        return f"{parts[-2]}_{block.layer}.json"
    name = "".join(letter for letter in parts[-1] if letter.isprintable())[-LONGEST_NAME:]
    return name if name.strip(". ") else source.name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
