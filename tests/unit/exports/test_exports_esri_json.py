"""Esri JSON, as ArcGIS servers answer it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import pytest
import shapely
from export_files import a_source, column, geometries, properties, read_bytes, refusal
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from pipeline.theatres import Dialect

WORLD = {"wkid": 4326, "latestWkid": 4326}
MERCATOR = {"wkid": 102100, "latestWkid": 3857}
OUTER: list[list[float]] = [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]]
HOLE: list[list[float]] = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]
ISLAND: list[list[float]] = [[2.5, 2.5], [2.5, 3], [3, 3], [2.5, 2.5]]


def feature_set(*features: Any, **members: Any) -> bytes:
    """An answer of a server to a query."""
    document = {"objectIdFieldName": "OBJECTID", "spatialReference": WORLD, **members, "features": list(features)}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def feature(geometry: Any = None, **attributes: Any) -> dict[str, Any]:
    return {"attributes": attributes, "geometry": geometry}


def shape_of(geometry: Any, **members: Any) -> Any:
    (made,) = geometries(read_bytes(feature_set(feature(geometry, OBJECTID=1), **members)))
    return made


def test_attributes_stay_raw_and_coded() -> None:
    fields = [
        {"name": "day", "type": "esriFieldTypeDate"},
        {"name": "kind", "domain": {"type": "codedValue", "codedValues": [{"code": 2, "name": "Airstrike"}]}},
    ]
    rows = [{"OBJECTID": 7, "day": 1446336000000, "kind": 2, "name": "حلب"}, {"OBJECTID": 8, "day": None, "kind": None}]
    reading = read_bytes(feature_set(*({"attributes": row} for row in rows), fields=fields))
    assert properties(reading) == rows
    assert (reading.export["format"], reading.export["crs"]) == ("esrijson", "EPSG:4326")
    assert column(reading, "record_no") == [1, 2]
    assert column(reading, "line_no")[1] > column(reading, "line_no")[0]


def test_geometries_of_every_kind() -> None:
    assert shape_of({"x": 37, "y": 36, "z": 5}).wkt == "POINT Z (37 36 5)"
    assert shape_of({"points": [[1, 2], [3, 4]]}).wkt == "MULTIPOINT ((1 2), (3 4))"
    assert shape_of({"paths": [[[1, 2], [3, 4]]]}).wkt == "LINESTRING (1 2, 3 4)"
    assert shape_of({"paths": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}).geom_type == "MultiLineString"
    assert shape_of({"rings": [OUTER]}).wkt == "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0))"
    for nothing in (None, {"x": "NaN", "y": "NaN"}, {"x": None}):
        assert shape_of(nothing) is None


def test_measures_are_not_taken_for_heights() -> None:
    measured = {"paths": [[[1, 2, 3], [3, 4, 5]]]}
    assert shape_of(measured, hasM=True).wkt == "LINESTRING (1 2, 3 4)"
    assert shape_of(measured, hasZ=True).wkt == "LINESTRING Z (1 2 3, 3 4 5)"
    assert shape_of({**measured, "hasZ": True}).wkt == "LINESTRING Z (1 2 3, 3 4 5)"


@pytest.mark.parametrize("is_reversed", [False, True])
def test_rings_nest_whatever_their_order_and_direction(is_reversed: bool) -> None:
    rings = [ISLAND, HOLE, OUTER]
    made = shape_of({"rings": [ring[::-1] for ring in rings] if is_reversed else rings})
    wanted = shapely.Polygon(OUTER, [HOLE]).union(shapely.Polygon(ISLAND))
    assert made.is_valid
    assert made.equals(wanted)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=20, unique=True))
@rules(max_examples=40, deadline=None)
def test_polygons_are_those_that_gdal_reads(cells: list[tuple[int, int]]) -> None:
    """Blocks of squares have holes, islands within holes and corners that touch."""
    block = shapely.union_all([shapely.box(x, y, x + 1, y + 1) for x, y in cells])
    parts = shapely.get_parts(block)
    rings = [list(ring.coords) for part in parts for ring in (part.normalize().exterior, *part.normalize().interiors)]
    content = feature_set(feature({"rings": rings}, OBJECTID=1), geometryType="esriGeometryPolygon")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.json"
        path.write_bytes(content)
        wanted = pyogrio.read_dataframe(path).geometry[0]
    (made,) = geometries(read_bytes(content))
    assert made.equals(wanted)
    assert made.equals(block)


def test_metres_are_brought_to_degrees_by_the_newest_number() -> None:
    point = {"x": 4130000.0, "y": 4320000.0}
    text = {"wkt": pyproj.CRS("EPSG:3857").to_wkt("WKT1_ESRI")}
    made = [shape_of(point, spatialReference=found) for found in (MERCATOR, {"wkid": 102100}, {"wkid": 3857}, text)]
    assert all(abs(found.x - 37.1) < 0.01 and abs(found.y - 36.15) < 0.01 for found in made)
    inner = read_bytes(feature_set(feature({**point, "spatialReference": MERCATOR}), spatialReference=None))
    assert inner.export["crs"] == "EPSG:3857"


def test_a_missing_reference_is_assumed_only_for_degrees() -> None:
    assert read_bytes(feature_set(feature({"x": 37, "y": 36}), spatialReference=None)).export["crs"] == (
        "assumed OGC:CRS84"
    )
    for reference in (None, {"wkid": 999999}, {"wkt": "nonsense"}, "EPSG:3857"):
        code, _ = refusal(read_bytes(feature_set(feature({"x": 4130000, "y": 4320000}), spatialReference=reference)))
        assert code == "export_crs_unknown"
    two = [feature({"x": 1, "y": 2, "spatialReference": {"wkid": number}}) for number in (4326, 3857)]
    code, value = refusal(read_bytes(feature_set(*two, spatialReference=None)))
    assert (code, "several systems" in value) == ("export_crs_unknown", True)


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"rings": [OUTER[:-1]]}, "ring 1 is not closed"),
        ({"rings": [OUTER[:2]]}, "ring 1 has 2 positions"),
        ({"rings": [[[0, 0], [0, 9], ["a", 9], [0, 0]]]}, "not a number"),
        ({"rings": 5}, "rings are not a list"),
        ({"curveRings": []}, "curveRings are not read"),
        ({"x": 1}, "not a number"),
        ({"x": 1e400, "y": 1}, "not finite"),
        ({"radius": 1}, "members radius are not known"),
        ([1, 2], "not an object"),
    ],
)
def test_broken_geometries_stay_records(geometry: Any, words: str) -> None:
    text = feature_set(feature(geometry, OBJECTID=1), feature({"x": 1, "y": 2}, OBJECTID=2))
    broken, good = properties(read_bytes(text.replace(b"Infinity", b"1e400")))
    assert (broken["OBJECTID"], broken["_problem"]) == (1, "record_malformed")
    assert words in broken["_problem_text"]
    assert "_geometry_text" in broken
    assert good == {"OBJECTID": 2}


def test_features_without_attributes_stay_records() -> None:
    found = properties(read_bytes(feature_set({"geometry": None}, 5, {"attributes": {"a": 1}, "centroid": None})))
    assert [row.get("_problem") for row in found] == ["record_malformed", "record_malformed", None]
    assert found[2] == {"a": 1, "_centroid": None}


def test_an_empty_answer_and_an_error_are_told() -> None:
    assert refusal(read_bytes(feature_set()))[0] == "export_empty"
    error = {"error": {"code": 400, "message": "Invalid URL"}}
    code, value = refusal(read_bytes(json.dumps(error).encode()))
    assert (code, "a server's error" in value) == ("export_unreadable", True)


def test_a_cap_on_vertices_is_named() -> None:
    code, value = refusal(read_bytes(feature_set(feature({"rings": [OUTER]})), max_vertices=4))
    assert (code, "max_vertices = 4" in value) == ("export_cap_exceeded", True)


FAR = (4130000.0, 4320000.0)
POSITION = f"[{FAR[0]},{FAR[1]}]"


@pytest.mark.parametrize(
    "content",
    [
        f'{{"type":"Feature","properties":{{"a":1}},"geometry":{{"type":"Point","coordinates":{POSITION}}}}}',
        f'{{"features":[{{"attributes":{{"a":1}},"geometry":{{"x":{FAR[0]},"y":{FAR[1]}}}}}]}}',
    ],
)
def test_a_system_that_the_source_declares_stands_in_for_one_that_a_file_lacks(content: str) -> None:
    assert refusal(read_bytes(content.encode()))[0] == "export_crs_unknown"
    source = a_source().model_copy(update={"dialect": Dialect(crs="EPSG:3857")})
    (found,) = geometries(read_bytes(content.encode(), source))
    assert (found.x, found.y) == pytest.approx((37.1, 36.15), abs=0.01)
