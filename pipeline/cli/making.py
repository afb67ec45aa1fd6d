"""Commands that take files and make things: `run`, `ingest`, `fetch`, `accept`, `backfill`, `migrate`.

Belongs here: reading arguments and telling the outcome. Does not belong here: doing it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import (
    Force,
    OptionalTheatre,
    TheatreName,
    err,
    out,
    progress,
    read_day,
    read_moment,
    require_source,
    theatre_names,
)
from pipeline.errors import UserError
from pipeline.printing import printable
from pipeline.run_storage import require_run_storage
from pipeline.settings import Settings


def run(
    theatre: OptionalTheatre = None,
    force: Force = False,
    showcase: Annotated[bool, typer.Option(help="Take the files that the project ships.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made and why; do nothing.")] = False,
) -> None:
    """Take what is new, make what is stale through Dagster, publish a release, and say the headline."""
    from pipeline.running import plan, run_all  # noqa: PLC0415 - heavy, and only this command needs it

    settings = Settings()
    names = theatre_names(theatre)
    if dry_run:
        _tell_plan(plan(settings, names, showcase, force))
        return
    require_run_storage(settings)
    _tell(run_all(settings, names, force=force, showcase=showcase, on_progress=progress))


def _tell_plan(lines: list[str]) -> None:
    out.print("\n".join(lines) if lines else "Everything is fresh.", markup=False)


def _tell(outcome: object) -> None:
    from pipeline.running import Outcome  # noqa: PLC0415 - as above

    assert isinstance(outcome, Outcome)  # noqa: S101 - for the type checker
    if outcome.problems:
        err.print()
    for problem in outcome.problems:
        err.print(f"! {problem}", markup=False)
    out.print()
    if outcome.was_fresh:
        out.print("Everything is fresh: nothing had to be made.")
    if outcome.remark:
        out.print(f"The release in force: {outcome.remark}.", markup=False, soft_wrap=True)
    for sentence in outcome.headlines.values():
        out.print(sentence, markup=False)
    if outcome.release is not None:
        out.print(f"\nRelease   {outcome.release}", markup=False)
        for label, name in (
            ("Database", "strikes.duckdb"), ("Tables", "tables/*.parquet"), ("CSV", "csv/*.csv"),
            ("Pictures", "pictures/"), ("Report", "report.html"), ("Map", "map/  (see it with `isw-strikes serve`)"),
            ("Checks", "validation/"), ("Manifest", "manifest.json"),
        ):  # fmt: skip
            out.print(f"  {label:<9} {outcome.latest}/{name}", markup=False)
    if outcome.failures:
        for failure in outcome.failures:
            err.print(f"\nFailed: {failure}", markup=False)
        raise typer.Exit(1)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Export files.", metavar="PATH...")],
    theatre: TheatreName,
    source: Annotated[str, typer.Option("--source", help="Source of the theatre, as its YAML file names it.")],
    received_at: Annotated[
        str | None, typer.Option(help="When it was received (ISO 8601); now where not given.", metavar="TIME")
    ] = None,
) -> None:
    """Take export files for a source. `isw-strikes run` then makes what they touch."""
    from pipeline.intake import find  # noqa: PLC0415 - as above
    from pipeline.intake import ingest as take  # noqa: PLC0415 - as above

    found_theatre, found_source = find(theatre, source)
    moment = read_moment(received_at, "--received-at") if received_at else None
    if moment is not None and moment > datetime.now(UTC):
        raise UserError(f"--received-at {received_at} lies in the future: no correction after it would count")
    failed = 0
    for path in paths:
        try:
            taken = take(Settings(), path, found_theatre, found_source, moment)
        except UserError as error:
            err.print(f"! {path}: {error}", markup=False)
            failed += 1
            continue
        known = f"read again ({taken.read_again})" if taken.read_again else "already there, nothing to do"
        state = "refused" if taken.problem else "taken" if taken.is_new else known
        again = f" (the same bytes as on {taken.said_before:%Y-%m-%d})" if taken.said_before else ""
        out.print(f"{path}: {state}{again}, {taken.records} records, id {taken.export_id[:16]}", markup=False)
        if taken.problem:
            err.print(f"! {taken.problem}", markup=False)
            failed += 1
    if failed < len(paths):
        out.print(f"Next: isw-strikes run --theatre {theatre}", markup=False)
    if failed:
        raise typer.Exit(1)


def fetch(
    theatre: OptionalTheatre = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this source of the theatre.")] = None,
) -> None:
    """Fetch what is new of live sources, those with a `fetch` block in their theatre's file, and take it."""
    from pipeline.fetch import choose_sources, fetch_sources  # noqa: PLC0415 - as above

    names = theatre_names(theatre)
    require_source(names, source)
    chosen = choose_sources(names, source)
    if not chosen:
        out.print("No source has a `fetch` block, so there is nothing to fetch (docs/live-sources.md).")
        return
    found = fetch_sources(Settings(), chosen, progress)
    out.print()
    for fetched in found:
        out.print(fetched.in_words(), markup=False)
        if fetched.problem:
            err.print(f"! {fetched.theatre} {fetched.source}: {fetched.problem}", markup=False)
    if any(fetched.state in {"new", "read again"} for fetched in found):
        out.print("Next: isw-strikes run", markup=False)
    if any(fetched.problem for fetched in found):
        raise typer.Exit(1)


