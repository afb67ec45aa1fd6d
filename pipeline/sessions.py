"""Sessions: DuckDB with the spatial extension, and the project's SQL files run in it.

Belongs here: opening DuckDB, its settings, loading and running a file of ``pipeline/sql``, quoting a name.
Does not belong here: where the working tables are kept (``lake``), the database of a release (``release.database``).
"""

from __future__ import annotations

import atexit
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.processes import spill_folder
from pipeline.settings import Settings

SQL_DIR = Path(__file__).parent / "sql"


@cache
def spatial_extension() -> Path:
    """Path of the spatial extension that the pinned PyPI package carries.

    Raises:
        RuntimeError: the package is missing or was made for another DuckDB.
    """
    spec = importlib.util.find_spec("duckdb_extension_spatial")
    folder = Path(next(iter(spec.submodule_search_locations or []))) if spec else Path()
    path = folder / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
    if not spec or not path.exists():
        raise RuntimeError(
            f"DuckDB {duckdb.__version__} needs duckdb-extension-spatial=={duckdb.__version__}: run `make install`"
        )
    return path


def connect(settings: Settings | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB session in memory with the spatial extension, longitude before latitude, in UTC, and no network.

    Sessions of one process share one engine, because loading the extension takes most of a second; temporary tables
    and registered frames belong to one session and end with it.
    """
    settings = settings or Settings()
    session = _engine().cursor()
    session.execute("SET geometry_always_xy = true")
    session.execute("SET TimeZone = 'UTC'")
    session.execute("SET preserve_insertion_order = true")
    session.execute(f"SET memory_limit = '{settings.memory_limit}'")
    if settings.threads:
        session.execute(f"SET threads = {settings.threads}")
    return session


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    engine.execute("SET temp_directory = '" + str(spill_folder()).replace("'", "''") + "'")
    load_spatial(engine)
    atexit.register(engine.close)
    return engine


def load_spatial(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the spatial extension into a connection, from the pinned package, without a network."""
    extension = str(spatial_extension()).replace("'", "''")
    connection.execute(f"LOAD '{extension}'")


@cache
def sql(name: str) -> str:
    """Text of ``pipeline/sql/<name>.sql``."""
    return (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")


def run_sql(
    name: str, parameters: dict[str, Any] | None = None, /, settings: Settings | None = None, **frames: Any
) -> pa.Table:
    """Run one SQL file over the given frames and return its rows.

    Args:
        name: file under ``pipeline/sql`` without its ending.
        parameters: values for the file's ``$name`` parameters.
        settings: settings of the session.
        frames: Arrow tables or pandas frames, each registered under its keyword.
    """
    with connect(settings) as connection:
        for view, frame in frames.items():
            connection.register(view, frame)
        return connection.execute(sql(name), parameters or {}).to_arrow_table()


def quote(identifier: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + identifier.replace('"', '""') + '"'
