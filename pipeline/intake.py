"""Intake: from files to raw records, each export once.

Belongs here: taking files given by hand, shipped as showcase or dropped in the inbox, and writing ``raw.exports`` and
``raw.records``. Does not belong here: reading a format (``exports``), interpreting records (``mapping``).

The row in ``raw.exports`` is written after the records: it marks the export as taken in.
"""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline import exports
from pipeline.errors import UserError
from pipeline.exports import Received
from pipeline.lake import Lake
from pipeline.printing import printable
from pipeline.settings import Settings
from pipeline.theatres import Source, Theatre, theatres

# A file is taken from the inbox only when it has not changed for this long, so that a copy in progress is left alone.
STABLE_SECONDS = 2.0
# Names of files in one line about several.
LISTED = 3
OF_OTHERS = "of another theatre, left for a run over that one"
IGNORED = (".", "~")
IGNORED_ENDINGS = (".part", ".tmp", ".crdownload")


@dataclass(frozen=True)
class Taken:
    """What became of one file.

    ``said_before`` is when the same bytes were received before, where they are a new export all the same.
    """

    path: str
    theatre: str
    source: str
    export_id: str
    records: int
    is_new: bool
    problem: str | None
    said_before: datetime | None = None


@dataclass(frozen=True)
class Receipt:
    """A file whose bytes are kept, and when it may have been received."""

    path: Path
    received: exports.Received
    moment: datetime


@dataclass(frozen=True)
class Waiting:
    """A file in the inbox and the sources that it is taken for; without any, ``hint`` says what to do."""

    path: Path
    targets: tuple[tuple[str, str], ...]
    hint: str | None = None
    is_young: bool = False


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
    - another export came after them, and the source's own server says them again or each export is the whole list:
      the same bytes then say something new, and are an export of their own.

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
    return _take(settings, path, received, theatre, source, received_at, is_declared, is_fetched)


