"""Small export files for the tests of the exports room, and a short way to read them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import tempfile
import warnings
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from pipeline.exports import Reading, Received, read_export
from pipeline.exports.opening import UNFORESEEN
from pipeline.settings import Settings
from pipeline.theatres import FieldSource, Source, theatres

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
PRJ_32637 = 32637
CORNERS = [[310162.5, 3871585.1], [311162.5, 3871585.1], [311162.5, 3872585.1], [310162.5, 3871585.1]]


def a_source(**fields: str) -> Source:
    """A source with a mapping of these fields."""
    return Source(
        name="any",
        kind="strikes",
        title="Any",
        publisher="Nobody",
        credit="Nobody",
        terms="None",
        key=(),
        fields={field: FieldSource(names=(name,)) for field, name in fields.items()},
    )


def read_bytes(content: bytes, source: Source | None = None, name: str = "export", **caps: int) -> Reading:
    """Read these bytes as if they had been received."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bytes"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        received = Received(digest, digest, name, len(content), path)
        settings = Settings(data=Path(folder) / "data", **caps)  # type: ignore[arg-type]
        reading = read_export(settings, received, theatres()["syria"], source or a_source(), RECEIVED)
    check_laws(reading)
    return reading


def check_laws(reading: Reading) -> None:
    """What holds of every reading, whatever the file."""
    refused, code = reading.refused.to_pylist(), reading.export["problem_code"]
    assert UNFORESEEN not in (reading.export["problem"] or "")
    assert [row["reason_code"] for row in refused] == ([] if code is None else [code])
    assert reading.export["record_count"] == reading.records.num_rows
    assert (reading.records.num_rows == 0) == (code is not None)
    assert all(row["record_id"] is None and row["hint"] and row["value"] for row in refused)
    ids = reading.records.column("record_id").to_pylist()
    assert len(set(ids)) == len(ids)
    for geometry in geometries(reading):
        assert geometry is None or shapely.get_num_coordinates(geometry) >= 0


def properties(reading: Reading) -> list[dict[str, Any]]:
    """The properties of each record."""
    return [json.loads(text) for text in reading.records.column("properties").to_pylist()]


def texts(reading: Reading) -> list[str]:
    """The properties of each record, as the JSON text that they are kept as."""
    return list(reading.records.column("properties").to_pylist())


def geometries(reading: Reading) -> list[Any]:
    """The geometry of each record."""
    return list(shapely.from_wkb(reading.records.column("geometry").combine_chunks().to_numpy(zero_copy_only=False)))


def column(reading: Reading, name: str) -> list[Any]:
    """One column of the records."""
    values: pa.ChunkedArray = reading.records.column(name)
    return list(values.to_pylist())


def refusal(reading: Reading) -> tuple[str, str]:
    """Code and value of the one reason for which the file was refused."""
    (row,) = reading.refused.to_pylist()
    return row["reason_code"], row["value"]


def geojson(*features: Any, **members: Any) -> bytes:
    """A FeatureCollection."""
    return json.dumps(
        {"type": "FeatureCollection", **members, "features": list(features)}, ensure_ascii=False, indent=1
    ).encode()


def feature(properties: Any = None, geometry: Any = None, **members: Any) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", **members, "properties": properties, "geometry": geometry}


def kml(body: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> bytes:
    """A KML document around placemarks or folders."""
    return f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'.encode()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that repeat, which some tests want
        with zipfile.ZipFile(target, "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    return target.getvalue()


def shapefile_parts(
    rows: dict[str, Any], shapes: list[Any], crs: int | None = PRJ_32637, encoding: str = "UTF-8"
) -> dict[str, bytes]:
    """The parts of a Shapefile, by suffix."""
    import pyogrio

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_arrow(
            pa.table({**rows, "shape": pa.array(shapely.to_wkb(shapes), pa.binary())}),
            os.path.join(folder, "layer.shp"),  # noqa: PTH118
            driver="ESRI Shapefile",
            geometry_name="shape",
            geometry_type="Polygon",
            crs=None if crs is None else f"EPSG:{crs}",
            encoding=encoding,
        )
        return {path.suffix: path.read_bytes() for path in Path(folder).iterdir()}


def zipped_shapefile(parts: dict[str, bytes], name: str = "inner name") -> bytes:
    """A zip archive of one Shapefile."""
    return zipped({name + suffix: content for suffix, content in parts.items()})


def patched(content: bytes, at: int, kind: str, *values: float) -> bytes:
    """Bytes with values written over them, as struct packs them."""
    packed = struct.pack(kind, *values)
    return content[:at] + packed + content[at + len(packed) :]
