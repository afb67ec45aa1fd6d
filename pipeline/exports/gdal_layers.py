"""File Geodatabase, GeoPackage and FlatGeobuf: formats of layers and typed columns, read by GDAL.

Belongs here: which layers a file has, their records in batches, what makes a file unsafe to hand to GDAL.
Does not belong here: Shapefiles, whose parts lie about each other (``shapefile``).
"""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyproj
from pyproj.exceptions import CRSError

from pipeline.exports import archives
from pipeline.exports.arrow_values import json_values
from pipeline.exports.crs import ASSUMED, place, refuse_metres, short_name, told_crs
from pipeline.exports.flatgeobuf_parts import count_features
from pipeline.exports.geometry import from_wkb
from pipeline.exports.geopackage_parts import check_tables, find_geometries
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError, over_cap
from pipeline.property_names import GEOMETRY_TEXT, unique_names
from pipeline.settings import Settings

BATCH = 10_000
SQLITE = b"SQLite format 3\0"
GEOPACKAGES = (b"GPKG", b"GP10", b"GP11")
# How a database says whether it keeps a log of writes beside itself.
WAL_MODE, PLAIN_MODE = b"\2\2", b"\1\1"
TABLE = ".gdbtable"
PART = re.compile(r"[A-Za-z0-9_.]{1,64}")
# How the files of a geodatabase are called: tables, indexes, who has it open.
NAMED = re.compile(r".*\.gdb\w+|a[0-9a-f]{8}\..+|gdb|timestamps|.*\.lock", re.IGNORECASE)


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        path: the file or folder that GDAL opens.
        inner: its name there.
        name: its name for records.
        left_out: finds geometries that GDAL passes over, by the layer's file, name and features; None where it tells.
    """

    path: Path
    inner: str
    name: str
    left_out: Callable[[Path, str, list[int]], dict[int, str]] | None = None

    @property
    def told(self) -> str:
        """What it is called in messages."""
        return self.name or "the file"


def sniff_geodatabase(_head: bytes, names: Sequence[str]) -> bool:
    """Whether an archive has a member that holds a table of a File Geodatabase."""
    return any(name.lower().endswith(TABLE) for name in names)


def _homes(names: Sequence[str]) -> list[str]:
    """Folders of an archive that are geodatabases."""
    return list(dict.fromkeys(str(PurePosixPath(name).parent) for name in names if name.lower().endswith(TABLE)))


def own_geodatabase(names: Sequence[str]) -> set[str]:
    """Members of an archive that are files of a geodatabase."""
    homes, paths = set(_homes(names)), {name: PurePosixPath(name) for name in names}
    return {name for name, path in paths.items() if str(path.parent) in homes and NAMED.fullmatch(path.name)}


def sniff_geopackage(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes are those of an SQLite database that says it is a GeoPackage."""
    return not names and head.startswith(SQLITE) and (head[68:72] in GEOPACKAGES or b"gpkg_contents" in head)