def _take(
    settings: Settings,
    path: Path,
    received: exports.Received,
    theatre: Theatre,
    source: Source,
    received_at: datetime | None,
    is_declared: bool,
    is_fetched: bool = False,
) -> Taken:
    """Take a file whose bytes are kept; see ``ingest``."""
    lake = Lake(settings)
    known = lake.read("raw.exports", theatre=theatre.name, source=source.name).to_pylist()
    moment = (received_at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    if known and (received_at is None or not is_declared):
        moment = max(moment, _newest(known)["received_at"] + timedelta(seconds=1))
    received = name_export(received, source)
    alike = [row for row in known if _is_alike(source, row, received)]
    said_before = None
    if alike and (is_fetched or source.is_complete) and _is_said_anew(known, alike, moment, is_fetched):
        said_before = _newest(alike)["received_at"]
        again = hashlib.sha256(f"{received.export_id} {moment.isoformat()}".encode()).hexdigest()
        received = replace(received, export_id=again)
    elif alike:
        first = next(row for row in alike if row["export_id"] == received.export_id)
        if not is_declared or (moment, received.file_name) >= (first["received_at"], first["file_name"]):
            return _taken(path, _newest(alike), is_new=False)
    reading = exports.read_export(settings, received, theatre, source, moment)
    export = {**reading.export, "is_fetched": is_fetched}
    where = {"theatre": theatre.name, "source": source.name, "export_id": received.export_id}
    lake.replace_in_batches("raw.records", reading.pile.batches, **where)
    if reading.refused.num_rows:
        lake.replace("raw.refused_exports", reading.refused, **where)
    lake.replace("raw.exports", [export], **where)
    # An export that was there and is read again, because its rows name the file, is not new.
    return _taken(path, export, not alike or said_before is not None, said_before)


def name_export(received: exports.Received, source: Source) -> exports.Received:
    """A received file under the id that its export has in a source: that of its bytes, or of them and its name."""
    if not source.is_read_by_name:
        return received
    named = hashlib.sha256(f"{received.sha256} {received.file_name}".encode()).hexdigest()
    return replace(received, export_id=named)


def _newest(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return max(rows, key=lambda row: (row["received_at"], row["file_name"], row["export_id"]))


def _is_alike(source: Source, row: dict[str, Any], received: Received) -> bool:
    """Whether an export is of the same bytes and, where the name tells something, of the same name."""
    is_named_so = not source.is_read_by_name or row["file_name"] == received.file_name
    return bool(row["sha256"] == received.sha256 and is_named_so)


def _is_said_anew(known: list[dict[str, Any]], alike: list[dict[str, Any]], moment: datetime, is_fetched: bool) -> bool:
    """Whether known bytes come after another export: for a server, after another of its own answers."""
    answers = [row for row in known if row["is_fetched"]] if is_fetched else []
    latest = _newest(answers or known)
    return latest not in alike and bool(moment > latest["received_at"])


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


def list_inbox(settings: Settings) -> list[Path]:
    """Files in the inbox, in order of name, but for those that programs leave there while they copy."""
    settings.inbox_dir.mkdir(parents=True, exist_ok=True)
    found = sorted(p for p in settings.inbox_dir.rglob("*") if p.is_file() and not p.is_symlink())
    return [p for p in found if not (p.name.startswith(IGNORED) or p.name.endswith(IGNORED_ENDINGS))]


def look_into_inbox(settings: Settings, now: float | None = None, settled: Collection[Path] = ()) -> list[Waiting]:
    """Files in the inbox, in order of name; one that changed a moment ago is young and not looked into.

    ``inbox/<theatre>/<source>/file`` says what a file is; elsewhere its content decides, in ``inbox/<theatre>/`` among
    the sources of that theatre.

    Args:
        settings: settings.
        now: seconds since 1970; the clock's where None.
        settled: files that were seen not to change, whatever their time says.
    """
    waiting = []
    moment = datetime.now(UTC).timestamp() if now is None else now
    for path in list_inbox(settings):
        if abs(moment - path.stat().st_mtime) < STABLE_SECONDS and path not in settled:
            waiting.append(Waiting(path, (), "it changed a moment ago: run again when it is complete", is_young=True))
            continue
        waiting.append(_decide(settings, path))
    return waiting


def _decide(settings: Settings, path: Path) -> Waiting:
    folders = path.relative_to(settings.inbox_dir).parts[:-1]
    theatre = theatres().get(folders[0]) if folders else None
    if theatre and len(folders) >= 2 and folders[1] in theatre.sources:
        return Waiting(path, ((theatre.name, folders[1]),))
    targets = tuple(found for found in exports.recognise(settings, path) if theatre is None or found[0] == theatre.name)
    if targets:
        return Waiting(path, targets)
    fault = exports.find_fault(settings, path)
    if fault:
        return Waiting(path, (), f"it cannot be read: {fault}")
    who = f"no source of {theatre.name}" if theatre else "no source"
    told = f"{who} recognises its name or columns. Put it in inbox/<theatre>/<source>/ or use `isw-strikes ingest`"
    if theatre:
        told += f"; the sources of {theatre.name} are {', '.join(theatre.sources)}"
    return Waiting(path, (), told)


def tell_left(left: Sequence[Waiting]) -> list[str]:
    """Files that stay in the inbox, and why: a line for those of one folder that stay for the same reason."""
    alike: dict[tuple[Path, str | None], list[Path]] = {}
    for waiting in left:
        alike.setdefault((waiting.path.parent, waiting.hint), []).append(waiting.path)
    told = []
    for (folder, hint), paths in alike.items():
        names = ", ".join(printable(path.name) for path in paths[:LISTED]) + (", …" if len(paths) > LISTED else "")
        where = str(paths[0]) if len(paths) == 1 else f"{folder}: {len(paths):,} files ({names})"
        told.append(f"{printable(where)}: {hint}")
    return told


def part_by_theatre(found: Sequence[Waiting], names: Sequence[str] | None) -> tuple[list[Waiting], list[Waiting]]:
    """Files that a run over these theatres takes or tells of, and files that are of other theatres alone."""
    chosen, others = list[Waiting](), list[Waiting]()
    for waiting in found:
        is_wanted = names is None or not waiting.targets or any(theatre in names for theatre, _ in waiting.targets)
        if is_wanted:
            chosen.append(waiting)
        else:
            others.append(replace(waiting, hint=OF_OTHERS))
    return chosen, others


def take_inbox(
    settings: Settings, names: Sequence[str] | None = None, on_progress: Callable[[str], None] = lambda _: None
) -> tuple[list[Taken], list[Waiting]]:
    """Take every recognised file of the inbox; those taken are moved to ``inbox-done``, the rest stay.

    Args:
        settings: settings.
        names: only files of these theatres are taken; of all where None.
        on_progress: told a line before each file.

    Returns:
        What was taken, and what was left with the reason.
    """
    with _turn(settings):
        waiting_files = len(list_inbox(settings))
        if waiting_files:
            on_progress(f"inbox: looking at {waiting_files:,} files")
        found = look_into_inbox(settings)
        young = {waiting.path: _stamp(waiting.path) for waiting in found if waiting.is_young}
        if young:
            # A copy that has just ended is taken at once, one that goes on is not. Seen with our own eyes, because the
            # clock may have been set back since the file was written, or be another machine's.
            time.sleep(STABLE_SECONDS)
            found = look_into_inbox(settings, settled={path for path, seen in young.items() if _stamp(path) == seen})
        found, others = part_by_theatre(found, names)
        left = [*others, *(waiting for waiting in found if not waiting.targets)]
        ready = sorted((waiting for waiting in found if waiting.targets), key=_by_stamp)
        taken, refused = (_take_elsewhere if settings.dask else _take_here)(settings, ready, on_progress)
    return taken, left + refused


def _take_here(
    settings: Settings, ready: list[Waiting], on_progress: Callable[[str], None]
) -> tuple[list[Taken], list[Waiting]]:
    taken: list[Taken] = []
    left = []
    for number, waiting in enumerate(ready, start=1):
        on_progress(f"taking {number:,} of {len(ready):,}: {printable(waiting.path.name)}")
        try:
            for theatre_name, source_name in waiting.targets:
                theatre, source = find(theatre_name, source_name)
                moment = _guess_receipt(waiting.path, theatre)
                taken.append(ingest(settings, waiting.path, theatre, source, moment, is_declared=False))
            _put_away(settings, waiting, taken[-1])
        except (UserError, OSError) as error:  # one file stops no other
            left.append(replace(waiting, hint=str(error)))
    return taken, left


def _take_elsewhere(
    settings: Settings, ready: list[Waiting], on_progress: Callable[[str], None]
) -> tuple[list[Taken], list[Waiting]]:
    """Read exports on the workers of a cluster. Those of one source are read in order, by one worker: what came before
    decides what an export says.
    """
    from pipeline.spreading import spread  # noqa: PLC0415 - loads where it is used

    on_progress(f"taking {len(ready):,} files on the cluster")
    groups: dict[tuple[str, str], list[Receipt]] = {}
    said: dict[str, list[Taken | str]] = {str(waiting.path): [] for waiting in ready}
    for waiting in ready:
        try:
            for target in waiting.targets:
                moment = _guess_receipt(waiting.path, theatres()[target[0]])
                received = exports.receive(settings, waiting.path, moment)
                groups.setdefault(target, []).append(Receipt(waiting.path, received, moment))
        except (UserError, OSError) as error:
            said[str(waiting.path)].append(str(error))
    pieces = [(theatres()[name], (source, group)) for (name, source), group in groups.items()]
    for group, outcomes in zip(groups.values(), spread(settings, _take_piece, pieces), strict=True):
        for receipt, outcome in zip(group, outcomes, strict=True):
            said[str(receipt.path)].append(outcome)
    left = []
    for waiting in ready:
        faults = [one for one in said[str(waiting.path)] if isinstance(one, str)]
        if faults:
            left.append(replace(waiting, hint=faults[0]))
        else:
            _put_away(settings, waiting, [one for one in said[str(waiting.path)] if isinstance(one, Taken)][-1])
    return [one for outcomes in said.values() for one in outcomes if isinstance(one, Taken)], left


def _take_piece(settings: Settings, theatre: Theatre, piece: tuple[str, list[Receipt]]) -> list[Taken | str]:
    """Read exports of one source on a worker, from the store; why not, where one cannot be read."""
    source = theatre.sources[piece[0]]
    outcomes: list[Taken | str] = []
    for receipt in piece[1]:
        try:
            received = exports.fetch(settings, receipt.received)
            outcomes.append(_take(settings, receipt.path, received, theatre, source, receipt.moment, is_declared=False))
        except UserError as error:  # one file stops no other
            outcomes.append(str(error))
    return outcomes


def _put_away(settings: Settings, waiting: Waiting, taken: Taken) -> None:
    done = settings.root / "inbox-done" / taken.export_id[:16]
    done.mkdir(parents=True, exist_ok=True)
    waiting.path.replace(done / waiting.path.name)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Size and time of a file; None where it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def _by_stamp(waiting: Waiting) -> tuple[float, str]:
    """Files that wait together count in the order of their time stamps; one that is gone by now comes first."""
    try:
        return waiting.path.stat().st_mtime, str(waiting.path)
    except OSError:
        return 0.0, str(waiting.path)


def _guess_receipt(path: Path, theatre: Theatre) -> datetime:
    """A file's time stamp, where that can be the time of its receipt; else now.

    A stamp before the theatre's first day (archives write 1980) or in the future is a clock's fault, by which every
    record would lie in the future, or none.
    """
    now = datetime.now(UTC)
    first = datetime.fromisoformat(f"{theatre.first_month}-01").replace(tzinfo=UTC)
    stamp = path.stat().st_mtime
    return datetime.fromtimestamp(stamp, UTC) if first.timestamp() <= stamp <= now.timestamp() else now


@contextmanager
def _turn(settings: Settings) -> Iterator[None]:
    """One taker at a time: two would move the same file."""
    settings.root.mkdir(parents=True, exist_ok=True)
    with (settings.root / ".inbox.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
