"""Parquet and GeoParquet.

Belongs here: columns in batches, which column holds the geometry, and in which system.
Does not belong here: values of Arrow (``arrow_values``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
from pyproj.exceptions import CRSError

from pipeline.exports.arrow_values import json_values
from pipeline.exports.crs import ASSUMED, CRS84, place, refuse_metres, short_name, told_crs
from pipeline.exports.geometry import from_wkb
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError, over_cap
from pipeline.property_names import GEOMETRY_TEXT, unique_names
from pipeline.settings import Settings

MAGIC = b"PAR1"
# Rows read at once. A dictionary can say one long text for all of them in a few bytes, so few are held; more are no
# faster (0.40 s of processor time for 60,000 rows by 512 or by 10,000).
BATCH = 512
WKB = "WKB"
# Types of a column that can hold WKB, or nothing at all.
BINARY = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_null)
# How Arrow marks a column of Parquet's own geometry type.
EXTENSION_NAME, EXTENSION = b"ARROW:extension:name", b"ARROW:extension:metadata"
GEOARROW_WKB = b"geoarrow.wkb"


class Geometry(NamedTuple):
    """The column that holds geometries as WKB, and its system: None where the file says that it is not known."""

    column: str
    crs: pyproj.CRS | None


def sniff(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes are Parquet's."""
    return not names and head.startswith(MAGIC)


def read(given: Given) -> Content:
    """Read rows in batches; the primary geometry column is the records' geometry, others stay properties.

    Raises:
        RefusedError: the file can't be read; also while the records are read.
    """
    settings = given.settings
    try:
        # Left to itself, the library reads ahead and keeps the whole file.
        file = pq.ParquetFile(given.path, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        code = "export_truncated" if "magic bytes not found" in str(error) else "export_unreadable"
        raise RefusedError(code, f"Parquet: {error}") from error
    _check_caps(settings, file.metadata)
    names = list(file.schema_arrow.names)
    geometry = _geometry(file.schema_arrow)
    if geometry is not None:
        _check_column(file.schema_arrow, geometry.column)
    if geometry is not None and geometry.crs is None:
        geometry = geometry._replace(crs=told_crs(given.dialect))
    own = unique_names([name for name in names if geometry is None or name != geometry.column])
    crs = None
    if geometry is not None:
        crs = ASSUMED if geometry.crs is None else short_name(geometry.crs)
    return Content(
        format="parquet",
        records=_records(settings, file, geometry, own),
        encoding="utf-8",
        crs=crs,
        fields=tuple(own),
    )


READER = Reader("parquet", sniff, read)


def _check_caps(settings: Settings, meta: pq.FileMetaData) -> None:
    """Refuse before anything is unpacked: a few bytes can say millions of rows."""
    if meta.num_columns > settings.max_columns:
        raise over_cap(settings, "max_columns", f"{meta.num_columns:,} columns")
    if meta.num_rows > settings.max_records:
        raise over_cap(settings, "max_records", f"{meta.num_rows:,} rows")
    unpacked = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
    if unpacked > settings.max_unpacked_bytes:
        raise over_cap(settings, "max_unpacked_bytes", f"the file unpacks to {unpacked:,} bytes")


def _geometry(schema: pa.Schema) -> Geometry | None:
    """The geometry column by GeoParquet's metadata, else the first of Parquet's own geometry type."""
    text = (schema.metadata or {}).get(b"geo")
    if text is not None:
        try:
            meta = json.loads(text)
            name = meta["primary_column"]
            column = meta["columns"][name]
            encoding = column["encoding"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RefusedError("export_unreadable", f"the metadata of GeoParquet is damaged: {error}") from error
        if name not in schema.names:
            raise RefusedError("export_unreadable", f"the geometry column {name!r} is missing", field=str(name))
        if encoding != WKB:
            raise RefusedError("export_unreadable", f"geometries are encoded as {encoding}; WKB is read", field=name)
        return Geometry(name, _system(column.get("crs", CRS84)))
    for column in schema:
        extension = (column.metadata or {}).get(EXTENSION_NAME) or getattr(column.type, "extension_name", "").encode()
        if extension == GEOARROW_WKB:
            return Geometry(column.name, _system(_extension(column).get("crs", CRS84)))
    return None


def _check_column(schema: pa.Schema, name: str) -> None:
    """Refuse a geometry column that is one of several of its name, or holds no bytes."""
    if schema.names.count(name) > 1:
        what = f"{schema.names.count(name)} columns are named {name!r}, as the geometry is"
        raise RefusedError("export_unreadable", what, field=name)
    type_ = _stored(schema.field(name).type)
    if not any(is_binary(type_) for is_binary in BINARY):
        raise RefusedError("export_unreadable", f"the geometry column {name!r} holds {type_}; WKB is read", field=name)


def _extension(column: pa.Field) -> dict[str, Any]:
    """What a column of Parquet's own geometry type says of itself."""
    try:
        told = json.loads((column.metadata or {}).get(EXTENSION) or b"{}")
    except (ValueError, RecursionError) as error:
        text = f"what the geometry column {column.name!r} says of itself is no JSON"
        raise RefusedError("export_unreadable", text, field=column.name) from error
    return told if isinstance(told, dict) else {}


def _system(declared: Any) -> pyproj.CRS | None:
    if declared is None:
        return None
    try:
        return pyproj.CRS.from_user_input(declared)
    except (CRSError, RecursionError, UnicodeEncodeError) as error:  # a text is read as JSON without end, or as UTF-8
        raise RefusedError("export_crs_unknown", "the geometry column names no known system", field="crs") from error


def _records(settings: Settings, file: pq.ParquetFile, geometry: Geometry | None, names: list[str]) -> Iterator[Record]:
    before = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
            yield from _batch(settings, pa.Table.from_batches([batch]), geometry, names, before)
            before += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise RefusedError("export_unreadable", f"row {before + 1:,} or after: {error}") from error


def _batch(
    settings: Settings, table: pa.Table, geometry: Geometry | None, names: list[str], before: int
) -> Iterator[Record]:
    wkb: list[bytes | None] = [None] * table.num_rows
    if geometry is not None:
        wkb = _storage(table.column(geometry.column))
        table = table.drop_columns([geometry.column])
    geometries, problems = from_wkb(settings, wkb)
    if geometry is not None and geometry.crs is not None:
        geometries = place(geometries, geometry.crs, problems)
    elif before == 0:
        refuse_metres(geometries, "the crs is null")
    columns = [json_values(column) for column in table.columns]
    rows = zip(*columns, strict=True) if columns else iter([()] * table.num_rows)
    for at, (values, shape, problem) in enumerate(zip(rows, geometries, problems, strict=True)):
        properties = dict(zip(names, values, strict=True))
        source = wkb[at]
        if problem is not None and source is not None:
            properties[GEOMETRY_TEXT] = source.hex()
        yield Record("", before + at + 1, None, properties, shape, problem)


def _storage(column: pa.ChunkedArray) -> list[Any]:
    return list(column.cast(_stored(column.type)).to_pylist())


def _stored(type_: pa.DataType) -> pa.DataType:
    """What a column's values are kept as, whatever they mean."""
    return type_.storage_type if isinstance(type_, pa.BaseExtensionType) else type_
