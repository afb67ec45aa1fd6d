"""The inbox: files that people drop into a folder, and what is taken of them.

Belongs here: listing the inbox, deciding of which source a file is and when it was received, taking the files one after
another or on the workers of a cluster. Does not belong here: taking one file (``intake``), formats (``exports``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline import exports
from pipeline.errors import UserError
from pipeline.intake import Taken, find, ingest, take_received
from pipeline.printing import printable
from pipeline.processes import take_turn
from pipeline.settings import Settings
from pipeline.theatres import Theatre, theatres

# A file is taken from the inbox only when it has not changed for this long, so that a copy in progress is left alone.
STABLE_SECONDS = 2.0
# Names of files in one line about several.
LISTED = 3
OF_OTHERS = "of another theatre, left for a run over that one"
IGNORED = (".", "~")
IGNORED_ENDINGS = (".part", ".tmp", ".crdownload")


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
        waiting.append(decide(settings, path))
    return waiting


def decide_by_folder(settings: Settings, path: Path) -> Waiting | None:
    """Whose a file is by its folders alone; None where only its content can say."""
    theatre, folders = _theatre_folder(settings, path)
    if theatre and folders and folders[0] in theatre.sources:
        return Waiting(path, ((theatre.name, folders[0]),))
    return None


def _theatre_folder(settings: Settings, path: Path) -> tuple[Theatre | None, tuple[str, ...]]:
    """The theatre in whose folder of the inbox a file is, and the folders below that; None in no theatre's."""
    folders = path.relative_to(settings.inbox_dir).parts[:-1]
    return (theatres().get(folders[0]) if folders else None), folders[1:]


def decide(settings: Settings, path: Path) -> Waiting:
    """Whose a file of the inbox is, by its folders, else by its content."""
    declared = decide_by_folder(settings, path)
    if declared:
        return declared
    theatre, _ = _theatre_folder(settings, path)
    targets = tuple(found for found in exports.recognise(settings, path) if theatre is None or found[0] == theatre.name)
    if targets:
        return Waiting(path, targets)
    fault = exports.find_fault(settings, path)
    if fault:
        return Waiting(path, (), f"it cannot be read: {fault}")
    who = f"no source of {theatre.name}" if theatre else "no source"
    told = f"{_say_unknown(settings, path)}{who} recognises its name or columns. "
    told += "Put it in inbox/<theatre>/<source>/ or use `isw-strikes ingest`; the "
    there_are = f"sources of {theatre.name} are {', '.join(theatre.sources)}" if theatre else None
    return Waiting(path, (), told + (there_are or f"theatres are {', '.join(theatres())}"))


def _say_unknown(settings: Settings, path: Path) -> str:
    """That the folder of a file is no theatre, or no source of one; nothing where it lies in no such folder."""
    theatre, below = _theatre_folder(settings, path)
    folders = path.relative_to(settings.inbox_dir).parts[:-1]
    if theatre is None:
        return f"its folder `{printable(folders[0])}` is no theatre, and " if folders else ""
    return f"its folder `{printable(below[0])}` is no source, and " if below else ""


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
    with take_turn(settings.root / ".inbox.lock"):  # two takers would move the same file
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
        whose = " and ".join(" ".join(target) for target in waiting.targets)
        on_progress(f"taking {number:,} of {len(ready):,}: {printable(waiting.path.name)}, for {whose}")
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
    if not ready:
        return [], []
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
            outcomes.append(
                take_received(settings, receipt.path, received, theatre, source, receipt.moment, is_declared=False)
            )
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
