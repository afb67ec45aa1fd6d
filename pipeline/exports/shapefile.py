"""Zipped Shapefiles.

Belongs here: a layer's rows, encoding and coordinates.
Does not belong here: whether its parts are whole (``shapefile_parts``). GDAL reads them from a private folder.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import chain

import pyarrow as pa
import pyproj
from pyproj.exceptions import CRSError

from pipeline.exports.arrow_values import json_values
from pipeline.exports.crs import (
    ASSUMED,
    Geometries,
    example,
    outside_degrees,
    place,
    short_name,
    told_crs,
)
from pipeline.exports.encodings import choose_encoding
from pipeline.exports.geometry import from_wkb
from pipeline.exports.shapefile_parts import NULL_SHAPE, Layer, head_of, own, shape_of, unknown_crs, unpack_layers
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError
from pipeline.property_names import GEOMETRY_TEXT, unique_names
from pipeline.settings import Settings

# dBASE has no empty date of its own; this is how ArcGIS writes one.
NO_DATE = date(1899, 12, 30).isoformat()
BATCH = 10_000
LANGUAGE_BYTE = 29
CHUNK = 1024 * 1024


def sniff(_head: bytes, names: Sequence[str]) -> bool:
    """Whether an archive has a member that a Shapefile consists of."""
    return any(name.lower().endswith((".shp", ".dbf", ".shx")) for name in names)


def read(given: Given) -> Content:
    """Read every Shapefile in an archive, each as a layer under its inner name. All is brought to OGC:CRS84.

    Raises:
        RefusedError: the archive or one of its layers can't be read; also while the records are read.
    """
    fields: dict[str, None] = {}
    crs: dict[str, None] = {}
    encodings: dict[str, None] = {}
    notes: list[str] = []
    parts: list[Iterator[Record]] = []
    for layer in unpack_layers(given):
        encoding, told = _encoding(layer, given.dialect.encoding, notes)
        names, system = _describe(layer, encoding)
        system = system or told_crs(given.dialect)
        parts.append(_records(given.settings, layer, encoding, system))
        fields.update(dict.fromkeys(names))
        crs[ASSUMED if system is None else short_name(system)] = None
        encodings[told] = None
    return Content(
        format="shapefile",
        records=chain.from_iterable(parts),
        encoding="; ".join(encodings),
        crs="; ".join(crs),
        fields=tuple(fields),
        notes=notes,
    )


READER = Reader("shapefile", sniff, read, own)


def _encoding(layer: Layer, otherwise: str | None, notes: list[str]) -> tuple[str | None, str]:
    """Encoding of the texts, for GDAL and to tell: what the parts declare, the source does, or the bytes fit.

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
    with layer.part(".dbf").open("rb") as table, texts.open("wb") as file:
        table.seek(header)
        while chunk := table.read(CHUNK):
            file.write(chunk.replace(b"\0", b" "))
    found = choose_encoding(texts, otherwise, notes)
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


def _describe(layer: Layer, encoding: str | None) -> tuple[list[str], pyproj.CRS | None]:
    """Names of the columns, and the declared coordinate system; None where no .prj declares one."""
    import pyogrio  # noqa: PLC0415

    with _quiet(layer):
        info = pyogrio.read_info(layer.path, encoding=encoding)
    names = unique_names(list(info["fields"]))
    if info["crs"] is None:
        prj = layer.part(".prj")
        if prj.exists() and prj.read_bytes().strip():
            raise unknown_crs(layer, f"{layer.name}.prj names no known system")
        return names, None
    try:
        return names, pyproj.CRS.from_user_input(info["crs"])
    except CRSError as error:
        raise unknown_crs(layer, f"{layer.name}.prj names no known system") from error


def _geometries(settings: Settings, layer: Layer, table: pa.Table) -> tuple[Geometries, list[str | None]]:
    """Geometries as the file has them, and what is wrong with those that can't be had."""
    geometries, problems = from_wkb(settings, table.column(table.num_columns - 1).to_pylist())
    for at, (row, geometry) in enumerate(zip(table.column(0).to_pylist(), geometries, strict=True)):
        if geometry is None and problems[at] is None and shape_of(layer, row)[:4] != NULL_SHAPE:
            problems[at] = "geometry: the shape can't be read"
    return geometries, problems


def _place(layer: Layer, geometries: Geometries, crs: pyproj.CRS | None, problems: list[str | None]) -> Geometries:
    """Geometries in OGC:CRS84; without a declared system they have to be degrees."""
    if crs is not None:
        return place(geometries, crs, problems)
    outside = outside_degrees(geometries)
    if outside.any():
        raise unknown_crs(layer, f"{layer.name} has no .prj, and {example(geometries, outside)} is not in degrees")
    return geometries


def _records(settings: Settings, layer: Layer, encoding: str | None, crs: pyproj.CRS | None) -> Iterator[Record]:
    """Records in batches: GDAL gives the row's number first and its WKB last."""
    import pyogrio  # noqa: PLC0415

    options = {"encoding": encoding, "return_fids": True, "use_pyarrow": True, "batch_size": BATCH}
    with _quiet(layer), pyogrio.open_arrow(layer.path, **options) as (_, reader):
        for batch in reader:
            yield from _batch(settings, layer, pa.Table.from_batches([batch]), crs)


def _batch(settings: Settings, layer: Layer, table: pa.Table, crs: pyproj.CRS | None) -> Iterator[Record]:
    geometries, problems = _geometries(settings, layer, table)
    geometries = _place(layer, geometries, crs, problems)
    names = unique_names(table.column_names[1:-1])
    columns = [[None if value == NO_DATE else value for value in json_values(c)] for c in table.columns[1:-1]]
    rows = zip(*columns, strict=True) if columns else iter([()] * table.num_rows)
    fids = table.column(0).to_pylist()
    for fid, values, geometry, problem in zip(fids, rows, geometries, problems, strict=True):
        properties = dict(zip(names, values, strict=True))
        if problem is not None:
            properties[GEOMETRY_TEXT] = shape_of(layer, fid).hex()
        yield Record(layer.name, fid + 1, None, properties, geometry, problem)
