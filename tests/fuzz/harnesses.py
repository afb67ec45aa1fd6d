"""What is fuzzed: one harness for each family of readers, through the public way to read.

Belongs here: the seeds of each reader, how its bytes are read, and what must hold of the outcome. A harness raises
``Broken``, or lets pass what the reader raised: both are a crash, for bad content never raises and never goes untold.
Does not belong here: making inputs (``mutation``), running and counting (``worker``, ``run``).
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import matrix_files as matrix
import pyarrow as pa
import pyarrow.parquet as pq
from export_files import read_bytes, zipped

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
# What parts an input of several answers into them.
ANSWERS_APART = b"\n\x1e\n"


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


def _count_rows(content: bytes, reading: Reading) -> int | None:
    """Lines that are not blank, but for the header; not told where quotation marks join lines or a mark declares."""
    text = content.decode(reading.export["encoding"]).removeprefix("\ufeff")
    if '"' in text or text.lower().startswith("sep="):
        return None
    return sum(line != "" for line in re.split(r"\r\n|\r|\n", text)) - 1


def _count_features(content: bytes, reading: Reading) -> int | None:
    """Items of every list named ``features`` of a document."""
    text = content.decode(reading.export["encoding"]).removeprefix("\ufeff")
    pairs = json.loads(text, object_pairs_hook=list, strict=False, parse_int=str)
    found = [value for name, value in pairs if name == "features"]
    is_one = any(name == "type" and value != "FeatureCollection" for name, value in pairs)
    return None if is_one else sum(map(len, found))


def _count_objects(content: bytes, reading: Reading) -> int | None:
    document = json.loads(content.decode(reading.export["encoding"]).removeprefix("\ufeff"), strict=False)
    return len(document) if isinstance(document, list) else None


def _count_lines(content: bytes, reading: Reading) -> int:
    lines = content.decode(reading.export["encoding"]).split("\n")
    return sum(line.strip(" \t\r\n\ufeff\x1e") != "" for line in lines)


def _count_placemarks(content: bytes, _: Reading) -> int:
    """Placemarks that lie in no other."""

    def outermost(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
        for child in [element] if element.tag.endswith("}Placemark") or element.tag == "Placemark" else element:
            if child is element or child.tag.rpartition("}")[2] == "Placemark":
                yield child
            else:
                yield from outermost(child)

    return sum(1 for _ in outermost(ElementTree.fromstring(content)))


def _count_rows_of_parquet(content: bytes, _: Reading) -> int:
    return int(pq.ParquetFile(BytesIO(content)).metadata.num_rows)


def _few() -> tuple[list[matrix.Row], list[matrix.Row]]:
    return matrix.strikes()[:3], matrix.areas()


def _shaped(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [matrix.SHAPED[name](rows) for name in names for rows in _few()]


def _text(name: str) -> Callable[[], list[bytes]]:
    """Documents of one line, with and without its end."""
    return lambda: [seed + end for seed in _shaped(name)() for end in (b"", b"\n")]


def _flat(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [matrix.COLUMNS[name](_few()[0]) for name in names]


def _lists() -> list[bytes]:
    return [seed for text in _flat("json")() for seed in (text, text.decode("utf-16").encode())]


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
        zipped({"a/b.csv": inner, "readme.txt": b"words"}),
        zipped({"a.csv": inner, "b.csv": inner}, zipfile.ZIP_STORED),
        zipped({"x.zip": zipped({"b.csv": inner})}),
        gzip.compress(inner, mtime=0),
        gzip.compress(zipped({"b.geojson": matrix.geojson(rows)}), mtime=0),
    ]


def _fetch(harness: Harness, content: bytes) -> str:
    """Fetch a layer from a server that answers with the parts of the input, then read the file that this makes."""
    parts = (content.split(ANSWERS_APART) + [b"{}"] * 4)[:4]

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        number = (
            3 if request.method == "POST" else 1 if "returnCountOnly" in asked else 2 if "returnIdsOnly" in asked else 0
        )
        return httpx.Response(200, content=parts[number])

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data", **CAPS)
        target = Path(folder) / "answers.json"
        block = LiveLayer(
            kind="arcgis", address="http://127.0.0.1/arcgis/rest/services/A/FeatureServer", layer=0, name="A"
        )
        with Client(settings) as client:
            client._http = httpx.Client(transport=httpx.MockTransport(answer))
            try:
                count = fetch_layer(client, block, target)
            except FetchFailed as failure:
                if not str(failure):
                    raise Broken("a failure without words") from failure
                return "refused"
        reading = read_bytes(target.read_bytes(), **{**CAPS, "max_records": 10**6})
    code = reading.export["problem_code"]
    if code is None and reading.export["record_count"] != count:
        raise Broken(f"{reading.export['record_count']} records of {count} that were fetched")
    return "esrijson" if code is None else "refused"


def _answers() -> list[bytes]:
    fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, {"name": "n", "type": "esriFieldTypeString"}]
    layer = {"id": 0, "name": "A", "fields": fields, "geometryType": "esriGeometryPoint", "maxRecordCount": 2}
    layer |= {
        "extent": {"spatialReference": {"wkid": 102100}},
        "editingInfo": {"lastEditDate": 5},
        "objectIdField": "OBJECTID",
    }
    rows = [{"attributes": {"OBJECTID": n, "n": "حلب"}, "geometry": {"x": 4e6 + n, "y": 4.3e6}} for n in (1, 2)]
    page = {"features": rows, "spatialReference": {"wkid": 102100}}
    ids = {"objectIdFieldName": "OBJECTID", "objectIds": [1, 2]}
    said: list[Any] = [layer, {"count": 2}, ids, page]
    return [ANSWERS_APART.join(json.dumps(part).encode() for part in said)]


HARNESSES: dict[str, Harness] = {
    "csv": Harness(("csv",), _flat("csv", "csv, tabs", "csv, semicolons in UTF-16", "csv, bars"), _count_rows),
    "json": Harness(("json",), _lists, _count_objects),
    "geojson": Harness(("geojson",), _text("geojson"), _count_features),
    "geojsonl": Harness(("geojsonl",), _shaped("geojsonl", "geojsonl, marked"), _count_lines),
    "esrijson": Harness(("esrijson",), _text("esrijson"), _count_features),
    "kml": Harness(("kml",), _shaped("kml"), _count_placemarks),
    "kmz": Harness(("kmz",), _shaped("kmz")),
    "shapefile": Harness(("shapefile",), _shaped("shapefile")),
    "xlsx": Harness(("xlsx",), _flat("xlsx"), longest=64 * 1024),
    "geopackage": Harness(("geopackage",), _shaped("geopackage"), longest=160 * 1024),
    "flatgeobuf": Harness(("flatgeobuf",), _shaped("flatgeobuf")),
    "filegdb": Harness(("filegdb",), _shaped("filegdb"), longest=256 * 1024),
    "parquet": Harness(("parquet",), _tables, _count_rows_of_parquet),
    "wrapper": Harness(("csv", "geojson"), _wrapped),
    "arcgis": Harness(("esrijson",), _answers, read=_fetch),
}  # fmt: skip


@cache
def seeds(name: str) -> list[bytes]:
    """Sound files of a reader."""
    return HARNESSES[name].seeds()


def run(name: str, content: bytes) -> str:
    """Give an input to a reader; what it raises is a crash. Gives the format that the reading came to."""
    harness = HARNESSES[name]
    return harness.read(harness, content)
