"""Intake: from files to raw records, each export once.

Belongs here: taking files given by hand or shipped as showcase, reading again what could be read otherwise today. Does
not belong here: which files of the inbox are taken (``inbox``), which export a receipt is (``receipts``), reading a
format and what that depends on (``exports``), writing the raw tables (``desk``), interpreting records (``mapping``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pipeline import exports
from pipeline.desk import Desk, at_desk
from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.printing import printable
from pipeline.receipts import judge, name_export, once_more, place
from pipeline.settings import Settings
from pipeline.theatres import Source, Theatre, theatres


@dataclass(frozen=True)
class Taken:
    """What became of one file.

    ``said_before`` is when the same bytes were received before, where they are a new export all the same;
    ``read_again`` is why an export that was there was read again.
    """

    path: str
    theatre: str
    source: str
    export_id: str
    records: int
    is_new: bool
    problem: str | None
    said_before: datetime | None = None
    read_again: str | None = None

    def told_again(self) -> str:
        """That an export was read again and why, in words."""
        name = printable(Path(self.path).name)
        came = "refused as a whole" if self.problem else f"{self.records:,} records"
        return f"{self.theatre} {self.source}: {name} was read again ({self.read_again}): {came}"


def find(theatre_name: str, source_name: str) -> tuple[Theatre, Source]:
    """The theatre and source of these names.

    Raises:
        UserError: there is no such theatre or source; the message lists those that there are.
    """
    if theatre_name not in theatres():
        raise UserError(f"there is no theatre {theatre_name!r}: choose one of {', '.join(theatres())}")
    theatre = theatres()[theatre_name]
    if source_name not in theatre.sources:
        raise UserError(
            f"theatre {theatre_name} has no source {source_name!r}: choose one of {', '.join(theatre.sources)}"
        )
    return theatre, theatre.sources[source_name]


def ingest(
    settings: Settings,
    path: Path,
    theatre: Theatre,
    source: Source,
    received_at: datetime | None = None,
    is_declared: bool = True,
    is_fetched: bool = False,
) -> Taken:
    """Take one file for one source. Identical bytes are not taken twice for the same source, unless

    - it is a source that tells something by the name of its files, and the name is another;
    - each export is the whole list, and their receipt is declared as of another time, or another export came after
      them;
    - the source's own server says them, and did not say them last: what it says is an export of its own, which no
      receipt of the same bytes by another way takes away;
    - they are declared as received before an export of them that a person let in: that one stays beside it.

    Of several receipts of one export the earliest that was declared counts (of those at the same time, the first file
    name), so that the order in which files are taken in decides nothing. A receipt that is not declared is later than
    what was received of the source before it.

    Args:
        settings: settings.
        path: the file.
        theatre: its theatre.
        source: its source.
        received_at: when it was received; now where None. It is recorded once and never read from a clock again.
        is_declared: False where the time is no more than a guess, which moves no export that is already there.
        is_fetched: True where the source's own server has just sent it.

    Raises:
        UserError: the file does not exist or cannot be taken, or the source is made of others.
    """
    if source.kind == "control_merged":
        raise UserError(
            f"{theatre.name}/{source.name} is made of {source.base} and {source.overrides} and takes no file: "
            "give the file to one of them"
        )
    received = exports.receive(settings, path, received_at or datetime.now(UTC))
    return take_received(settings, path, received, theatre, source, received_at, is_declared, is_fetched)


def take_received(
    settings: Settings,
    path: Path,
    received: exports.Received,
    theatre: Theatre,
    source: Source,
    received_at: datetime | None,
    is_declared: bool,
    is_fetched: bool = False,
) -> Taken:
    """Take a file whose bytes are kept; see :func:`ingest`."""
    moment = (received_at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    is_declared = is_declared and received_at is not None

    def take(desk: Desk) -> Taken:
        return _take(desk, path, name_export(received, source), moment, is_declared, is_fetched)

    return at_desk(settings, theatre, source, take)


def _take(
    desk: Desk, path: Path, received: exports.Received, moment: datetime, is_declared: bool, is_fetched: bool
) -> Taken:
    known = desk.known
    if known and not is_declared:
        moment = max(moment, max(known, key=place)["received_at"] + timedelta(seconds=1))
    verdict = judge(desk.source, known, received, moment, is_declared, is_fetched, desk.accepted)
    if verdict.there is not None:
        why = exports.say_outdated(desk.settings, desk.source, verdict.there)
        return _read_again(desk, verdict.there, why) if why else _taken(path, verdict.there, is_new=False)
    if verdict.makes_room is not None:
        row = verdict.makes_room
        later = once_more(replace(verdict.received, file_name=row["file_name"]), row["received_at"])
        desk.write(_read(desk, later, row["received_at"]), row["is_fetched"])
        desk.move_acceptance(row, later.export_id)
    written = desk.write(_read(desk, verdict.received, moment), is_fetched)
    return _taken(path, written, verdict.is_new, verdict.said_before)


def _read(desk: Desk, received: exports.Received, moment: datetime) -> exports.Reading:
    return exports.read_export(desk.settings, received, desk.theatre, desk.source, moment)


def find_outdated(
    settings: Settings, theatre: Theatre, sources: Iterable[Source] | None = None
) -> list[tuple[Source, dict[str, Any], str]]:
    """Exports that could be read otherwise today, each with its source and why, in the order of receipt.

    Args:
        settings: settings.
        theatre: the theatre.
        sources: sources that are looked at; all of the theatre's where None.
    """
    chosen = {source.name: source for source in (theatre.sources.values() if sources is None else sources)}
    rows = Lake(settings).read("raw.exports", theatre=theatre.name, source=list(chosen)).to_pylist()
    judged = [
        (chosen[row["source"]], row, exports.say_outdated(settings, chosen[row["source"]], row))
        for row in sorted(rows, key=place)
    ]
    return [found for found in judged if found[2]]


def read_outdated(
    settings: Settings,
    theatre: Theatre,
    sources: Iterable[Source] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[Taken]:
    """Read again every export that could be read otherwise today, from the bytes that were kept.

    Each keeps its id, its receipt and its name; it is refused, or no longer, by what holds now. One whose bytes are
    gone stays as it was read, with that as its problem.

    Args:
        settings: settings.
        theatre: the theatre.
        sources: sources that are looked at; all of the theatre's where None.
        on_progress: told a line for each export that was read again.
    """
    found = []
    for source, row, why in find_outdated(settings, theatre, sources):
        try:
            taken = at_desk(settings, theatre, source, partial(_read_again, row=row, why=why))
            on_progress(taken.told_again())
        except UserError as error:
            name = printable(row["file_name"])
            told = f"{theatre.name} {source.name}: {name} could not be read again ({why}): {error}"
            taken = replace(_taken(Path(row["file_name"]), row, is_new=False), problem=told)
        found.append(taken)
    return found


def _read_again(desk: Desk, row: dict[str, Any], why: str) -> Taken:
    if row in desk.known:  # else another process came first
        kept = exports.find_kept(desk.settings, row["sha256"], row["file_name"])
        reading = _read(desk, replace(kept, export_id=row["export_id"]), row["received_at"])
        written = desk.write(reading, row["is_fetched"])
    else:
        written = next(known for known in desk.known if known["export_id"] == row["export_id"])
    return replace(_taken(Path(row["file_name"]), written, is_new=False), read_again=why)


def _taken(path: Path, row: dict[str, Any], is_new: bool, said_before: datetime | None = None) -> Taken:
    return Taken(
        str(path), str(row["theatre"]), str(row["source"]), str(row["export_id"]), int(row["record_count"]),
        is_new, None if row["problem_code"] is None else f"{row['problem_code']}: {row['problem']}", said_before,
    )  # fmt: skip


def ingest_showcase(settings: Settings, names: list[str] | None = None) -> list[Taken]:
    """Take the files that the project ships, each on its recorded day."""
    taken = []
    for theatre in theatres().values():
        if names is None or theatre.name in names:
            for source in theatre.sources.values():
                if source.showcase:
                    moment = datetime.fromisoformat(source.showcase.received_at)
                    taken.append(ingest(settings, theatre.path(source.showcase.file), theatre, source, moment))
    return taken
