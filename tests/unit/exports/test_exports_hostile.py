"""Files made to hurt: each is refused with the cap and its value, or its record says what is wrong.

What only archives, workbooks or KML can do is tested beside their readers.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import struct
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from export_files import (
    RECEIVED,
    a_source,
    column,
    feature,
    geojson,
    geometries,
    kml,
    properties,
    read_bytes,
    refusal,
)
from hypothesis import given
from hypothesis import strategies as st
from matrix_files import geopackage, strikes

from pipeline.exports import Received, read_export
from pipeline.exports.geometry import from_wkb
from pipeline.exports.types import RefusedError
from pipeline.exports.wkb_nesting import is_nested_over
from pipeline.settings import Settings
from pipeline.theatres import theatres

COLLECTION = struct.pack("<BII", 1, 7, 1)


def nested(depth: int) -> bytes:
    """The WKB of an empty collection within others."""
    return COLLECTION * (depth - 1) + struct.pack("<BII", 1, 7, 0)


def geoparquet(wkb: bytes) -> bytes:
    meta = {"primary_column": "shape", "columns": {"shape": {"encoding": "WKB", "geometry_types": []}}}
    table = pa.table({"shape": pa.array([wkb], pa.binary())}).replace_schema_metadata({"geo": json.dumps(meta)})
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def test_geometries_within_one_another_do_not_end_the_process() -> None:
    """900 kB of them overflow the stack of GEOS: hence a process of its own, which must live."""
    code = (
        "from test_exports_hostile import *\n"
        "print(read_bytes(geoparquet(nested(100_000).hex().encode())).records)\n"
        "print(refusal(read_bytes(geoparquet(nested(100_000)))))"
    )
    paths = {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", code], env=paths, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "a geometry nested too deeply: over max_depth = 64 (ISW_MAX_DEPTH)" in done.stdout


def test_geometries_nested_up_to_the_cap_are_read() -> None:
    assert geometries(read_bytes(geoparquet(nested(64))))[0].is_empty
    assert refusal(read_bytes(geoparquet(nested(65))))[0] == "export_cap_exceeded"


def test_wkb_written_as_text_is_no_geometry() -> None:
    """Shapely reads it all the same, past any look at its bytes."""
    reading = read_bytes(geoparquet(shapely.Point(36, 35).wkb.hex().encode()))
    assert properties(reading)[0]["_problem_text"] == "geometry: the shape can't be read"


@given(st.binary(max_size=200), st.integers(0, 80), st.integers(1, 100))
def test_nesting_is_found_and_no_bytes_stop_the_search(noise: bytes, most: int, depth: int) -> None:
    assert is_nested_over(nested(depth), most) == (depth > most)
    assert is_nested_over(COLLECTION * depth + noise, most) or depth <= most
    assert not is_nested_over(noise, 200)


@pytest.mark.parametrize("flavor", ["iso", "extended"])
@pytest.mark.parametrize("order", [0, 1])
def test_nesting_is_counted_past_every_kind_of_part(flavor: str, order: int) -> None:
    square = shapely.box(36, 35, 37, 36).difference(shapely.box(36.2, 35.2, 36.4, 35.4))
    for flat in (shapely.Point(1, 2), shapely.LineString([(1, 2), (3, 4)]), square):
        for shape in (flat, shapely.force_3d(flat)):
            whole = shapely.GeometryCollection(
                [shape, shapely.GeometryCollection([shape, shapely.MultiPoint([(1, 2)])])]
            )
            wkb = shapely.to_wkb(whole, byte_order=order, flavor=flavor, include_srid=flavor == "extended")
            assert [is_nested_over(wkb, most) for most in (2, 3)] == [True, False]


@pytest.mark.parametrize("value", [b"garbage", b"GP\0\1\0\0\0\0", "POINT (36 35)"])
def test_a_damaged_geometry_of_a_geopackage_is_told_of_and_kept(value: bytes | str, tmp_path: Path) -> None:
    """GDAL gives such a feature without a geometry, as if it had none."""
    path = tmp_path / "x.gpkg"
    path.write_bytes(geopackage(strikes()[:3]))
    with closing(sqlite3.connect(path)) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE rows SET geom = ? WHERE fid = 2", (value,))
        connection.execute("UPDATE rows SET geom = NULL WHERE fid = 3")
        connection.commit()
    reading = read_bytes(path.read_bytes())
    assert [geometry is None for geometry in geometries(reading)] == [False, True, True]
    told = [(row.get("_problem_text"), row.get("_geometry_text")) for row in properties(reading)]
    kept = value if isinstance(value, str) else value.hex()
    assert told == [(None, None), ("geometry: the shape can't be read", kept), (None, None)]


def test_a_row_without_end_is_refused_however_short_its_lines() -> None:
    code, value = refusal(read_bytes(b"a,b\n1,2\n" + b'"\n",' * 100_000, max_field_bytes=10_000))
    assert code == "export_cap_exceeded"
    assert value == "a row: over max_field_bytes = 10,000 (ISW_MAX_FIELD_BYTES)"


def test_one_line_of_200_megabytes_is_refused_within_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(200):
            file.write(b"x" * 1_000_000)
    received = Received("0" * 64, "0" * 64, "line.csv", path.stat().st_size, path)
    tracemalloc.start()
    try:
        reading = read_export(Settings(data=tmp_path / "data"), received, theatres()["syria"], a_source(), RECEIVED)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refusal(reading)[1] == "a line: over max_field_bytes = 10,485,760 (ISW_MAX_FIELD_BYTES)"
    assert peak < 64 * 1024**2


def test_a_file_of_zeros_is_no_text(tmp_path: Path) -> None:
    """Sparse: it takes no place on disk, however long."""
    path = tmp_path / "zeros.csv"
    with path.open("wb") as file:
        file.truncate(1024**3)
    digest = hashlib.sha256(b"").hexdigest()
    received = Received(digest, digest, "zeros.csv", 1024**3, path)
    reading = read_export(Settings(data=tmp_path / "data"), received, theatres()["syria"], a_source(), RECEIVED)
    assert refusal(reading) == ("export_empty", "the file holds no text")


def test_a_header_of_ten_thousand_columns_is_refused() -> None:
    wide = ",".join(f"c{n}" for n in range(10_000)).encode()
    code, value = refusal(read_bytes(wide + b"\n" + b"1," * 9_999 + b"1\n"))
    assert code == "export_cap_exceeded"
    assert value == "a header of 10,000 columns: over max_columns = 2,000 (ISW_MAX_COLUMNS)"


def test_a_list_longer_than_the_cap_is_refused_before_it_is_whole() -> None:
    for content in (b"[" + b"{},\n" * 50 + b"{}]", b'{"a":[' + b"{},\n" * 50 + b"{}]}", b"[" + b"1,\n" * 50 + b"1]"):
        code, value = refusal(read_bytes(content, max_records=50))
        assert code == "export_cap_exceeded"
        assert "a longer list: over max_records = 50 (ISW_MAX_RECORDS)" in value
        assert read_bytes(content, max_records=51).export["problem_code"] != "export_cap_exceeded"


def test_a_second_list_of_the_same_name_is_told_and_not_left_out() -> None:
    for content in (
        b'{"type": "FeatureCollection", "features": [{"type": "Feature"}], "features": [{"type": "Feature"}]}',
        b'{"features": [{"attributes": {"a": 1}}], "geometryType": "esriGeometryPoint", "features": []}',
    ):
        assert refusal(read_bytes(content)) == ("export_unreadable", "the JSON object names 'features' more than once")


def test_names_that_repeat_without_end_take_no_time() -> None:
    """A search from 2 on for each of them would take minutes for these and a day for ten times as many."""
    document = b"[{" + b",".join([b'"a":1'] * 40_000) + b"}]"
    assert "record 1 has 40,000 properties: over max_columns = 2,000" in refusal(read_bytes(document))[1]


def test_rings_within_one_another_without_end_are_told_of() -> None:
    def rings(count: int) -> list[list[list[float]]]:
        sizes = [number / 1_000 for number in range(1, count + 1)]
        return [[[-s, -s], [-s, s], [s, s], [s, -s], [-s, -s]] for s in sizes]

    def esri(count: int) -> bytes:
        features = [{"attributes": {"a": 1}, "geometry": {"rings": rings(count)}}]
        return json.dumps({"spatialReference": {"wkid": 4326}, "features": features}).encode()

    assert len(shapely.get_parts(geometries(read_bytes(esri(65)))[0])) == 33
    (row,) = properties(read_bytes(esri(20_000)))
    assert row["_problem_text"] == "geometry: more than 64 rings lie within one another"


def test_a_polygon_of_a_million_vertices_is_read_or_refused_by_the_cap() -> None:
    turn = np.linspace(0, 2 * np.pi, 1_000_000)
    ring = np.column_stack([36 + np.cos(turn), 35 + np.sin(turn)])
    ring[-1] = ring[0]
    content = geoparquet(shapely.Polygon(ring).wkb)
    assert shapely.get_num_coordinates(geometries(read_bytes(content))[0]) == 1_000_000
    code, value = refusal(read_bytes(content, max_vertices=999_999))
    assert code == "export_cap_exceeded"
    assert value == "a geometry of 1,000,000 vertices: over max_vertices = 999,999 (ISW_MAX_VERTICES)"


def test_self_crossing_rings_stay_as_they_are_for_the_stages() -> None:
    bow = [[36, 35], [37, 36], [37, 35], [36, 36], [36, 35]]
    (geometry,) = geometries(read_bytes(geojson(feature({}, {"type": "Polygon", "coordinates": [bow]}))))
    assert not geometry.is_valid
    assert shapely.get_coordinates(geometry).tolist() == bow


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_coordinates_that_are_no_place_are_told_of(word: str) -> None:
    text = geojson(feature({"n": 1}, {"type": "Point", "coordinates": [36, 12345]})).replace(b"12345", word.encode())
    (found,) = properties(read_bytes(text))
    assert (found["_problem"], found["_problem_text"].startswith("geometry: a coordinate")) == (
        "record_malformed",
        True,
    )
    (found,) = properties(
        read_bytes(kml(f"<Placemark><Point><coordinates>36,{word}</coordinates></Point></Placemark>"))
    )
    assert found["_problem"] == "record_malformed"


@pytest.mark.parametrize("body", ["<a/>" * 60, "<Polygon><outerBoundaryIs><LinearRing><coordinates>" + "1,2 " * 2_000])
def test_a_placemark_without_end_is_refused(body: str) -> None:
    """Before it is built: what follows is missing, so a whole one would be told as truncated."""
    content = kml("<Placemark>").partition(b"</Document>")[0] + body.encode()
    code, value = refusal(read_bytes(content, max_vertices=50))
    assert code == "export_cap_exceeded"
    assert "over max_vertices = 50 (ISW_MAX_VERTICES)" in value


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\x1b[31m", "\x07", "\x9b"])
def test_signs_that_steer_a_screen_stay_in_the_record_and_not_in_what_is_told(sign: str) -> None:
    """Values and names stay as the file has them; a refusal, which a terminal shows, writes them out."""
    content = f"pla{sign}ce,day\nTown{sign},{'October ' * 50}\n".encode()
    (row,) = properties(read_bytes(content))
    assert row == {f"pla{sign}ce": f"Town{sign}", "day": "October " * 50}
    reading = read_bytes(content, a_source(place="place"), name=f"a{sign}.csv")
    (refused,) = reading.refused.to_pylist()
    assert refused["reason_code"] == "export_missing_column"
    assert all(text.isprintable() for text in (refused["value"], reading.export["problem"]))
    assert sign.encode("unicode_escape").decode() in refused["value"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**62], pa.timestamp("us")),
        pa.array([2**60], pa.timestamp("ms")),
        pa.array([2**31 - 1], pa.date32()),
        pa.array([-62_200_000_000], pa.timestamp("s")),
        pa.array([1], pa.timestamp("us", tz="No/Where")),
        pa.array([[2**62]], pa.list_(pa.timestamp("us"))),
        pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"]),
    ],
    ids=lambda column: str(column.type),
)
def test_values_that_python_does_not_have_are_told(column: pa.Array) -> None:
    target = io.BytesIO()
    pq.write_table(pa.table({"a": column}), target)
    code, value = refusal(read_bytes(target.getvalue()))
    assert code == "export_unreadable"
    assert value.startswith("a column of type ")
    assert " holds a value that cannot be read: " in value


def test_metadata_of_a_geometry_column_that_is_no_json_is_told() -> None:
    field = pa.field(
        "shape", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": "{"}
    )
    target = io.BytesIO()
    pq.write_table(pa.table([pa.array([b""], pa.binary())], schema=pa.schema([field])), target)
    code, value = refusal(read_bytes(target.getvalue()))
    assert code == "export_unreadable"
    assert "'shape' says of itself is no JSON" in value


def test_the_cap_on_nesting_is_named_by_every_caller() -> None:
    with pytest.raises(RefusedError, match="max_depth = 3"):
        from_wkb(Settings(max_depth=3), [nested(4)])


def test_records_of_a_placemark_below_the_caps_come_in() -> None:
    body = "<Placemark><Point><coordinates>36,35</coordinates></Point></Placemark>"
    assert column(read_bytes(kml(body), max_vertices=50), "record_no") == [1]
