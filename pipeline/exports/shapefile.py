"""Zipped Shapefiles.

Belongs here: a layer's rows, encoding and coordinates.
Does not belong here: whether its parts are whole (``shapefile_parts``). GDAL reads them from a private folder.
"""

from __future__ import annotations

import struct
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from pyproj.exceptions import CRSError

from pipeline.exports.crs import (
    ASSUMED,
    Geometries,
    example,
    not_finite,
    outside_degrees,
    place,
    short_name,
)
from pipeline.exports.encodings import detect_encoding
from pipeline.exports.geometry import check_vertices
from pipeline.exports.shapefile_parts import NULL_SHAPE, Layer, head_of, shape_of, unknown_crs, unpack_layers
from pipeline.exports.types import GEOMETRY_TEXT, Content, Reader, Record, RefusedError, unique_names
from pipeline.settings import Settings

# dBASE has no empty date of its own; this is how ArcGIS writes one.
NO_DATE = date(1899, 12, 30)
LANGUAGE_BYTE = 29


def sniff(_head: bytes, names: Sequence[str]) -> bool:
    """Whether an archive has a member that a Shapefile consists of."""
    return any(name.lower().endswith((".shp", ".dbf", ".shx")) for name in names)


def read(settings: Settings, path: Path) -> Content:
    """Read every Shapefile in an archive, each as a layer under its inner name. All is brought to OGC:CRS84.

    Raises:
        RefusedError: the archive or one of its layers can't be read.
    """
    records: list[Record] = []
    fields: dict[str, None] = {}
    crs: dict[str, None] = {}
    encodings: dict[str, None] = {}
    with tempfile.TemporaryDirectory(prefix="isw-shapefile-") as folder:
        for layer in unpack_layers(settings, path, Path(folder)):
            encoding, told = _encoding(layer)
            table, declared = _load(layer, encoding)
            geometries, problems = _geometries(settings, layer, table)
            geometries, found_crs = _place(layer, geometries, declared, problems)
            records.extend(_records(layer, table, geometries, problems))
            fields.update(dict.fromkeys(unique_names(table.column_names[1:-1])))
            crs[found_crs] = None
            encodings[told] = None
    return Content(
        format="shapefile",
        records=iter(records),
        encoding="; ".join(encodings),
        crs="; ".join(crs),
        fields=tuple(fields),
    )


READER = Reader("shapefile", sniff, read)


def _encoding(layer: Layer) -> tuple[str | None, str]:
    """Encoding of the texts, for GDAL and to tell: what the parts declare, else what the bytes fit.

    For GDAL it is None where the declaration is one that GDAL follows by itself.
    """
    import pyogrio  # noqa: PLC0415

    cpg = layer.part(".cpg")
    with _quiet(layer):
        followed = pyogrio.read_info(layer.path)["encoding"] == "UTF-8"
    if followed:
        declared = cpg.read_text(encoding="ascii", errors="replace").strip() if cpg.exists() else ""
        return None, declared or f"dBASE language {head_of(layer, '.dbf', 32)[LANGUAGE_BYTE]}"
    header = struct.unpack("<H", head_of(layer, ".dbf", 32)[8:10])[0]
    texts = layer.part(".texts")
    # Without the head, whose numbers are no text, and without zeros, with which some programs pad.
    texts.write_bytes(layer.part(".dbf").read_bytes()[header:].replace(b"\0", b" "))
    found = detect_encoding(texts)
    return found, found


@contextmanager
def _quiet(layer: Layer) -> Iterator[None]:
    """Keep GDAL's remarks (that measures are dropped) to itself, and turn its errors into a refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, ValueError, pa.ArrowException) as error:  # pyogrio's errors are RuntimeErrors
        raise RefusedError("export_unreadable", f"{layer.name}: {error}", layer=layer.name) from error


def _load(layer: Layer, encoding: str | None) -> tuple[pa.Table, str | None]:
    """Rows with the row's number first and its WKB last, and the declared coordinate system."""
    import pyogrio  # noqa: PLC0415

    with _quiet(layer):
        meta, table = pyogrio.read_arrow(layer.path, encoding=encoding, return_fids=True)
    return table, meta["crs"]


def _geometries(settings: Settings, layer: Layer, table: pa.Table) -> tuple[Geometries, list[str | None]]:
    """Geometries as the file has them, and what is wrong with those that can't be had."""
    with np.errstate(invalid="ignore"):  # coordinates that are not numbers are told of below
        found = shapely.from_wkb(table.column(table.num_columns - 1).to_numpy(), on_invalid="ignore")
    geometries = _without_measures(found)
    broken = not_finite(geometries)
    problems: list[str | None] = []
    for at, (row, geometry) in enumerate(zip(table.column(0).to_pylist(), geometries, strict=True)):
        problem = None
        if broken[at]:
            problem = "geometry: a coordinate is not finite"
        elif geometry is None and shape_of(layer, row)[:4] != NULL_SHAPE:
            problem = "geometry: the shape can't be read"
        elif geometry is not None:
            check_vertices(settings, geometry)
        problems.append(problem)
    geometries[broken] = None
    return geometries, problems


def _without_measures(geometries: Geometries) -> Geometries:
    """Geometries without M, which GeoPackage, GeoParquet and shapely's own functions don't carry on."""
    result = geometries.copy()
    for has_z, dimension in ((False, 2), (True, 3)):
        chosen = shapely.has_m(geometries) & (shapely.has_z(geometries) == has_z)
        result[chosen] = shapely.from_wkb(shapely.to_wkb(geometries[chosen], output_dimension=dimension))
    return result


def _place(
    layer: Layer, geometries: Geometries, declared: str | None, problems: list[str | None]
) -> tuple[Geometries, str]:
    """Geometries in OGC:CRS84, and the system that they were in."""
    if declared is None:
        return geometries, _assume(layer, geometries)
    try:
        crs = pyproj.CRS.from_user_input(declared)
    except CRSError as error:
        raise unknown_crs(layer, f"{layer.name}.prj names no known system") from error
    return place(geometries, crs, problems), short_name(crs)


def _assume(layer: Layer, geometries: Geometries) -> str:
    prj = layer.part(".prj")
    if prj.exists() and prj.read_bytes().strip():
        raise unknown_crs(layer, f"{layer.name}.prj names no known system")
    outside = outside_degrees(geometries)
    if outside.any():
        raise unknown_crs(layer, f"{layer.name} has no .prj, and {example(geometries, outside)} is not in degrees")
    return ASSUMED


def _records(layer: Layer, table: pa.Table, geometries: Geometries, problems: list[str | None]) -> Iterator[Record]:
    names = unique_names(table.column_names[1:-1])
    columns = [_values(column) for column in table.columns[1:-1]]
    rows = zip(*columns, strict=True) if columns else iter([()] * table.num_rows)
    fids = table.column(0).to_pylist()
    for fid, values, geometry, problem in zip(fids, rows, geometries, problems, strict=True):
        properties = dict(zip(names, values, strict=True))
        if problem is not None:
            properties[GEOMETRY_TEXT] = shape_of(layer, fid).hex()
        yield Record(layer.name, fid + 1, None, properties, geometry, problem)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """A column's values as JSON has them."""
    if pa.types.is_string(column.type):
        # A text cut to the field's width can end within a character, whose bytes stay visible as escapes.
        binary = column.cast(pa.binary()).to_pylist()
        return [None if text is None else text.decode("utf-8", "backslashreplace") for text in binary]
    return [_value(value) for value in column.to_pylist()]


def _value(value: Any) -> Any:
    if value == NO_DATE:
        return None
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
