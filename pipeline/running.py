"""Running: what `run` and `backfill` do, and what they would do.

Belongs here: the order of jobs for the command line, and the plan. Jobs run through Dagster (``assets.runs``), in this
process, over the data folder's own instance. Does not belong here: what a job consists of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.acceptance import held_back
from pipeline.due import find_hindrance, stale_parts, theatres_with_exports
from pipeline.errors import UserError
from pipeline.inbox import list_inbox, look_into_inbox, part_by_theatre, take_inbox, tell_left
from pipeline.intake import find_outdated, ingest_showcase, read_outdated
from pipeline.lake import Lake
from pipeline.migration import migrate
from pipeline.override_files import check_overrides
from pipeline.plan import pieces, plan_theatre
from pipeline.printing import printable
from pipeline.publication import Publication, find_publication
from pipeline.settings import Settings
from pipeline.space import require_space
from pipeline.status import note_failure, note_success
from pipeline.telling import (
    States,
    find_settled,
    read_states,
    tell_changes,
    tell_older,
    tell_overrides,
    tell_refused,
    tell_unidentified,
)
from pipeline.theatres import Theatre, theatres
from pipeline.work import Work


@dataclass
class Outcome:
    """What a run came to; ``remark`` where a person went back to the release in force."""

    was_fresh: bool = False
    headlines: dict[str, str] = field(default_factory=dict)
    release: str | None = None
    latest: Path | None = None
    remark: str = ""
    problems: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def plan(settings: Settings, names: list[str], showcase: bool, force: bool = False) -> list[str]:
    """What a run would do, a line each; empty where everything is fresh and not asked for. Nothing is changed."""
    work = Work(settings)
    known = {theatre.name for theatre in theatres_with_exports(work)}
    found, others = part_by_theatre(look_into_inbox(settings), names)
    lines = [f"inbox: {waiting.path.name}: {_targets(waiting.targets)}" for waiting in found if waiting.targets]
    lines += [f"inbox: {line}" for line in tell_left([*(w for w in found if not w.targets), *others])]
    received = {row["file_name"] for row in work.lake.read("raw.exports", columns=["file_name"]).to_pylist()}
    lines += _plan_reading_again(settings, names)
    for name in names:
        theatre = theatres()[name]
        for source in theatre.sources.values():
            if showcase and source.showcase and Path(source.showcase.file).name not in received:
                lines.append(f"showcase: {source.showcase.file} would be taken for {name} {source.name}")
        if name in known or _ships_for(theatre, showcase):
            lines += plan_theatre(work, theatre, force=force)
    return lines or ([] if any(name in known for name in names) else [_say_nothing(names)])


def plan_months(settings: Settings, name: str, months: tuple[str, str], force: bool = False) -> list[str]:
    """What a backfill would do, a line each; empty where everything is fresh and not asked for. Nothing is changed."""
    theatre, work = theatres()[name], Work(settings)
    chosen = _clip(theatre, months)
    if name not in {known.name for known in theatres_with_exports(work)}:
        return [_say_nothing([name])]
    return _plan_reading_again(settings, [name]) + plan_theatre(work, theatre, chosen, force)


def _plan_reading_again(settings: Settings, names: list[str]) -> list[str]:
    """Exports that a run would read again, and why."""
    return [
        f"{name}: {printable(row['file_name'])} of {source.name} would be read again,"
        f" and what it touches made again: {why}"
        for name in names
        for source, row, why in find_outdated(settings, theatres()[name])
    ]


def say_clipped(name: str, months: tuple[str, str]) -> str | None:
    """That a theatre has only some of a range's months, in words; None where it has all.

    Raises:
        UserError: it has none.
    """
    chosen = _clip(theatres()[name], months)
    if (chosen[0], chosen[-1]) == months:
        return None
    told = f"of {months[0]} to {months[1]} theatre {name} has only {chosen[0]} to {chosen[-1]}"
    return f"{told}: what lies outside its months is left out"


def _say_nothing(names: list[str]) -> str:
    return f"nothing was received for {', '.join(names)}"


def _ships_for(theatre: Theatre, showcase: bool) -> bool:
    """True where a run would take files that the project ships for a theatre."""
    return showcase and any(source.showcase for source in theatre.sources.values())


def _targets(targets: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"would be taken for {theatre} {source}" for theatre, source in targets)


def run_all(
    settings: Settings, names: list[str], force: bool, showcase: bool, on_progress: Callable[[str], None]
) -> Outcome:
    """Read again what could be read otherwise, take showcase and inbox, run the job of each stale theatre, publish."""
    outcome = Outcome(latest=settings.latest)
    _migrate(settings, on_progress)
    before = read_states(Lake(settings))
    outcome.problems += check_overrides(settings, names)
    _read_again(settings, names, before, outcome, on_progress)
    if list_inbox(settings):
        require_space(settings)
    taken = ingest_showcase(settings, names) if showcase else []
    from_inbox, left = take_inbox(settings, names, on_progress)
    for file in taken + from_inbox:
        if file.is_new:
            on_progress(f"{file.theatre} {file.source}: {file.records} records from {Path(file.path).name}")
            if file.problem:
                outcome.problems.append(file.problem)
    outcome.problems += tell_left(left)
    work = Work(settings)
    stale = [name for name in names if force or stale_parts(work, theatres()[name])]
    if stale or not _find_released(settings, names, outcome):
        _run_jobs(settings, stale, None, force, outcome, on_progress)
        _tell_unpublished(work, names, outcome)
    _tell_exports(work, names, before, outcome, on_progress)
    outcome.problems += tell_overrides(work, names, on_progress)
    return outcome


def _migrate(settings: Settings, on_progress: Callable[[str], None]) -> None:
    migrated = migrate(settings, on_progress)
    for line in migrated.in_words() if migrated else ():
        on_progress(f"migrated: {line}")


def _tell_exports(
    work: Work, names: list[str], before: States, outcome: Outcome, on_progress: Callable[[str], None]
) -> None:
    settled = find_settled(work, names, before)
    for line in tell_changes(work, settled):
        on_progress(line)
    for tell in (tell_refused, tell_older, tell_unidentified):
        outcome.problems += tell(work, settled)
    outcome.problems += [one.sentence for one in held_back(work.lake, names)]


def _read_again(
    settings: Settings, names: list[str], before: States, outcome: Outcome, on_progress: Callable[[str], None]
) -> None:
    """Read again what could be read otherwise since a theatre file or a cap was changed; it is told of as new."""
    if any(find_outdated(settings, theatres()[name]) for name in names):
        require_space(settings)
    again = (taken for name in names for taken in read_outdated(settings, theatres()[name], on_progress=on_progress))
    for file in again:
        if file.read_again:
            before.pop((file.theatre, file.source, file.export_id), None)
        outcome.problems += [file.problem] if file.problem else []


def _find_released(settings: Settings, names: list[str], outcome: Outcome) -> bool:
    """True where nothing needs publishing; the headlines of the release in force are then told."""
    work = Work(settings)
    if not theatres_with_exports(work):
        raise UserError(f"nothing was received yet: put a file into {settings.inbox_dir}")
    published = None if find_hindrance(work, names) else find_publication(settings)
    if published is None:
        return False
    note_success(settings, published.id, is_new=False)
    _note(outcome, published)
    outcome.was_fresh = True
    return True


def _note(outcome: Outcome, published: Publication) -> None:
    outcome.release = published.id
    outcome.headlines = published.headlines
    outcome.remark = published.remark


def _tell_unpublished(work: Work, names: list[str], outcome: Outcome) -> None:
    """Say as a failure why a run made no release: another theatre is half made."""
    hindrance = None if outcome.failures or outcome.release else find_hindrance(work, names)
    if hindrance:
        outcome.failures.append(f"nothing is published, the release before stays: {hindrance}")
        note_failure(work.settings, hindrance)


def run_months(
    settings: Settings,
    name: str,
    months: tuple[str, str],
    force: bool,
    on_progress: Callable[[str], None],
    split: int | None = None,
) -> Outcome:
    """Run one theatre's job over the months of a range (clipped to the theatre's).

    Args:
        settings: the data folder.
        name: the theatre.
        months: first and last month (YYYY-MM, inclusive).
        force: make what is fresh again too.
        on_progress: told a line when a part is done.
        split: how many runs; as many as ``settings.months_per_run`` asks for where None.
    """
    chosen = _clip(theatres()[name], months)
    outcome = Outcome(latest=settings.latest)
    _migrate(settings, on_progress)
    before = read_states(Lake(settings))
    outcome.problems += check_overrides(settings, [name])
    _read_again(settings, [name], before, outcome, on_progress)
    work = Work(settings)
    is_fresh = not force and not stale_parts(work, theatres()[name])
    if not (is_fresh and _find_released(settings, [name], outcome)):
        runs = pieces(chosen, split or settings.runs_for(len(chosen)))
        _run_jobs(settings, [name], runs, force, outcome, on_progress)
    _tell_exports(work, [name], before, outcome, on_progress)
    return outcome


def _clip(theatre: Theatre, months: tuple[str, str]) -> list[str]:
    """Months of a range that are the theatre's.

    Raises:
        UserError: none is.
    """
    own = theatre.months()
    chosen = [month for month in own if months[0] <= month <= months[1]]
    if not chosen:
        told = f"spans {own[0]} to {own[-1]}; nothing of {months[0]} to {months[1]} lies in it"
        raise UserError(f"theatre {theatre.name} {told}")
    return chosen


def _run_jobs(
    settings: Settings,
    names: list[str],
    runs: list[tuple[str, str]] | None,
    force: bool,
    outcome: Outcome,
    on_progress: Callable[[str], None],
) -> Outcome:
    from assets.runs import run_pieces, run_release  # noqa: PLC0415 - Dagster loads when a run is asked for

    require_space(settings)
    for name in names:
        for ran in run_pieces(settings, name, runs, force=force, on_progress=on_progress):
            outcome.failures += [f"{name}: {failure} (Dagster run {ran.run_id})" for failure in ran.failures]
    if outcome.failures:
        note_failure(settings, "; ".join(outcome.failures))
        return outcome
    ran = run_release(settings, names, on_progress=on_progress)
    outcome.failures += [f"release: {failure} (Dagster run {ran.run_id})" for failure in ran.failures]
    # A backfill of some months leaves others stale; the run has said so, and the release before stays.
    published = None if outcome.failures else find_publication(settings)
    if published is not None:
        _note(outcome, published)
    return outcome
