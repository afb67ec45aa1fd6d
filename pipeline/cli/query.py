"""The command `query`: SQL over the latest release, or over what was known by a day.

Belongs here: reading arguments and telling the answer. Does not belong here: finding it (``query``, ``as_of``).
"""

from __future__ import annotations

import sys
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from pipeline.cli.console import err, out, read_day, read_moment
from pipeline.errors import UserError
from pipeline.printing import printable
from pipeline.settings import Settings

SHOWN = 100


class Form(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    json = "json"


def query(
    text: Annotated[str | None, typer.Argument(help="One query; the headlines where not given.", metavar="SQL")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="What was known by then: by the end of a day (UTC), or by a time.", metavar="DAY"),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How rows are written.")] = Form.table,
    param: Annotated[
        list[str] | None, typer.Option(help="Value of a $name in the query, as text. May be repeated.", metavar="N=V")
    ] = None,
) -> None:
    """Ask the tables of the latest release in SQL, or those of an earlier day, made of what was received by then.

    The query reads and nothing else: no other file, no network. Tables are named as in the data dictionary.
    """
    from pipeline.as_of import end_of, known_by  # noqa: PLC0415 - heavy, and only this command needs it
    from pipeline.query import ask, write_rows  # noqa: PLC0415 - as above
    from pipeline.released import released_database, told_first  # noqa: PLC0415 - as above

    settings = Settings()
    values = _values(param or [])
    if as_of is None:
        database = released_database(settings)
    else:
        is_day = len(as_of) == len("2016-01-15")
        moment = end_of(read_day(as_of, "--as-of")) if is_day else read_moment(as_of, "--as-of")
        known = known_by(settings, moment, on_progress=lambda line: err.print(f"  {line}", markup=False))
        err.print(known.sentence, markup=False)
        database = known.database
    if text is None:
        for sentence in told_first(settings, database):
            out.print(sentence, markup=False)
        return
    with ask(settings, database, text, values) as answer:
        if form is not Form.table:
            write_rows(sys.stdout, answer, is_json=form is Form.json)
            return
        grid = Grid(box=None, pad_edge=False)
        for name in answer.columns:
            grid.add_column(_plain(name))
        for row in islice(answer.rows, SHOWN):
            grid.add_row(*("" if cell is None else _plain(cell) for cell in row))
        out.print(grid, markup=False)
        if next(answer.rows, None) is not None:
            err.print(f"The first {SHOWN} rows are shown; --format csv or json writes all.", markup=False)


def _plain(cell: object) -> Text:
    """A cell as it is: no markup of it counts, and nothing in it steers a terminal."""
    return Text(printable(str(cell)))


def _values(given: list[str]) -> dict[str, str]:
    values = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UserError(f"--param {text!r} is no value: write name=value, and $name in the query")
        values[name] = value
    return values
