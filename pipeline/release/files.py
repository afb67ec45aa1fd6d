"""The release's tables as files: GeoParquet 1.1 and CSV.

Belongs here: encoding a table so that the same rows give the same bytes. Does not belong here: choosing the
rows.

GeoParquet: geometry is ISO WKB in OGC:CRS84. A table that has longitude and latitude but no geometry
(strikes, places, control observations) gets a point column ``geometry`` after its own columns, so that it
opens as a map layer.

CSV: UTF-8 without a byte-order mark, comma, text in double quotes, empty for null, dates as YYYY-MM-DD, times
in UTC. Geometry is left out: polygons of megabytes make no table, and points have their latitude and
longitude. A text that begins with = + - @, a tab, a line feed or a carriage return (or the full-width forms
of the signs) gets an apostrophe in front, so that no spreadsheet runs it as a formula. Numbers are numbers
and stay as they are.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from pipeline.catalogue import Table
from pipeline.spreadsheets import FORMULA, GUARD

ROW_GROUP = 100_000
POINT = "geometry"


def write_parquet(path: Path, spec: Table, frame: pa.Table) -> None:
    """Write a table as Parquet; as GeoParquet 1.1 where it has geometry or coordinates.

    Args:
        path: file to make.
        spec: the table's description; it is kept as each field's ``description``.
        frame: rows that conform to it; geometry as WKB, OGC:CRS84.
    """
    fields = [field.with_metadata({"description": spec.columns[field.name].about}) for field in spec.arrow_schema]
    rows = pa.Table.from_arrays(frame.combine_chunks().columns, schema=pa.schema(fields))
    metadata = {"title": spec.title, "description": spec.about}
    if geometry := spec.geometry:
        encoded, about = _geometry(rows.column(geometry))
        index = rows.column_names.index(geometry)
        rows = rows.set_column(index, rows.schema.field(geometry), encoded)
        metadata["geo"] = _geo(geometry, about)
    elif has_point(spec):
        encoded, about = _points(rows)
        field = pa.field(POINT, pa.binary(), nullable=False, metadata={"description": "The centre as a point"})
        rows = rows.append_column(field, encoded)
        metadata["geo"] = _geo(POINT, about)
    pq.write_table(rows.replace_schema_metadata(metadata), path, compression="zstd", row_group_size=ROW_GROUP)


def has_point(spec: Table) -> bool:
    """True for a table that has coordinates but no geometry."""
    return spec.geometry is None and {"longitude", "latitude"} <= set(spec.columns)


def write_csv(path: Path, spec: Table, frame: pa.Table) -> None:
    """Write a table as CSV, without its geometry and with no text that a spreadsheet would run."""
    columns = {}
    for column in spec.columns.values():
        values = frame.column(column.name)
        if column.type in ("text", "json"):
            columns[column.name] = guard_formulas(values)
        elif column.type == "timestamp":
            columns[column.name] = pc.strftime(values, format="%Y-%m-%dT%H:%M:%SZ")
        elif column.type != "geometry":
            columns[column.name] = values
    pyarrow.csv.write_csv(pa.table(columns), path)


def guard_formulas(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with an apostrophe before those that a spreadsheet would take for a formula; null stays null."""
    risky = pc.match_substring_regex(values, FORMULA)
    return pc.if_else(risky, pc.binary_join_element_wise(GUARD, values, ""), values)


def _points(rows: pa.Table) -> tuple[pa.Array, dict[str, Any]]:
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    points = shapely.points(rows.column("longitude").to_numpy(), rows.column("latitude").to_numpy())
    return _encode(points)


def _geometry(column: pa.ChunkedArray) -> tuple[pa.Array, dict[str, Any]]:
    import shapely  # noqa: PLC0415 - as above

    return _encode(shapely.from_wkb(column.to_numpy(zero_copy_only=False)))


def _encode(shapes: Any) -> tuple[pa.Array, dict[str, Any]]:
    """ISO WKB, as the format asks (it knows no measures: M is dropped), and what it wants to know of them."""
    import shapely  # noqa: PLC0415 - as above

    encoded = pa.array(shapely.to_wkb(shapes, flavor="iso", output_dimension=3), pa.binary())
    present = shapes[~shapely.is_missing(shapes)] if len(shapes) else shapes
    return encoded, {"geometry_types": _types(present), **_bounds(present)}


def _types(shapes: Any) -> list[str]:
    import shapely  # noqa: PLC0415 - as above

    pairs = {(shape.geom_type, bool(z)) for shape, z in zip(shapes, shapely.has_z(shapes), strict=True)}
    return sorted(f"{name} Z" if z else name for name, z in pairs)


def _bounds(shapes: Any) -> dict[str, Any]:
    import shapely  # noqa: PLC0415 - as above

    coordinates = shapely.get_coordinates(shapes, include_z=bool(np.any(shapely.has_z(shapes))))
    if not len(coordinates):
        return {}
    return {"bbox": [*np.nanmin(coordinates, axis=0).tolist(), *np.nanmax(coordinates, axis=0).tolist()]}


def _geo(column: str, about: dict[str, Any]) -> str:
    """The ``geo`` metadata of GeoParquet 1.1."""
    described = {"encoding": "WKB", "crs": _crs84(), "edges": "planar", **about}
    return json.dumps({"version": "1.1.0", "primary_column": column, "columns": {column: described}})


@cache
def _crs84() -> dict[str, Any]:
    """OGC:CRS84 as PROJJSON."""
    import pyproj  # noqa: PLC0415 - only a release pays for it

    described: dict[str, Any] = pyproj.CRS("OGC:CRS84").to_json_dict()
    return described
