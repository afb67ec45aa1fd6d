"""The command line of new sources: `isw-strikes source new` and `source check`.

Belongs here: reading arguments, printing. Does not belong here: guessing (``proposals``), trying (``trial``).
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Column
from rich.table import Table as Grid

from pipeline.cli.console import err, out
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.theatres import Dialect, Source, Theatre, read_block, theatre_files, theatres

app = typer.Typer(
    help="Describe a new source: a block of YAML in a theatre's file, not code.",
    epilog="First `source new FILE` proposes the block and says what it is unsure of. Change it, and try it with "
    "`source check` until the rows come out right. Then put it under `sources:` in the theatre's file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(help="An export, in any format that `ingest` takes.", metavar="FILE")]
WIDE = 220  # as wide as the rows are, for they are piped and copied
CELL = 24
THEATRES = f"One of: {', '.join(theatre_files())}."


@app.command("new")
def new(
    file: File,
    theatre: Annotated[
        str | None, typer.Option(help=f"{THEATRES} By the rows' coordinates and days where not given.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the source; from the file's name where not given.")] = None,
    kind: Annotated[
        Literal["strikes", "control"] | None,
        typer.Option(help="What its rows tell of; by shapes and columns where not given."),
    ] = None,
    dialect: Annotated[
        list[str] | None,
        typer.Option(
            help="What the file does not say of itself: encoding, delimiter, quote, sheet, header_row or crs, "
            "as in crs=EPSG:32637. May be repeated.",
            metavar="KEY=VALUE",
        ),
    ] = None,
) -> None:
    """Inspect an export and propose its source.

    The block goes to standard output, to be kept in a file with `> mine.yaml`. What is not sure about it, in words with
    examples, and the next command go to standard error. Nothing is taken in.
    """
    from pipeline.proposals import propose  # noqa: PLC0415 - heavy, and only this command needs it
    from pipeline.proposals.inspection import quoted, visible  # noqa: PLC0415 - as above

    found = propose(Settings(), file, _theatre(theatre) if theatre else None, name, kind, _dialect(dialect or []))
    if not found.source.fields:
        told = "; ".join(found.doubts)
        columns = ", ".join(quoted(name) for name in found.unmapped[:8])
        raise UserError(
            visible(
                f"{file}: no column could be mapped. They are read as {columns}: if those are no names of columns, "
                f"delete the rows above the header or give --dialect header_row=2. {told}"
            )
        )
    out.print(found.text, markup=False, end="")
    err.print(f"\n{visible(found.summary)}", markup=False)
    err.print("\nNot sure:")
    for doubt in found.doubts:
        err.print(f"  - {visible(doubt)}", markup=False)
    if found.unmapped:
        err.print(f"\nNot mapped: {visible(', '.join(found.unmapped))}", markup=False)
    kept = shlex.quote(f"{found.source.name}.yaml")
    given = shlex.quote(str(file))
    err.print(
        f"\nNext: keep the block in {kept} (add > {kept} to this command), then\n"
        f"  isw-strikes source check {given} --theatre {found.theatre.name} --yaml {kept}",
        markup=False,
    )


@app.command("check")
def check(
    file: File,
    theatre: Annotated[str, typer.Option(help=THEATRES)],
    source: Annotated[str | None, typer.Option(help="A source of the theatre's file.")] = None,
    block: Annotated[
        Path | None, typer.Option("--yaml", help="A block that is not there yet, as `source new` prints it.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Mapped rows that are shown.")] = 10,
) -> None:
    """Run a mapping dry over an export: the first mapped rows, and every reason for which rows would be quarantined.

    Nothing is written to the data folder. Rows without a coordinate are placed by the gazetteer that is there. The exit
    code is 0 where a row would be accepted, 1 where none would.
    """
    from pipeline.proposals.block import left_to_say  # noqa: PLC0415 - heavy, as above
    from pipeline.proposals.inspection import quoted  # noqa: PLC0415 - as above
    from pipeline.trial import try_source  # noqa: PLC0415 - as above

    found_theatre, found_source = _chosen(theatre, source, block)
    trial = try_source(Settings(), file, found_theatre, found_source)
    if trial.rows and rows:
        grid = Grid(*(Column(name, no_wrap=True) for name in trial.columns), box=None, pad_edge=False)
        for row in trial.rows[:rows]:
            grid.add_row(*(_cell(row[name]) for name in trial.columns))
        Console(highlight=False, width=WIDE).print(grid)
        out.print()
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in trial.counts.items())
    out.print(f"{file.name}: {trial.export['record_count']:,} records: {told}", markup=False)
    for found in trial.findings:
        value = quoted(found.value) if found.value else None
        what = " = ".join(part for part in (found.field, value) if part)
        out.print(f"\n{found.code}: {found.count:,}", markup=False)
        out.print(f"  {file.name}, {found.where}{': ' + what if what else ''}\n  {found.hint}.", markup=False)
    if "place_unknown" in {found.code for found in trial.findings} and not trial.has_places:
        out.print("\nThe data folder has no gazetteer yet: `isw-strikes run` makes it.")
    if left := left_to_say(found_source):
        err.print(
            f"\n! {', '.join(left)}: still as proposed; the headline, the report and the map page show them as they "
            "stand",
            markup=False,
        )
    if not trial.accepted:
        err.print("\n! no row would be accepted", markup=False)
        raise typer.Exit(1)
    given = shlex.quote(str(file))
    if block:
        out.print(f"\nNext: put {block} under `sources:` in {theatre_files()[theatre]}, then", markup=False)
    else:
        out.print("\nNext:")
    out.print(f"  isw-strikes ingest {given} --theatre {theatre} --source {found_source.name}", markup=False)


def _theatre(name: str) -> Theatre:
    if name not in theatre_files():
        raise UserError(f"there is no theatre {name!r}: choose one of {', '.join(theatre_files())}")
    return theatres()[name]


def _chosen(theatre: str, source: str | None, block: Path | None) -> tuple[Theatre, Source]:
    found = _theatre(theatre)
    if (source is None) == (block is None):
        raise UserError(f"give --source, one of {', '.join(found.sources)}, or --yaml with a block")
    if block is None:
        from pipeline.intake import find  # noqa: PLC0415 - heavy

        return find(theatre, source or "")
    try:
        return read_block(found, block.read_text(encoding="utf-8"), str(block))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--yaml {block} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _dialect(given: list[str]) -> Dialect:
    pairs = {}
    for text in given:
        key, is_pair, value = text.partition("=")
        if not is_pair:
            raise UserError(f"--dialect {text!r}: write KEY=VALUE, such as sheet=Strikes or crs=EPSG:32637")
        pairs[key] = value
    try:
        return Dialect(**pairs)
    except ValidationError as error:
        found = error.errors()[0]
        told = found["msg"].removeprefix("Value error, ")
        known = ", ".join(Dialect.model_fields)
        raise UserError(f"--dialect {found['loc'][0] if found['loc'] else ''}: {told}; the keys are {known}") from None


def _cell(value: object) -> str:
    from pipeline.proposals.inspection import quoted  # noqa: PLC0415 - heavy

    if value is None:
        return ""
    text = escape(quoted(value)[1:-1]) if isinstance(value, str) else str(value)
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"
