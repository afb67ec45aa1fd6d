"""Zipped Shapefiles."""

from __future__ import annotations

import struct
import warnings
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from export_files import (
    CORNERS,
    a_source,
    column,
    geometries,
    patched,
    properties,
    read_bytes,
    refusal,
    shapefile_parts,
    zipped,
    zipped_shapefile,
)

from pipeline.theatres import Dialect

BOX = shapely.box(37, 36, 38, 37)
METRES = shapely.Polygon(CORNERS)
ROWS: dict[str, list[Any]] = {
    "name": ["حلب", "Ізюм", None],
    "count": [1, None, 3],
    "day": [date(2016, 1, 2), None, date(1899, 12, 30)],
    "area": [0.0, 1.5, None],
}


def test_rows_come_back_with_their_types_and_nulls() -> None:
    reading = read_bytes(zipped_shapefile(shapefile_parts(ROWS, [METRES, None, METRES])))
    assert properties(reading) == [
        {"name": "حلب", "count": 1, "day": "2016-01-02", "area": 0.0},
        {"name": "Ізюм", "count": None, "day": None, "area": 1.5},
        {"name": None, "count": 3, "day": None, "area": None},
    ]
    assert column(reading, "layer") == ["inner name"] * 3
    assert reading.export["format"] == "shapefile"
    assert (reading.export["encoding"], reading.export["crs"]) == ("UTF-8", "EPSG:32637")
    first, nothing, _ = geometries(reading)
    assert nothing is None
    assert (36.9, 34.9) < first.bounds[:2] < first.bounds[2:] < (37.0, 35.1)


def test_several_layers_are_all_read_each_in_its_own_system() -> None:
    metres = shapefile_parts({"a": [1]}, [METRES])
    degrees = shapefile_parts({"b": [2]}, [BOX], crs=4326)
    members = {
        **{f"one/control{suffix}": content for suffix, content in metres.items()},
        **{f"two/CONTROL.v2{suffix.upper()}": content for suffix, content in degrees.items()},
        "__MACOSX/one/._control.shp": b"junk",
        "readme.txt": b"hello",
    }
    reading = read_bytes(zipped(members))
    assert column(reading, "layer") == ["control", "CONTROL.v2"]
    assert properties(reading) == [{"a": 1}, {"b": 2}]
    assert reading.export["crs"] == "EPSG:32637; EPSG:4326"
    assert geometries(reading)[1].equals(BOX)


def test_layers_of_one_name_are_told_apart_by_their_folders() -> None:
    parts = shapefile_parts({"a": [1]}, [METRES])
    reading = read_bytes(zipped({f"{day}/map{s}": c for day in ("mon", "tue") for s, c in parts.items()}))
    assert column(reading, "layer") == ["mon/map", "tue/map"]


def test_parts_of_names_that_differ_in_case_only_are_told_apart_or_refused() -> None:
    upper, lower = (shapefile_parts({"a": [number]}, [METRES]) for number in (1, 2))
    both = {**{f"MAP{s}": c for s, c in upper.items()}, **{f"map{s}": c for s, c in lower.items()}}
    reading = read_bytes(zipped(both))
    assert (column(reading, "layer"), properties(reading)) == (["MAP", "map"], [{"a": 1}, {"a": 2}])
    for lost in ("map.dbf", "MAP.prj"):
        code, value = refusal(read_bytes(zipped({name: both[name] for name in both if name != lost})))
        assert (code, "differs from another name in case only" in value) == ("export_unreadable", True)
    # One layer, whose table is there twice.
    table = {"map.DBF": upper[".dbf"], **{f"map{s}": c for s, c in lower.items()}}
    assert properties(read_bytes(zipped(table))) == [{"a": 2}]


@pytest.mark.parametrize(
    ("encoding", "text"), [("UTF-8", "Балаклія"), ("CP1251", "Балаклія, місто"), ("CP1256", "مدينة حلب وريفها")]
)
@pytest.mark.parametrize("is_declared", [True, False])
def test_encodings_with_and_without_a_cpg(encoding: str, text: str, is_declared: bool) -> None:
    parts = shapefile_parts({"name": [text] * 3}, [METRES] * 3, encoding=encoding)
    if not is_declared:
        del parts[".cpg"]
        parts[".dbf"] = patched(parts[".dbf"], 29, "B", 0)
    reading = read_bytes(zipped_shapefile(parts))
    assert properties(reading) == [{"name": text}] * 3


def test_a_text_cut_within_a_character_stays_readable() -> None:
    parts = shapefile_parts({"name": ["abcح"]}, [METRES])
    parts[".dbf"] = parts[".dbf"].replace("ح".encode(), "ح".encode()[:1] + b" ")
    assert properties(read_bytes(zipped_shapefile(parts)))[0]["name"].startswith("abc\\xd8")