def accept(
    export: Annotated[str, typer.Argument(help="Id of an export that is held back, its beginning, or its file name.")],
    by: Annotated[str, typer.Option("--by", help="Who accepts it.", metavar="WHO")],
    why: Annotated[str, typer.Option("--why", help="Why it is right.", metavar="WHY")],
    at: Annotated[
        str | None, typer.Option("--at", help="When (ISO 8601); now where not given.", metavar="TIME")
    ] = None,
    theatre: OptionalTheatre = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Its source, where the export is held for several.")
    ] = None,
) -> None:
    """Let in an export that a run held back; `isw-strikes run` then applies it. Who, when and why are kept."""
    from pipeline.acceptance import accept as let_in  # noqa: PLC0415 - as above

    require_source(theatre_names(theatre), source)
    one = let_in(Settings(), export, by, why, read_moment(at, "--at") if at else None, theatre, source)
    out.print(f"{printable(one.file_name)} of {one.theatre} {one.source} is accepted by {by}: {why}", markup=False)
    out.print(f"Next: isw-strikes run --theatre {one.theatre}", markup=False)


def backfill(
    theatre: TheatreName,
    start: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.", metavar="D")],
    end: Annotated[str, typer.Option("--to", help="Last day (inclusive), YYYY-MM-DD.", metavar="D")],
    force: Force = False,
    split: Annotated[
        int | None,
        typer.Option(
            min=1, help="Runs into which the range is cut; as ISW_MONTHS_PER_RUN says where not given.", metavar="N"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made and why; do nothing.")] = False,
) -> None:
    """Make the months of a date range, in one Dagster run; months that are fresh are skipped."""
    from pipeline.running import plan_months, run_months, say_clipped  # noqa: PLC0415 - as above

    settings = Settings()
    first, last = read_day(start, "--from"), read_day(end, "--to")
    if last < first:
        raise UserError(f"--to {end} lies before --from {start}")
    name = theatre_names(theatre)[0]
    months = (f"{first:%Y-%m}", f"{last:%Y-%m}")
    clipped = say_clipped(name, months)
    if clipped:
        err.print(f"! {clipped}", markup=False)
    if dry_run:
        _tell_plan(plan_months(settings, name, months, force))
        return
    require_run_storage(settings)
    _tell(run_months(settings, name, months, force=force, on_progress=progress, split=split))


def migrate() -> None:
    """Bring the data folder of an older version to this one's layout; nothing received is lost. `run` does so too."""
    from pipeline.migration import migrate as bring_up  # noqa: PLC0415 - as above

    done = bring_up(Settings(), progress)
    if done is None:
        out.print("Nothing to migrate: the data folder is laid out as this version lays it out.")
        return
    out.print("\n".join(done.in_words()), markup=False)
    out.print("Next: isw-strikes run", markup=False)
