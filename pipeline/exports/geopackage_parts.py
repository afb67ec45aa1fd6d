"""What SQLite says of a GeoPackage, beside GDAL: whether it may be read at all, and geometries that GDAL leaves out.

Belongs here: tables that are no tables, raw values of the geometry column.
Does not belong here: records (``gdal_layers``).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.exports.types import RefusedError

# Columns that are computed and not stored.
COMPUTED = """
    SELECT tables.name, columns.name
    FROM sqlite_master AS tables, pragma_table_xinfo(tables.name) AS columns
    WHERE tables.type = 'table' AND columns.hidden = 2
    ORDER BY tables.name, columns.cid
"""


def check_tables(path: Path) -> None:
    """Refuse a GeoPackage whose tables are no tables: a view, a virtual table or column computes when it is read.

    Raises:
        RefusedError: it holds one, or it is damaged.
    """
    try:
        with closing(_open(path)) as connection:
            rows = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
            computed = connection.execute(COMPUTED).fetchone()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise RefusedError("export_unreadable", f"damaged GeoPackage: {error}") from error
    for kind, name, text in rows:
        is_virtual = str(text or "").lstrip()[:14].upper() == "CREATE VIRTUAL" and not str(name).startswith("rtree_")
        if kind == "view" or is_virtual:
            raise RefusedError(
                "export_unsafe", f"{name} is a {'view' if kind == 'view' else 'virtual table'}, no table"
            )
    if computed:
        raise RefusedError("export_unsafe", f"column {computed[1]} of {computed[0]} is computed when it is read")


def find_geometries(path: Path, table: str, fids: list[int]) -> dict[int, str]:
    """What stands in the geometry column of features that have no geometry by GDAL, which passes over damaged ones.

    Args:
        path: the GeoPackage.
        table: name of the layer.
        fids: numbers of the features.

    Returns:
        Its bytes as hexadecimal text, or its text, by the feature's number; nothing for features without a value.
    """
    if not fids:
        return {}
    try:
        with closing(_open(path)) as connection:
            column = connection.execute(
                "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (table,)
            ).fetchone()
            if column is None:
                return {}
            query = f"SELECT {_quoted(column[0])} FROM {_quoted(table)} WHERE rowid = ?"
            found = {fid: connection.execute(query, (fid,)).fetchone() for fid in fids}
    except (sqlite3.Error, UnicodeDecodeError):
        return {}  # GDAL, which reads the same tables, tells of it
    return {fid: _text(row[0]) for fid, row in found.items() if row and row[0]}


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


def _quoted(name: Any) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
