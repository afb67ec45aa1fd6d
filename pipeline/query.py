"""Query: a reader's SQL over the DuckDB file of a release, which it can neither change nor leave.

Belongs here: opening the file so that SQL reaches nothing else, judging the statement, writing its rows.
Does not belong here: choosing the file (``released``, ``as_of``).

The file is attached read-only, the spatial extension is loaded, and then the engine loses the file system and the
network for good (``enable_external_access``, ``lock_configuration``): whatever a query calls, it sees the tables of
the release and nothing of this machine. What does not fit into memory is refused, as nothing may be spilt.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import duckdb

from pipeline.errors import UserError
from pipeline.sessions import load_spatial, quote
from pipeline.settings import Settings
from pipeline.spreadsheets import guard

BATCH = 10_000


@dataclass(frozen=True)
class Answer:
    """Rows of a query: the names of its columns, and the rows in batches, read as they are asked for."""

    columns: list[str]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def ask(settings: Settings, database: Path, text: str, values: Mapping[str, str] | None = None) -> Iterator[Answer]:
    """Run one query over the DuckDB file of a release.

    Args:
        settings: limits of the session.
        database: the file.
        text: one SELECT (also FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE); geometry comes out as WKT.
        values: texts for its ``$name`` parameters.

    Yields:
        The answer, to be read inside the block.

    Raises:
        UserError: the text is not one query, or the database refuses it; the message says why.
    """
    connection = _open_alone(settings, database)
    try:
        _require_query(connection, text)
        found = connection.sql(text, params=dict(values or {}))
        if "GEOMETRY" in map(str, found.types):
            found = found.project(", ".join(_plain(*column) for column in zip(found.columns, found.types, strict=True)))
        yield Answer(found.columns, _told(found))
    except duckdb.Error as error:
        raise UserError(f"the query cannot be answered: {error}") from None
    finally:
        connection.close()


def _open_alone(settings: Settings, database: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    load_spatial(connection)
    connection.execute(f"SET memory_limit = '{settings.memory_limit}'")
    if settings.threads:
        connection.execute(f"SET threads = {settings.threads}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET geometry_always_xy = true")
    connection.execute("SET temp_directory = ''")
    connection.execute("SET enable_progress_bar = false")  # it would stand among the rows
    path = str(database).replace("'", "''")
    connection.execute(f"ATTACH '{path}' AS release (READ_ONLY)")
    connection.execute("USE release")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _require_query(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    statements = connection.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
        raise UserError(f"give one query that only reads, such as SELECT or FROM; this is {kinds}")


def _plain(name: str, kind: Any) -> str:
    return f"ST_AsText({quote(name)}) AS {quote(name)}" if str(kind) == "GEOMETRY" else quote(name)


def _told(found: duckdb.DuckDBPyRelation) -> Iterator[tuple[Any, ...]]:
    while batch := found.fetchmany(BATCH):
        yield from batch


def write_rows(stream: TextIO, answer: Answer, is_json: bool) -> None:
    """Write an answer as CSV (cells that a spreadsheet would run begin with ``'``) or as a JSON list of objects."""
    if not is_json:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(map(guard, answer.columns))
        writer.writerows(map(_cells, answer.rows))
        return
    stream.write("[")
    for number, row in enumerate(answer.rows):
        body = json.dumps(dict(zip(answer.columns, row, strict=True)), ensure_ascii=False, default=str)
        stream.write(f"{',' if number else ''}\n{body}")
    stream.write("\n]\n")


def _cells(row: Iterable[Any]) -> list[Any]:
    return [guard(cell) if isinstance(cell, str) else cell for cell in row]
