"""The release's DuckDB file.

Belongs here: DDL and comments from the catalogue, loading the tables in order, views (``views``), and a digest of the
content.
Does not belong here: what the tables mean, other file formats.

The file is written in DuckDB's oldest storage format that holds these types (v1.0.0): DuckDB 1.1.3, 1.2, 1.3
and 1.4 open it, as does 1.5 (tried). Geometry is GEOMETRY *without* a CRS in its type: the CRS-typed form
asks for storage version 1.5, which nothing older opens, and in this format it would be dropped without a
word. All geometry is OGC:CRS84, as each column's comment says. Every other column, and the views, are read
without the spatial extension; a reader needs it (``INSTALL spatial; LOAD spatial``) for geometry functions,
and before DuckDB 1.5 to make sense of geometry at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.catalogue import ARROW_TYPES, SQL_TYPES, Column, Table, table
from pipeline.catalogue.contract import VERSION as CONTRACT
from pipeline.content import content_digest
from pipeline.release.manifest import released
from pipeline.release.views import MACROS, VIEWS
from pipeline.sessions import quote, sql
from pipeline.settings import Settings

STORAGE_VERSION = "v1.0.0"
OPENS_WITH = "DuckDB 1.1 or newer"
ARROW_OF_SQL = {sql_type: ARROW_TYPES[kind] for kind, sql_type in SQL_TYPES.items()}


def write_database(path: Path, frames: dict[str, pa.Table], settings: Settings) -> str:
    """Write all tables into a new DuckDB file, in the order of their rows.

    Args:
        path: file to make; must not exist.
        frames: every released table, conforming; geometry as WKB, OGC:CRS84.
        settings: limits of the session.

    Returns:
        The digest of what the file holds, read back from it.
    """
    with _session(settings) as connection:
        connection.execute(f"ATTACH {_text(str(path))} AS release (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE release")
        # One transaction: else each of some hundreds of statements is flushed to the disk by itself.
        connection.execute("BEGIN")
        for schema in sorted({spec.schema_name for spec in released().values()}):
            connection.execute(f"CREATE SCHEMA {quote(schema)}")
        for name, frame in frames.items():
            spec = table(name)
            connection.execute(create_table(spec))
            _insert(connection, spec, frame)
        for name in (*VIEWS, *MACROS):
            connection.execute(sql(f"release/create_{name.split('.')[1]}"))
        connection.execute(f"CREATE MACRO core.contract_version() AS {_text(CONTRACT)}")
        for comment in comments():
            connection.execute(comment)
        connection.execute("COMMIT")
        digest = logical_digest(connection)
        connection.execute("USE memory")
        connection.execute("DETACH release")
    return digest


@contextmanager
def open_database(path: Path, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only session on a release's file; its tables are found by their full names.

    Raises:
        duckdb.Error: the file is not a database that can be opened.
    """
    with _session(settings) as connection:
        connection.execute(f"ATTACH {_text(str(path))} AS release (READ_ONLY)")
        connection.execute("USE release")
        yield connection


def _session(settings: Settings) -> duckdb.DuckDBPyConnection:
    """An engine of its own: a file attached here is in no other session's way, and WKB needs no extension."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{settings.memory_limit}'")
    if settings.threads:
        connection.execute(f"SET threads = {settings.threads}")
    return connection


def logical_digest(connection: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 of what the file in use holds: names, types, comments, and rows in the order in which they stand.

    It asks the file alone, not the catalogue: a release is verified by any later version of this code.
    """
    listed = connection.execute(sql("release/list_columns")).fetchall()
    owned: dict[str, dict[str, str]] = {}
    for schema, name, column, kind, *_, is_view in listed:
        if not is_view:
            owned.setdefault(f"{schema}.{name}", {})[column] = kind
    rows = {name: content_digest(_read(connection, name, columns)) for name, columns in owned.items()}
    macros = connection.execute(sql("release/list_macros")).fetchall()
    # Releases of before there were any keep their digest.
    content = [listed, rows, macros] if macros else [listed, rows]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def create_table(spec: Table) -> str:
    """The CREATE TABLE statement of a table."""
    columns = ", ".join(
        f"{quote(c.name)} {SQL_TYPES[c.type]}{'' if c.optional else ' NOT NULL'}" for c in spec.columns.values()
    )
    return f"CREATE TABLE {_qualified(spec.name)} ({columns})"


def comments() -> list[str]:
    """COMMENT ON statements for every table and column, the views and their columns, and the table macros."""
    statements = []
    for spec in released().values():
        statements.append(f"COMMENT ON TABLE {_qualified(spec.name)} IS {_text(_about(spec))}")
        statements += [_column_comment(spec.name, column) for column in spec.columns.values()]
    for name, view in VIEWS.items():
        statements.append(f"COMMENT ON VIEW {_qualified(name)} IS {_text(view.about)}")
        statements += [_column_comment(name, column) for column in view.columns.values()]
    statements += [f"COMMENT ON MACRO TABLE {_qualified(name)} IS {_text(about)}" for name, about in MACROS.items()]
    told = f"Version of the table contract, {CONTRACT}: what readers may rely on (the data dictionary has the rules)"
    return [*statements, f"COMMENT ON MACRO core.contract_version IS {_text(told)}"]


def describe(column: Column) -> str:
    """A column's meaning with its unit and, for geometry, its CRS."""
    unit = f" [{column.unit}]" if column.unit else ""
    crs = ". CRS: OGC:CRS84" if column.type == "geometry" and "CRS84" not in column.about else ""
    deprecated = f". Deprecated: {column.deprecated}" if column.deprecated else ""
    return f"{column.about}{unit}{crs}{deprecated}"


def _about(spec: Table) -> str:
    stop = "" if spec.title.endswith("?") else "."
    return f"{spec.title}{stop} {spec.about}"


def _column_comment(owner: str, column: Column) -> str:
    return f"COMMENT ON COLUMN {_qualified(owner)}.{quote(column.name)} IS {_text(describe(column))}"


def _insert(connection: duckdb.DuckDBPyConnection, spec: Table, frame: pa.Table) -> None:
    values = ", ".join(
        f"ST_GeomFromWKB({quote(c.name)})" if c.type == "geometry" else quote(c.name) for c in spec.columns.values()
    )
    connection.register("candidate", frame)
    connection.execute(f"INSERT INTO {_qualified(spec.name)} SELECT {values} FROM candidate")
    connection.unregister("candidate")


def _read(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str]) -> pa.Table:
    """A table's rows as Arrow, with types that no version of DuckDB chooses for itself."""
    values = ", ".join(
        f"ST_AsWKB({quote(column)}) AS {quote(column)}" if kind == "GEOMETRY" else quote(column)
        for column, kind in columns.items()
    )
    rows = connection.execute(f"SELECT {values} FROM {_qualified(name)}").to_arrow_table()
    return rows.cast(pa.schema([pa.field(column, ARROW_OF_SQL[kind]) for column, kind in columns.items()]))


def _qualified(name: str) -> str:
    return ".".join(quote(part) for part in name.split("."))


def _text(value: str) -> str:
    """A string as an SQL literal; DDL takes no parameters."""
    return "'" + value.replace("'", "''") + "'"
