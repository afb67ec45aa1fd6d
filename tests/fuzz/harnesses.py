"""What is fuzzed: one harness for each family of readers, through the public way to read.

Belongs here: the seeds of each reader, how its bytes are read, and what must hold of the outcome. A harness raises
``Broken``, or lets pass what the reader raised: both are a crash, for bad content never raises and never goes untold.
Does not belong here: making inputs (``mutation``), the records that a file holds (``counts``), running (``worker``,
``run``).
"""

from __future__ import annotations

import gzip
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import counts
import httpx
import layer_server
import matrix_files as matrix
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
from export_files import read_bytes, zipped
from layer_server import LayerServer

from pipeline.exports import Reading
from pipeline.fetch import FetchFailed
from pipeline.fetch.arcgis import fetch_layer
from pipeline.fetch.client import Client
from pipeline.settings import Settings
from pipeline.theatres import LiveLayer

# Caps far below the defaults, so that inputs of some kilobytes reach them.
CAPS: dict[str, Any] = {
    "max_export_bytes": 16 * 1024**2,
    "max_unpacked_bytes": 32 * 1024**2,
    "max_document_bytes": 8 * 1024**2,
    "max_shared_strings_bytes": 4 * 1024**2,
    "max_field_bytes": 64 * 1024,
    "max_columns": 200,
    "max_members": 200,
    "max_vertices": 10_000,
    "max_records": 100_000,
    "fetch_attempts": 1,
}
UNQUOTED = "id,place,lat,lon\n1,حلب,36.2,37.1\n2,Idlib,,\n\n3,Homs,34.7,36.7\n".encode()
NAMED = (
    b'"features"',
    b'"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32637"}}, "features"',
)
SPELLED = (b'"wkid": 4326', f'"wkt": {json.dumps(pyproj.CRS(4326).to_wkt("WKT1_ESRI"))}'.encode())
LAYER = LiveLayer(kind="arcgis", address="http://127.0.0.1/arcgis/rest/services/A/FeatureServer", layer=0, name="A")
# What came of fetching where rows were asked for and nothing was taken.
ASKED = "asked"


class Broken(AssertionError):
    """Something that must hold of every reading does not."""


def _read(harness: Harness, content: bytes) -> str:
    reading = read_bytes(content, **CAPS)
    export = reading.export
    if export["problem_code"] is None and export["format"] in harness.formats:
        expected = harness.count(content, reading)
        if expected is not None and expected != export["record_count"]:
            raise Broken(f"{export['record_count']} records of {expected} came in, and nothing was said")
    return str(export["format"])


@dataclass(frozen=True)
class Harness:
    """One family of readers.

    Attributes:
        formats: names of its formats in ``raw.exports``.
        seeds: makes sound files to begin with.
        count: records that a file holds, found in another way; None where it can't tell.
        read: reads a file; gives the format that the reading came to.
        longest: longest input, bytes.
    """

    formats: tuple[str, ...]
    seeds: Callable[[], list[bytes]]
    count: Callable[[bytes, Reading], int | None] = lambda *_: None
    read: Callable[[Harness, bytes], str] = _read
    longest: int = 16 * 1024


def _few() -> tuple[list[matrix.Row], list[matrix.Row]]:
    return matrix.strikes()[:3], matrix.areas()