def sniff_flatgeobuf(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes are FlatGeobuf's."""
    return not names and head.startswith(b"fgb") and head[4:7] == b"fgb"


def read_geodatabase(given: Given) -> Content:
    """Read every layer and table of the geodatabases in an archive, whatever their folders are called.

    Raises:
        RefusedError: the archive or a layer can't be read; also while the records are read.
    """
    members = archives.list_members(given.settings, given.path)
    homes = _homes(members)
    folder = given.new_folder()
    targets, layers = {}, []
    folders = {home: folder / f"{number}.gdb" for number, home in enumerate(homes)}
    for name in members:
        path = PurePosixPath(name)
        if str(path.parent) in folders and PART.fullmatch(path.name):
            targets[name] = folders[str(path.parent)] / path.name
    for target in folders.values():
        target.mkdir()
    archives.unpack(given, targets)
    for home, target in folders.items():
        prefix = "" if len(folders) == 1 else f"{home}/"
        layers += [Layer(target, inner, prefix + inner) for inner in _layers(target)]
    return _content(given, "filegdb", layers)


def read_geopackage(given: Given) -> Content:
    """Read every layer and table of a GeoPackage.

    Raises:
        RefusedError: the file or a layer can't be read, or it holds what runs when it is read.
    """
    path = given.new_folder() / "0.gpkg"
    with given.path.open("rb") as file:
        in_wal_mode = file.read(20)[18:] == WAL_MODE
    if in_wal_mode:
        # SQLite would write beside the received file, which stays as it is.
        shutil.copyfile(given.path, path)
        with path.open("r+b") as file:
            file.seek(18)
            file.write(PLAIN_MODE)
    else:
        path.symlink_to(given.path.resolve())
    check_tables(path)
    layers = [Layer(path, name, name, find_geometries) for name in _layers(path)]
    return _content(given, "geopackage", layers)


def read_flatgeobuf(given: Given) -> Content:
    """Read the layer of a FlatGeobuf file.

    Raises:
        RefusedError: the file can't be read; also while the records are read.
    """
    path = given.new_folder() / "0.fgb"
    path.symlink_to(given.path.resolve())
    layers = [Layer(path, name, "") for name in _layers(path)]
    if not layers:
        raise RefusedError("export_truncated", "the file ends within its header, or its header is damaged")
    counted = count_features(path)
    if counted and counted[0] < counted[1]:
        # GDAL would stop at the number of the header.
        what = f"the header tells of {counted[0]:,} features, and {counted[1]:,} stand in the file"
        raise RefusedError("export_unreadable", what)
    return _content(given, "flatgeobuf", layers)


GEODATABASE_READER = Reader("filegdb", sniff_geodatabase, read_geodatabase, own_geodatabase)
GEOPACKAGE_READER = Reader("geopackage", sniff_geopackage, read_geopackage)
FLATGEOBUF_READER = Reader("flatgeobuf", sniff_flatgeobuf, read_flatgeobuf)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep GDAL's remarks to itself, and turn its errors into a refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, ValueError, OSError) as error:  # pyogrio's are RuntimeErrors, Arrow's one of the others
        raise RefusedError("export_unreadable", f"{name}: {error}", layer=name) from error


def _layers(path: Path) -> list[str]:
    import pyogrio  # noqa: PLC0415

    with _quiet("the file"):
        return [str(name) for name, _ in pyogrio.list_layers(path)]


def _content(given: Given, format_: str, layers: list[Layer]) -> Content:
    """All layers as one content, read batch by batch."""
    import pyogrio  # noqa: PLC0415

    settings = given.settings
    fields: dict[str, None] = {}
    crs: dict[str, None] = {}
    encodings: dict[str, None] = {}
    parts: list[Iterator[Record]] = []
    for layer in layers:
        with _quiet(layer.told):
            info = pyogrio.read_info(layer.path, layer=layer.inner)
        if len(info["fields"]) > settings.max_columns:
            raise over_cap(settings, "max_columns", f"{layer.told}: {len(info['fields']):,} columns")
        names = _names(info)
        system = None
        if info["geometry_type"] is not None:
            system = _system(layer, info["crs"]) or told_crs(given.dialect)
            crs[ASSUMED if system is None else short_name(system)] = None
        fields.update(dict.fromkeys(names))
        encodings[info["encoding"] or "UTF-8"] = None
        parts.append(_records(settings, layer, names, system, info["features"]))
    return Content(
        format=format_,
        records=chain.from_iterable(parts),
        encoding="; ".join(encodings),
        crs="; ".join(crs) or None,
        fields=tuple(fields),
    )


def _names(info: dict[str, Any]) -> list[str]:
    """Names of the columns; the number of a feature is one where its format names it (``OBJECTID``, ``fid``)."""
    return unique_names([*([info["fid_column"]] if info["fid_column"] else []), *map(str, info["fields"])])


def _system(layer: Layer, declared: str | None) -> pyproj.CRS | None:
    if declared is None:
        return None
    try:
        return pyproj.CRS.from_user_input(declared)
    except CRSError as error:
        text = f"{layer.told} names a system that is not known"
        raise RefusedError("export_crs_unknown", text, layer=layer.name, field="crs") from error


def _records(
    settings: Settings, layer: Layer, names: list[str], crs: pyproj.CRS | None, expected: int
) -> Iterator[Record]:
    import pyogrio  # noqa: PLC0415

    options = {"return_fids": True, "use_pyarrow": True, "batch_size": BATCH}
    number = 0
    with ExitStack() as stack:
        with _quiet(layer.told):
            meta, reader = stack.enter_context(pyogrio.open_arrow(layer.path, layer=layer.inner, **options))
        # GDAL gives the feature's number first and its geometry, if the layer has any, last.
        has_shapes = meta["geometry_type"] is not None
        while (table := _next_batch(layer, reader)) is not None:
            yield from _batch(settings, layer, table, has_shapes, names, crs, number)
            number += table.num_rows
    if number < expected:
        text = f"{number:,} of the {expected:,} features of which {layer.told} tells could be read"
        raise RefusedError("export_truncated", text, layer=layer.name)


def _next_batch(layer: Layer, reader: pa.RecordBatchReader) -> pa.Table | None:
    with _quiet(layer.told):
        try:
            table = pa.Table.from_batches([reader.read_next_batch()])
        except StopIteration:
            return None
        _check_offsets(table)
        return table


def _check_offsets(table: pa.Table) -> None:
    """Raise ValueError where values lie outside their buffers, as GDAL makes them of a damaged file."""
    for column in table.columns:
        # Texts are looked at as bytes: one that is cut within a character is no fault here.
        is_text = pa.types.is_string(column.type)
        (column.cast(pa.binary()) if is_text else column).validate(full=True)


def _batch(
    settings: Settings,
    layer: Layer,
    table: pa.Table,
    has_shapes: bool,
    names: list[str],
    crs: pyproj.CRS | None,
    before: int,
) -> Iterator[Record]:
    wkb: list[bytes | None] = [None] * table.num_rows
    if has_shapes:
        wkb = table.column(table.num_columns - 1).to_pylist()
        table = table.remove_column(table.num_columns - 1)
    fids = table.column(0).to_pylist()
    if table.num_columns > len(names):
        table = table.remove_column(0)  # a number that the format does not name is no property
    geometries, problems = from_wkb(settings, wkb)
    if crs is not None:
        geometries = place(geometries, crs, problems)
    elif before == 0:
        refuse_metres(geometries, f"{layer.told} names no system")
    lost: dict[int, str] = {}
    if has_shapes and layer.left_out is not None:
        lost = layer.left_out(layer.path, layer.inner, [fid for fid, of in zip(fids, wkb, strict=True) if of is None])
    columns = [json_values(column) for column in table.columns]
    rows = zip(*columns, strict=True) if columns else iter([()] * table.num_rows)
    for at, (values, geometry, problem) in enumerate(zip(rows, geometries, problems, strict=True)):
        properties = dict(zip(names, values, strict=True))
        source, told = wkb[at], problem
        if problem is not None and source is not None:
            properties[GEOMETRY_TEXT] = source.hex()
        elif fids[at] in lost:
            properties[GEOMETRY_TEXT], told = lost[fids[at]], "geometry: the shape can't be read"
        yield Record(layer.name, before + at + 1, None, properties, geometry, told)
