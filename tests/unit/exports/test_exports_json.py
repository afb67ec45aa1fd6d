"""JSON and GeoJSON."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
import shapely
from export_files import (
    CORNERS,
    a_source,
    column,
    feature,
    geojson,
    geometries,
    properties,
    read_bytes,
    refusal,
    texts,
)
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from pipeline.exports.json_nesting import nesting

UTM = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32637"}}
POINT = {"type": "Point", "coordinates": [37.1, 36.2]}
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.text(alphabet="abcح", min_size=1, max_size=3)


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=4), st.booleans(), st.booleans())
@rules(max_examples=60, deadline=None)
def test_values_keep_their_types_and_order(rows: list[dict[str, Any]], is_ascii: bool, is_wrapped: bool) -> None:
    document: Any = {"made": 1, "rows": rows} if is_wrapped else rows
    reading = read_bytes(json.dumps(document, ensure_ascii=is_ascii, indent=2).encode("utf-8", "surrogatepass"))
    assert reading.export["format"] == "json"
    found = properties(reading)
    assert found == json.loads(json.dumps(rows))
    assert [list(row) for row in found] == [list(row) for row in rows]


def test_every_digit_survives() -> None:
    row = '{"a":1.10,"b":123456789012345678901234567890123456789012345,"c":0.1234567890123456789,"d":1e400,"e":-0}'
    assert texts(read_bytes(f"[{row}]".encode())) == [row]


def test_keys_that_repeat_get_suffixes() -> None:
    assert texts(read_bytes(b'[{"a":1,"a":2,"":3}]')) == ['{"a":1,"a_2":2,"column_3":3}']


def test_half_a_character_pair_stays_visible_and_readable() -> None:
    (text,) = texts(read_bytes(rb'[{"a":"x\ud83d"}]'))
    assert duckdb.sql("SELECT json_extract_string($t, '$.a')", params={"t": text}).fetchone() == (r"x\ud83d",)


def test_numbers_that_json_does_not_have_are_told_of() -> None:
    reading = read_bytes(b'[{"a":1},{"b":[{"c":NaN}]},{"d":-Infinity}]')
    good, nan, infinite = properties(reading)
    assert "_problem" not in good
    assert (nan["b"], nan["_problem"]) == ([{"c": "NaN"}], "record_malformed")
    assert nan["_problem_text"] == "JSON has no such number: b[0].c = NaN"
    assert infinite["d"] == "-Infinity"


def test_items_that_are_no_objects_stay_records() -> None:
    reading = read_bytes(b'[{"a":1},"text",null]')
    assert [row.get("_text") for row in properties(reading)] == [None, '"text"', "null"]
    assert [row.get("_problem") for row in properties(reading)] == [None, "record_malformed", "record_malformed"]


def test_each_record_has_its_line() -> None:
    assert column(read_bytes(b'[\n {"a":1},\n\n {"a":\n2}, {"a":3}\n]'), "line_no") == [2, 4, 5]
    assert column(read_bytes(geojson(feature({"a": 1}), feature({"a": 2}))), "line_no") == [4, 11]


def test_a_list_of_objects_has_no_geometry() -> None:
    reading = read_bytes(b'[{"id":"CIV1","latitude":"49.2","sources":[{"id":"s"}]}]', a_source(id="id"))
    assert geometries(reading) == [None]
    assert reading.export["crs"] is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a":[{"b":1}],"c":[{"d":1}]}', "several lists of objects (a, c)"),
        (b'{"a":1}', "no list of objects"),
        (b'{"type":"Topology","arcs":[[1]]}', "no list of objects"),
        (b'{"error":{"code":400,"message":"Invalid query"}}', "Invalid query"),
        (b'[{"a":1}]\n[{"a":2}]', "line 2"),
        (b'{"a":[{"b":1},]}', "line 1"),
        (b"[1,2,3]", "no objects"),
        (b'[{"a":01}]', "line 1"),
        (b'{"type":"FeatureCollection","features":{}}', "no list of features"),
    ],
)
def test_json_that_breaks_its_rules_is_unreadable(content: bytes, words: str) -> None:
    code, value = refusal(read_bytes(content))
    assert code == "export_unreadable"
    assert words in value


@pytest.mark.parametrize("content", [b"[]", b'{"rows":[]}', b'{"type":"FeatureCollection","features":[]}'])
def test_lists_of_nothing_are_empty(content: bytes) -> None:
    assert refusal(read_bytes(content))[0] == "export_empty"


def test_a_cut_at_any_byte_is_told() -> None:
    document = geojson(feature({"a": "ح", "b": [1, {"c": "]"}]}, POINT), feature({"q": '\\"'}, None), crs=UTM)
    rows = b'[{"a":"x]}","b":1.5},\n{"a":"\\\\"}]'
    for content in (document, rows):
        for cut in range(len(content)):
            assert read_bytes(content[:cut]).export["problem_code"] is not None


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    for content in (b'[{"a":' + b"[" * 100_000, b'[{"a":' + b"[" * 200 + b"]" * 200 + b"}]"):
        code, value = refusal(read_bytes(content))
        assert code == "export_cap_exceeded"
        assert "max_depth = 64 (ISW_MAX_DEPTH)" in value
    assert refusal(read_bytes(b'[{"a":' + b"[" * 5000 + b"]" * 5000 + b"}]", max_depth=10_000))[1].startswith("JSON")


def test_brackets_within_texts_are_no_nesting() -> None:
    assert read_bytes(json.dumps([{"a": "[" * 100 + '"\\'}]).encode()).export["problem"] is None


def test_many_quotation_marks_take_no_time() -> None:
    assert refusal(read_bytes(b'["' + b'\\"' * 300_000))[0] == "export_truncated"


def test_the_caps_on_columns_texts_and_vertices() -> None:
    line = {"type": "LineString", "coordinates": [[n / 100, 1] for n in range(60)]}
    for content, cap in [
        (json.dumps([{f"c{n}": n for n in range(60)}]).encode(), "max_columns"),
        (json.dumps([{"a": "x" * 60}]).encode(), "max_field_bytes"),
        (geojson(feature({}, line)), "max_vertices"),
    ]:
        caps: dict[str, Any] = {cap: 50}
        code, value = refusal(read_bytes(content, **caps))
        assert (code, f"{cap} = 50" in value) == ("export_cap_exceeded", True)


def test_geojson_keeps_ids_and_other_members() -> None:
    reading = read_bytes(geojson(feature({"OBJECTID": 1, "_id": "own"}, POINT, id=7, bbox=[1, 2, 3, 4])))
    assert properties(reading) == [{"OBJECTID": 1, "_id": "own", "_id_2": 7, "_bbox": [1, 2, 3, 4]}]
    assert (reading.export["format"], reading.export["crs"]) == ("geojson", "OGC:CRS84")


def test_every_kind_of_geometry() -> None:
    shapes = [
        "POINT (37.1 36.2)",
        "POINT Z (37.1 36.2 5)",
        "LINESTRING (37 36, 38 37)",
        "POLYGON ((37 36, 38 36, 38 37, 37 36), (37.4 36.1, 37.6 36.1, 37.6 36.3, 37.4 36.1))",
        "MULTIPOINT ((37 36), (38 37))",
        "MULTILINESTRING ((37 36, 38 37), (38 36, 39 37))",
        "MULTIPOLYGON Z (((37 36 1, 38 36 1, 38 37 1, 37 36 1)))",
        "GEOMETRYCOLLECTION (POINT (37 36), LINESTRING (37 36, 38 37))",
        "POLYGON EMPTY",
        "GEOMETRYCOLLECTION EMPTY",
    ]
    wanted = [shapely.from_wkt(text) for text in shapes]
    reading = read_bytes(geojson(*(feature({}, json.loads(shapely.to_geojson(shape))) for shape in wanted), feature()))
    *found, last = geometries(reading)
    assert [shape.wkt for shape in found] == [shape.wkt for shape in wanted]
    assert last is None
    assert not any("_problem" in row for row in properties(reading))


def test_a_bare_feature_or_geometry_is_one_record() -> None:
    assert geometries(read_bytes(json.dumps(POINT).encode())) == [shapely.Point(37.1, 36.2)]
    assert properties(read_bytes(json.dumps(feature({"a": 1}, POINT)).encode())) == [{"a": 1}]


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2]]]}, "needs four"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [5, 6], [7, 8]]]}, "not closed"),
        ({"type": "Point", "coordinates": ["37.1", "36.2"]}, "of type str"),
        ({"type": "Point", "coordinates": [None, 2]}, "of type NoneType"),
        ({"type": "Point", "coordinates": [37.1]}, "positions of 1 numbers"),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4, 5]]}, "2 and 3"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, "one position"),
        ({"type": "Circle", "coordinates": [1, 2]}, "'Circle'"),
        ({"type": "Point"}, "missing"),
        ("POINT (1 2)", "None"),
    ],
)
def test_a_broken_geometry_stays_a_record_with_its_text(geometry: Any, words: str) -> None:
    reading = read_bytes(geojson(feature({"a": 1}, geometry), feature({"a": 2}, POINT)))
    broken, good = properties(reading)
    assert (broken["a"], broken["_problem"]) == (1, "record_malformed")
    assert words in broken["_problem_text"]
    assert json.loads(broken["_geometry_text"]) == geometry
    assert good == {"a": 2}
    assert geometries(reading)[0] is None


def test_infinite_coordinates_are_malformed() -> None:
    for number in ("1e400", "NaN"):
        reading = read_bytes(geojson(feature({"a": 1}, POINT)).replace(b"37.1", number.encode()))
        assert properties(reading)[0]["_problem"] == "record_malformed"


def test_projected_coordinates_are_brought_to_degrees_and_keep_heights() -> None:
    ring = [[x, y, 100 + n] for n, (x, y) in enumerate(CORNERS[:-1])]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    reading = read_bytes(geojson(feature({"محافظة": "حمص"}, shape), feature({}, POINT), crs=UTM))
    west, south, east, north = geometries(reading)[0].bounds
    assert (36.9, 34.9) < (west, south) < (east, north) < (37.0, 35.1)
    assert [z for _, _, z in geometries(reading)[0].exterior.coords] == [100, 101, 102, 100]
    assert reading.export["crs"] == "EPSG:32637"
    assert properties(reading)[0] == {"محافظة": "حمص"}


def test_a_place_beyond_a_projection_is_malformed() -> None:
    far = {"type": "Point", "coordinates": [1e30, 1e30]}
    reading = read_bytes(geojson(feature({}, far), feature({}, {"type": "Point", "coordinates": CORNERS[0]}), crs=UTM))
    assert [row.get("_problem") for row in properties(reading)] == ["record_malformed", None]


@pytest.mark.parametrize(
    "name", ["EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "OGC:CRS84"]
)
def test_degrees_stay_as_they_are(name: str) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    assert geometries(read_bytes(geojson(feature({}, POINT), crs=crs))) == [shapely.Point(37.1, 36.2)]


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "name", "properties": {"name": "EPSG:999999"}},
        {"type": "name", "properties": {"name": "file:///etc/passwd"}},
        {"type": "link", "properties": {"href": "http://example.com/crs"}},
        "EPSG:4326",
        [],
    ],
)
def test_a_crs_that_nobody_knows_is_refused(crs: Any) -> None:
    assert refusal(read_bytes(geojson(feature({}, POINT), crs=crs)))[0] == "export_crs_unknown"


def test_metres_without_a_crs_are_refused_but_one_wild_point_is_not() -> None:
    metres = feature({}, {"type": "Point", "coordinates": CORNERS[0]})
    assert refusal(read_bytes(geojson(metres)))[0] == "export_crs_unknown"
    assert read_bytes(geojson(metres, feature({}, POINT), feature({}, POINT))).export["problem"] is None


def test_a_system_of_three_axes_from_the_middle_of_the_earth_is_refused() -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:4978"}}
    code, value = refusal(read_bytes(geojson(feature({}, {"type": "Point", "coordinates": [4e6, 3e6, 3e6]}), crs=crs)))
    assert (code, value) == ("export_crs_unknown", "EPSG:4978 counts from the middle of the Earth, in three axes")


def test_a_large_document_reads_as_a_small_one() -> None:
    """Its values are not kept, but decoded where they are asked for."""
    content = geojson(*(feature({"n": n, "text": "حلب"}, POINT) for n in range(50)), feature(5), "no feature")
    small, large = read_bytes(content), read_bytes(content, records_memory_bytes=100)
    assert large.records.equals(small.records)
    assert large.export == {**small.export, "file_name": large.export["file_name"]}
    rows = json.dumps([{"n": n} for n in range(50)]).encode()
    assert read_bytes(rows, records_memory_bytes=100).records.equals(read_bytes(rows).records)


@given(VALUES, st.integers(1, 40))
@rules(max_examples=100, deadline=None)
def test_nesting_is_counted_whatever_the_parts_cut(value: Any, size: int) -> None:
    def depth(found: Any) -> int:
        inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    text = json.dumps([value, '[{"\\', "]"], ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.exports.json_nesting.PART", size)
        assert nesting(text) == (max(1, 1 + depth(value)), 0)
