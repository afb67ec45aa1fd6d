"""The command line: `isw-strikes`.

Belongs here: reading arguments, calling the pipeline, telling the outcome. Runs go through Dagster, so that its UI
lists them; that is the one place where this package reaches for ``assets``, and only when a run is asked for.
Does not belong here: anything that another front (Dagster, a notebook) would need too.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid

from pipeline import cli_releases, cli_source
from pipeline.cli_quarantine import quarantine
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.theatres import theatre_files, theatres

app = typer.Typer(
    name="isw-strikes",
    help="Whose ground was hit? Reported strike locations joined to who held the ground, from raw exports to a map.",
    epilog="The data folder is ./data, or $ISW_DATA. Start with `isw-strikes run`, then `isw-strikes serve`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(cli_releases.app, name="releases")
app.add_typer(cli_source.app, name="source")
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

TheatreName = Annotated[str, typer.Option("--theatre", help=f"One of: {', '.join(theatre_files())}.")]
OptionalTheatre = Annotated[str | None, typer.Option("--theatre", help="Only this theatre; all where not given.")]
Force = Annotated[bool, typer.Option("--force", help="Do what is fresh again too.")]


def _progress(line: str) -> None:
    out.print(f"  {line}", markup=False)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is no day: write YYYY-MM-DD") from None


def _theatre_names(name: str | None) -> list[str]:
    if name is not None and name not in theatre_files():
        raise UserError(f"there is no theatre {name!r}: choose one of {', '.join(theatre_files())}")
    return [name] if name else list(theatre_files())


@app.command()
def run(
    theatre: OptionalTheatre = None,
    force: Force = False,
    showcase: Annotated[bool, typer.Option(help="Take the files that the project ships.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made and why; do nothing.")] = False,
) -> None:
    """Take what is new, make what is stale through Dagster, publish a release, and say the headline."""
    from pipeline.running import plan, run_all  # noqa: PLC0415 - heavy, and only this command needs it

    settings = Settings()
    names = _theatre_names(theatre)
    if dry_run:
        lines = plan(settings, names, showcase)
        out.print("\n".join(lines) if lines else "Everything is fresh.", markup=False)
        return
    _tell(run_all(settings, names, force=force, showcase=showcase, on_progress=_progress))


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


@app.command()
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
    moment = _moment(received_at, "--received-at") if received_at else None
    failed = 0
    for path in paths:
        try:
            taken = take(Settings(), path, found_theatre, found_source, moment)
        except UserError as error:
            err.print(f"! {path}: {error}", markup=False)
            failed += 1
            continue
        state = "refused" if taken.problem else "taken" if taken.is_new else "already there, nothing to do"
        out.print(f"{path}: {state}, {taken.records} records, id {taken.export_id[:16]}", markup=False)
        if taken.problem:
            err.print(f"! {taken.problem}", markup=False)
            failed += 1
    if failed < len(paths):
        out.print(f"Next: isw-strikes run --theatre {theatre}", markup=False)
    if failed:
        raise typer.Exit(1)


def _moment(text: str, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is no time: write 2026-01-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command()
def fetch(
    theatre: OptionalTheatre = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this source of the theatre.")] = None,
) -> None:
    """Fetch what is new of live sources, those with a `fetch` block in their theatre's file, and take it."""
    from pipeline.fetch import choose_sources, fetch_sources  # noqa: PLC0415 - as above

    chosen = choose_sources(_theatre_names(theatre), source)
    if not chosen:
        out.print("No source has a `fetch` block, so there is nothing to fetch (docs/live-sources.md).")
        return
    found = fetch_sources(Settings(), chosen, _progress)
    out.print()
    for fetched in found:
        out.print(fetched.in_words(), markup=False)
        if fetched.problem:
            err.print(f"! {fetched.theatre} {fetched.source}: {fetched.problem}", markup=False)
    if any(fetched.state == "new" for fetched in found):
        out.print("Next: isw-strikes run", markup=False)
    if any(fetched.problem for fetched in found):
        raise typer.Exit(1)


@app.command()
def accept(
    export: Annotated[str, typer.Argument(help="Id of an export that is held back, its beginning, or its file name.")],
    by: Annotated[str, typer.Option("--by", help="Who accepts it.", metavar="WHO")],
    why: Annotated[str, typer.Option("--why", help="Why it is right.", metavar="WHY")],
    at: Annotated[
        str | None, typer.Option("--at", help="When (ISO 8601); now where not given.", metavar="TIME")
    ] = None,
) -> None:
    """Let in an export that a run held back; `isw-strikes run` then applies it. Who, when and why are kept."""
    from pipeline.acceptance import accept as let_in  # noqa: PLC0415 - as above

    one = let_in(Settings(), export, by, why, _moment(at, "--at") if at else None)
    out.print(f"{one.file_name} of {one.theatre} {one.source} is accepted by {by}: {why}", markup=False)
    out.print(f"Next: isw-strikes run --theatre {one.theatre}", markup=False)


app.command()(quarantine)


