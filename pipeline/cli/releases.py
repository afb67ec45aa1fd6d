"""The command line of releases: `isw-strikes releases`.

Belongs here: reading arguments and telling the outcome. Does not belong here: what a release is (``release``).
"""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import out
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.spreadsheets import guard

if TYPE_CHECKING:
    from pipeline.release import Release

app = typer.Typer(rich_markup_mode=None)

STRIKES = ("theatre", "source", "strike_id", "place", "date_from", "change", "what")
HEADLINES = ("theatre", "source", "window", "n_before", "n_after", "expected_before", "expected_after")
ReleaseId = Annotated[str, typer.Argument(help="Id of a release, or its beginning; `latest` for the one in force.")]


@app.callback(invoke_without_command=True)
def releases(context: typer.Context) -> None:
    """List releases, compare them, go back to one. Without a command: list."""
    if context.invoked_subcommand is None:
        list_all()


@app.command("list")
def list_all() -> None:
    """List the releases, newest first; the one in force is marked."""
    found = _known()
    if not found:
        out.print("No release yet: run `isw-strikes run`.")
    for release in reversed(found):
        out.print(f"{'*' if release.is_latest else ' '} {release.id}  {release.path}", markup=False)


@app.command()
def show(release: ReleaseId = "latest") -> None:
    """Say what a release was made from and what it holds."""
    from pipeline.release import copy_release, read_manifest  # noqa: PLC0415 - heavy, and only this command needs it

    one = _find(release)
    manifest = read_manifest(copy_release(Settings(), one.id))
    out.print(f"{one.id}{', in force' if one.is_latest else ''}", markup=False)
    out.print(f"  of what was received by {one.as_of}, by code {one.code_version[:12]}", markup=False)
    out.print(f"  table contract {manifest.contract or 'none: of before there was one'}", markup=False)
    out.print(f"  {len(manifest.inputs):,} exports, {sum(i['records'] or 0 for i in manifest.inputs):,} records")
    for name, rows in one.rows.items():
        out.print(f"  {rows:>12,}  {name}", markup=False)
    failed = [check.check for check in manifest.checks if not check.passed]
    out.print(f"  {len(manifest.checks)} checks, " + (f"failed: {', '.join(failed)}" if failed else "all passed"))


@app.command()
def diff(
    before: ReleaseId,
    after: ReleaseId = "latest",
    most: Annotated[int, typer.Option(help="Strikes named for each change; the others are counted.")] = 10,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every strike that differs, as CSV.")] = False,
    headlines: Annotated[bool, typer.Option("--headlines", help="With --csv: the headlines that moved.")] = False,
) -> None:
    """Say which strikes were added, changed, withdrawn or re-attributed, and how the headline moved."""
    from pipeline.release import compare_releases, copy_release  # noqa: PLC0415 - as above

    found = compare_releases(*(copy_release(Settings(), _find(one).id) for one in (before, after)))
    if as_csv:
        rows, names = (found.headlines, HEADLINES) if headlines else (found.strikes, STRIKES)
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: guard(cell) if isinstance(cell, str) else cell for name, cell in row.items()} for row in rows
        )
        return
    for line in found.in_words(most):
        out.print(line, markup=False)


@app.command()
def rollback(release: ReleaseId) -> None:
    """Make an earlier release the latest again, at once; the next run with something new goes forward as usual."""
    from pipeline.due import roll_back  # noqa: PLC0415 - as above

    one = roll_back(Settings(), _find(release).id)
    out.print(f"{one.id} is the latest again, until there is something new: {one.path}", markup=False)


def _known() -> list[Release]:
    from pipeline.release import releases as list_releases  # noqa: PLC0415 - as above

    return list_releases(Settings())


def _find(text: str) -> Release:
    known = _known()
    found = [one for one in known if one.is_latest] if text == "latest" else [o for o in known if o.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(one.id for one in known) or "none; run `isw-strikes run`"
    raise UserError(f"{'several releases begin' if found else 'no release begins'} with {text!r}: there are {listed}")