def _shaped(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [matrix.SHAPED[name](rows) for name in names for rows in _few()]


def _text(name: str, *systems: tuple[bytes, bytes]) -> Callable[[], list[bytes]]:
    """Documents of one line, with and without its end, and those that name another system: what to put for what."""

    def made() -> list[bytes]:
        alone = _shaped(name)()
        named = [alone[0].replace(old, new) for old, new in systems]
        return [*(seed + end for seed in alone for end in (b"", b"\n")), *named]

    return made


def _flat(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [matrix.COLUMNS[name](_few()[0]) for name in names]


def _rows() -> list[bytes]:
    """Tables, among them those whose rows can be counted in another way: without quotation marks."""
    cut = ("csv", "csv, tabs", "csv, semicolons in UTF-16", "csv, bars")
    return [*_flat(*cut)(), UNQUOTED, UNQUOTED.replace(b",", b";").replace(b"\n", b"\r\n")]


def _lists() -> list[bytes]:
    return [seed for text in _flat("json")() for seed in (text, text.decode("utf-16").encode())]


def _books() -> list[bytes]:
    """Workbooks; one has formulas, dates, truth values, errors and merged cells."""
    book, target = openpyxl.Workbook(), BytesIO()
    for row in (["a", "b", "c"], [1, "=A2+1", True], [datetime(2015, 10, 1, 12), "#N/A", 1.5], ["x"]):
        book.active.append(row)
    book.active["A3"].number_format = 'yyyy-mm-dd "at" hh:mm'
    book.active.merge_cells("A4:B4")
    book.save(target)
    return [*_flat("xlsx")(), target.getvalue()]


def _tables() -> list[bytes]:
    return [*_shaped("parquet")(), *_flat("parquet, no geometry")(), _typed()]


def _typed() -> bytes:
    """A Parquet file with values of the types that are not plain."""
    columns = {
        "moment": pa.array([1, None], pa.timestamp("us", tz="UTC")),
        "day": pa.array([16_000, -1], pa.date32()),
        "amount": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
        "list": pa.array([["a"], []], pa.list_(pa.string())),
        "pair": pa.array([{"x": 1.5, "y": b"1"}, None], pa.struct([("x", pa.float64()), ("y", pa.binary())])),
        "word": pa.array(["a", "b"]).dictionary_encode(),
    }
    target = BytesIO()
    pq.write_table(pa.table(columns), target, compression="none")
    return target.getvalue()


def _wrapped() -> list[bytes]:
    rows = _few()[0]
    inner = matrix.delimited(rows)
    return [
        gzip.compress(UNQUOTED, mtime=0),
        zipped({"a/b.csv": inner, "readme.txt": b"words"}),
        zipped({"a.csv": inner, "b.csv": inner}, zipfile.ZIP_STORED),
        zipped({"a/b.csv": UNQUOTED, "c/b.csv": UNQUOTED}),
        zipped({"x.zip": zipped({"b.csv": inner})}),
        gzip.compress(inner, mtime=0),
        gzip.compress(zipped({"b.geojson": matrix.geojson(rows)}), mtime=0),
    ]


def _fetch(harness: Harness, content: bytes) -> str:
    """Fetch a layer from a server that answers what the input says, then read the file that this makes."""
    server = LayerServer(content)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "answers.json"
        client = _client()
        client._http = httpx.Client(transport=httpx.MockTransport(server), trust_env=False)
        try:
            count = fetch_layer(client, LAYER, target)
        except FetchFailed as failure:
            if not str(failure):
                raise Broken("a failure without words") from failure
            return ASKED if server.asked_for_rows else "refused"
        reading = read_bytes(target.read_bytes(), **{**CAPS, "max_records": 10**6})
    code = reading.export["problem_code"]
    if code is None and reading.export["record_count"] != count:
        raise Broken(f"{reading.export['record_count']} records of {count} that were fetched")
    return "esrijson" if code is None else ASKED


@cache
def _client() -> Client:
    """A client whose connection is put in for each input; a connection of its own takes longer than all the rest."""
    return Client(Settings(data=Path(tempfile.gettempdir()), **CAPS))


HARNESSES: dict[str, Harness] = {
    "csv": Harness(("csv",), _rows, counts.rows),
    "json": Harness(("json",), _lists, counts.objects),
    "geojson": Harness(("geojson",), _text("geojson", NAMED), counts.features),
    "geojsonl": Harness(("geojsonl",), _shaped("geojsonl", "geojsonl, marked"), counts.lines),
    "esrijson": Harness(("esrijson",), _text("esrijson", SPELLED), counts.features),
    "kml": Harness(("kml",), _shaped("kml"), counts.placemarks),
    "kmz": Harness(("kmz",), _shaped("kmz"), counts.zipped_placemarks),
    "shapefile": Harness(("shapefile",), _shaped("shapefile"), counts.rows_of_shapefile),
    "xlsx": Harness(("xlsx",), _books, counts.rows_of_sheet, longest=64 * 1024),
    "geopackage": Harness(("geopackage",), _shaped("geopackage"), counts.rows_of_geopackage, longest=160 * 1024),
    "flatgeobuf": Harness(("flatgeobuf",), _shaped("flatgeobuf"), counts.rows_of_flatgeobuf),
    "filegdb": Harness(("filegdb",), _shaped("filegdb"), counts.rows_of_geodatabase, longest=256 * 1024),
    "parquet": Harness(("parquet",), _tables, counts.rows_of_parquet),
    "wrapper": Harness(("csv", "geojson"), _wrapped, counts.wrapped),
    "arcgis": Harness(("esrijson", ASKED), layer_server.inputs, read=_fetch),
}  # fmt: skip


@cache
def seeds(name: str) -> list[bytes]:
    """Sound files of a reader."""
    return HARNESSES[name].seeds()


def run(name: str, content: bytes) -> str:
    """Give an input to a reader; what it raises is a crash. Gives the format that the reading came to."""
    harness = HARNESSES[name]
    return harness.read(harness, content)
