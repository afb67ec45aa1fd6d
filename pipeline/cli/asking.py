"""Commands that answer a question: `who`, `explain`, `trace`, `exports`, `status`, `doctor`.

Belongs here: reading arguments and telling the answer. Does not belong here: finding it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import OptionalTheatre, TheatreName, err, out, tell_inbox, theatre_names
from pipeline.errors import UserError
from pipeline.printing import printable
from pipeline.settings import Settings
from pipeline.theatres import theatres


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
    found = theatres()[theatre_names(theatre)[0]]
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


def explain(strike_id: Annotated[str, typer.Argument(help="Id of a strike, or its beginning.")]) -> None:
    """Say why a strike counts as it does: raw row, window, snapshots, shares, and what would change it."""
    from pipeline.explain import explain_strike  # noqa: PLC0415 - as above

    out.print("\n".join(explain_strike(Settings(), strike_id)), markup=False)


def trace(
    strike_id: Annotated[
        str, typer.Argument(help="Id of a strike, or its beginning; or the id or key of a record that was refused.")
    ],
) -> None:
    """Show the way back from a strike: its revisions, every raw row that tells of it, and possible duplicates.

    Of a record that was refused, its row and why.
    """
    from pipeline.trace import trace_strike  # noqa: PLC0415 - as above

    out.print("\n".join(trace_strike(Settings(), strike_id)), markup=False)


def exports(theatre: OptionalTheatre = None) -> None:
    """List the exports of the latest release (what was taken so far, before the first): records and their outcomes."""
    from pipeline.export_list import OUTCOMES, list_exports  # noqa: PLC0415 - as above

    rows = list_exports(Settings(), theatre)
    for row in rows:
        became = ", ".join(f"{row[outcome]:,} {outcome}" for outcome in OUTCOMES if row[outcome])
        reasons = f" ({row['reasons']})" if row["reasons"] else ""
        out.print(f"{row['theatre']} {row['source']}: {printable(row['file_name'])}", markup=False, soft_wrap=True)
        out.print(f"  {row['records']:,} records: {became or 'none'}{reasons}", markup=False, soft_wrap=True)
        if row["problem"] or row["notes"]:
            out.print(f"  {printable(row['problem'] or row['notes'])}", markup=False, soft_wrap=True)
    out.print(f"{len(rows):,} exports, {sum(row['records'] for row in rows):,} records", markup=False)
    tell_inbox(Settings())


def status() -> None:
    """Say when a run last ended here, whether anything had changed, and which release is in force.

    Ends with 1 where the last run failed, or none has ended yet.
    """
    from pipeline.status import Outcome, in_words, read_status  # noqa: PLC0415 - as above

    settings = Settings()
    out.print("\n".join(in_words(settings)), markup=False)
    found = read_status(settings)
    if found is None or found.outcome is Outcome.FAILED:
        raise typer.Exit(1)


def doctor() -> None:
    """Check versions, extensions and folders, and say what to do."""
    from pipeline.doctor import examine  # noqa: PLC0415 - as above

    findings = examine(Settings())
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        out.print(f"{'ok' if finding.is_well else '!!'}  {finding.name:<{width}}  {finding.found}", markup=False)
        if not finding.is_well:
            out.print(f"    {'':<{width}}  {finding.remedy}", markup=False)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)