@app.command()
def backfill(
    theatre: TheatreName,
    start: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.", metavar="D")],
    end: Annotated[str, typer.Option("--to", help="Last day (inclusive), YYYY-MM-DD.", metavar="D")],
    force: Force = False,
) -> None:
    """Make the months of a date range, in one Dagster run; months that are fresh are skipped."""
    from pipeline.running import run_months  # noqa: PLC0415 - as above

    first, last = _day(start, "--from"), _day(end, "--to")
    if last < first:
        raise UserError(f"--to {end} lies before --from {start}")
    name = _theatre_names(theatre)[0]
    months = (f"{first:%Y-%m}", f"{last:%Y-%m}")
    _tell(run_months(Settings(), name, months, force=force, on_progress=_progress))


@app.command()
def who(
    theatre: TheatreName,
    lat: Annotated[float | None, typer.Option(help="Latitude, degrees.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, degrees.")] = None,
    day: Annotated[str | None, typer.Option(help="Day, YYYY-MM-DD.")] = None,
    radius_m: Annotated[float, typer.Option(help="Radius of the disc in metres; 0 for the point alone.")] = 0.0,
    from_csv: Annotated[
        Path | None,
        typer.Option(help="Questions as CSV: lat,lon,day[,radius_m]; answers go to standard output."),
    ] = None,
    control: Annotated[str | None, typer.Option(help="Control source; the one in force where not given.")] = None,
) -> None:
    """Say who held a place on a day, by which snapshot, and how surely."""
    from pipeline.who import (  # noqa: PLC0415 - as above
        Question,
        answer,
        in_words,
        read_question,
        read_questions,
        released_control,
        write_answers,
    )

    settings = Settings()
    found = theatres()[_theatre_names(theatre)[0]]
    if from_csv is not None:
        asked = list(read_questions(from_csv))
        answers = answer(
            found, [q for q in asked if isinstance(q, Question)], released_control(settings, found, control)
        )
        unread = write_answers(sys.stdout, asked, answers)
        if unread:
            err.print(f"! {from_csv}: {len(unread)} lines could not be read; the first: {unread[0]}", markup=False)
            raise typer.Exit(1)
        return
    if lat is None or lon is None or day is None:
        raise UserError("give --lat, --lon and --day, or --from-csv with the columns lat,lon,day[,radius_m]")
    texts = {"lat": str(lat), "lon": str(lon), "day": day, "radius_m": str(radius_m)}
    question = read_question(dict(texts), "the question")
    told = answer(found, [question], released_control(settings, found, control))[0]
    out.print("\n".join(in_words(found, question, told)), markup=False)


@app.command()
def explain(strike_id: Annotated[str, typer.Argument(help="Id of a strike, or its beginning.")]) -> None:
    """Say why a strike counts as it does: raw row, window, snapshots, shares, and what would change it."""
    from pipeline.explain import explain_strike  # noqa: PLC0415 - as above

    out.print("\n".join(explain_strike(Settings(), strike_id)), markup=False)


@app.command()
def trace(strike_id: Annotated[str, typer.Argument(help="Id of a strike, or its beginning.")]) -> None:
    """Show the way back from a strike: its revisions, every raw row that tells of it, and possible duplicates."""
    from pipeline.trace import trace_strike  # noqa: PLC0415 - as above

    out.print("\n".join(trace_strike(Settings(), strike_id)), markup=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.")] = 8765,
) -> None:
    """Serve the map page of the latest release."""
    from pipeline.serve import serve as serve_release  # noqa: PLC0415 - as above

    serve_release(Settings().root, host=host, port=port)


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.")] = 3000,
) -> None:
    """Open the Dagster UI over the data folder's own instance."""
    from assets.ui import serve_ui  # noqa: PLC0415 - as above

    serve_ui(Settings(), host=host, port=port)


@app.command()
def exports(theatre: OptionalTheatre = None) -> None:
    """List the exports of the latest release: how many records each had, and what became of them."""
    from pipeline.export_list import OUTCOMES, list_exports  # noqa: PLC0415 - as above

    rows = list_exports(Settings(), theatre)
    for row in rows:
        became = ", ".join(f"{row[outcome]:,} {outcome}" for outcome in OUTCOMES if row[outcome])
        reasons = f" ({row['reasons']})" if row["reasons"] else ""
        out.print(f"{row['theatre']} {row['source']}: {row['file_name']}", markup=False, soft_wrap=True)
        out.print(f"  {row['records']:,} records: {became or 'none'}{reasons}", markup=False, soft_wrap=True)
    out.print(f"{len(rows):,} exports, {sum(row['records'] for row in rows):,} records", markup=False)


@app.command()
def doctor() -> None:
    """Check versions, extensions and folders, and say what to do."""
    from pipeline.doctor import examine  # noqa: PLC0415 - as above

    findings = examine(Settings())
    grid = Grid(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        grid.add_row(
            "ok" if finding.is_well else "!!",
            finding.name,
            finding.found,
            "" if finding.is_well else finding.remedy,
        )
    out.print(grid)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; a user's mistake is told in words, without a stack trace."""
    status = _status()
    sys.stdout.flush()
    sys.stderr.flush()
    # Native libraries' threads can abort the process while Python takes itself apart ("terminate called without an
    # active exception"), after all work is done and written: so it does not take itself apart.
    os._exit(status)


def _status() -> int:
    try:
        app(standalone_mode=True)
    except UserError as error:
        err.print(f"isw-strikes: {error}", markup=False)
        return 2
    except KeyboardInterrupt:
        err.print("\nisw-strikes: stopped; what was finished stays, the next run goes on from there")
        return 130
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0