def with_measures(parts: dict[str, bytes], points: list[tuple[float, float, float, float]]) -> dict[str, bytes]:
    """A Shapefile's parts with its one shape made a polygon with heights and measures."""
    x, y, z, m = zip(*points, strict=True)
    count = len(points)
    flat = [number for point in points for number in point[:2]]
    shape = struct.pack("<i4dii i", 15, min(x), min(y), max(x), max(y), 1, count, 0)
    shape += struct.pack(f"<{2 * count}d", *flat)
    shape += struct.pack(f"<{2 + count}d", min(z), max(z), *z) + struct.pack(f"<{2 + count}d", min(m), max(m), *m)
    head = patched(parts[".shp"][:100], 32, "<i", 15)
    shp = patched(head, 24, ">i", (108 + len(shape)) // 2) + struct.pack(">ii", 1, len(shape) // 2) + shape
    shx = patched(head, 24, ">i", 54) + struct.pack(">ii", 50, len(shape) // 2)
    return {**parts, ".shp": shp, ".shx": shx}


def test_measures_are_dropped_without_a_word_and_heights_stay() -> None:
    points = [(0.0, 0.0, 5.0, 1.0), (0.0, 9.0, 6.0, 2.0), (9.0, 9.0, 7.0, 3.0), (0.0, 0.0, 5.0, 4.0)]
    parts = with_measures(shapefile_parts({"a": [1]}, [METRES], crs=4326), points)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (geometry,) = geometries(read_bytes(zipped_shapefile(parts)))
    assert geometry.wkt == "POLYGON Z ((0 0 5, 0 9 6, 9 9 7, 0 0 5))"


def test_a_missing_prj_is_assumed_only_for_degrees() -> None:
    parts = shapefile_parts({"a": [1]}, [BOX], crs=None)
    assert ".prj" not in parts
    reading = read_bytes(zipped_shapefile(parts))
    assert reading.export["crs"] == "assumed OGC:CRS84"
    assert geometries(reading)[0].equals(BOX)
    code, value = refusal(read_bytes(zipped_shapefile(shapefile_parts({"a": [1]}, [METRES], crs=None))))
    assert (code, "no .prj" in value) == ("export_crs_unknown", True)


@pytest.mark.parametrize("prj", [b"nonsense", b"\xff\xfe\x00", b'LOCAL_CS["site",UNIT["metre",1]]'])
def test_a_prj_that_says_nothing_is_refused(prj: bytes) -> None:
    parts = {**shapefile_parts({"a": [1]}, [BOX]), ".prj": prj}
    assert refusal(read_bytes(zipped_shapefile(parts)))[0] == "export_crs_unknown"


def test_a_shape_that_cannot_be_read_stays_a_record() -> None:
    parts = shapefile_parts({"a": [1, 2]}, [METRES, METRES])
    parts[".shp"] = patched(parts[".shp"], 108, "<i", 77)
    broken, good = properties(read_bytes(zipped_shapefile(parts)))
    assert (broken["a"], broken["_problem"]) == (1, "record_malformed")
    assert broken["_geometry_text"].startswith("4d000000")
    assert good == {"a": 2}


def test_coordinates_that_are_not_finite_are_malformed() -> None:
    for value in (np.inf, np.nan):
        parts = shapefile_parts({"a": [1, 2]}, [METRES, METRES])
        first_point = 108 + 4 + 32 + 4 + 4 + 4
        parts[".shp"] = patched(parts[".shp"], first_point + 16, "<d", value)
        assert [row.get("_problem") for row in properties(read_bytes(zipped_shapefile(parts)))] == [
            "record_malformed",
            None,
        ]


def test_deleted_rows_are_no_records_and_the_others_keep_their_numbers() -> None:
    parts = shapefile_parts({"a": [1, 2, 3]}, [METRES] * 3)
    header = int.from_bytes(parts[".dbf"][8:10], "little")
    parts[".dbf"] = patched(parts[".dbf"], header, "c", b"*")  # type: ignore[arg-type]
    reading = read_bytes(zipped_shapefile(parts))
    assert column(reading, "record_no") == [2, 3]


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
def test_parts_that_are_missing_or_cut_are_told(suffix: str) -> None:
    parts = shapefile_parts({"a": [1, 2]}, [METRES, METRES])
    without = {name: content for name, content in parts.items() if name != suffix}
    code, value = refusal(read_bytes(zipped_shapefile(without)))
    assert (code, suffix in value) == ("export_unreadable", True)
    for cut in (0, 10, 50, 99, len(parts[suffix]) - 2):
        code, value = refusal(read_bytes(zipped_shapefile({**parts, suffix: parts[suffix][:cut]})))
        assert (code, suffix in value) == ("export_truncated", True)


def test_parts_that_count_differently_are_told() -> None:
    one, two = (shapefile_parts({"a": [1] * n}, [METRES] * n) for n in (1, 2))
    code, value = refusal(read_bytes(zipped_shapefile({**two, ".dbf": one[".dbf"]})))
    assert (code, value) == ("export_unreadable", "inner name has 2 shapes but 1 rows")
    index = two[".shx"]
    code, value = refusal(read_bytes(zipped_shapefile({**two, ".shx": index[:24] + one[".shx"][24:28] + index[28:]})))
    assert (code, value) == ("export_unreadable", "inner name has 1 shapes but 2 rows")


def test_a_layer_without_rows_is_empty() -> None:
    assert (
        refusal(read_bytes(zipped_shapefile(shapefile_parts({"a": pa.array([], pa.int64())}, []))))[0] == "export_empty"
    )


def test_a_cut_archive_is_told() -> None:
    content = zipped_shapefile(shapefile_parts({"a": [1]}, [METRES]))
    for cut in range(4, len(content), 37):
        assert refusal(read_bytes(content[:cut]))[0] == "export_truncated"


def test_a_system_that_the_source_declares_stands_in_for_a_missing_prj() -> None:
    source = a_source().model_copy(update={"dialect": Dialect(crs="EPSG:32637")})
    declared = zipped_shapefile(shapefile_parts({"a": [1]}, [METRES]))
    missing = zipped_shapefile(shapefile_parts({"a": [1]}, [METRES], crs=None))
    wanted = read_bytes(declared)
    reading = read_bytes(missing, source)
    assert reading.export["crs"] == "EPSG:32637"
    assert geometries(reading) == geometries(wanted)
    other = a_source().model_copy(update={"dialect": Dialect(crs="EPSG:3857")})
    assert geometries(read_bytes(declared, other)) == geometries(wanted)
