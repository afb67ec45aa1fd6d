"""The command line of what was refused: `isw-strikes quarantine`.

Belongs here: reading arguments and telling the outcome.
Does not belong here: finding what was refused (``quarantine``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import out, tell_inbox
from pipeline.errors import UserError
from pipeline.settings import Settings


def quarantine(
    theatre: Annotated[str | None, typer.Option("--theatre", help="Only this theatre; all where not given.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="List the rows that this reason refused.", metavar="CODE")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows shown.")] = 20,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write all of them as CSV to standard output.")] = False,
    template: Annotated[
        Path | None,
        typer.Option(help="Make a file of overrides with the rows of --reason, ready to be filled in.", metavar="FILE"),
    ] = None,
) -> None:
    """List what the last run refused: by reason, or with --reason row by row and what to do."""
    from pipeline import quarantine as listing  # noqa: PLC0415 - heavy, and only this command needs it
    from pipeline.catalogue.reasons import reason as reason_of  # noqa: PLC0415 - as above

    settings = Settings()
    if template and not reason:
        raise UserError("--template needs --reason: `isw-strikes quarantine` lists the reasons")
    found = listing.find_refused(settings, theatre, source, reason)
    why, rows = reason_of(reason) if reason else None, found.to_pylist()
    if as_csv:
        told = (listing.LISTED, rows) if reason else (listing.COUNTED, listing.count_refused(found))
        listing.write_csv(sys.stdout, *told)
    elif not rows:
        out.print("Nothing is refused" + (f" for {reason}." if reason else "."), markup=False)
    elif template and why:
        out.print(listing.write_template(settings, template, why, rows), markup=False)
    elif why:
        out.print("\n".join(listing.tell_rows(why, rows, limit)), markup=False)
        out.print(f"\n{listing.tell_next(settings, why, rows)}", markup=False)
    else:
        counts = listing.count_refused(found)
        out.print("\n".join(listing.tell_counts(counts)), markup=False)
        out.print(f"\n{listing.tell_next(settings, None, counts)}", markup=False)
    if not reason and not as_csv:
        tell_inbox(settings)
