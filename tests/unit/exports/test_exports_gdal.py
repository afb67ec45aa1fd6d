"""File Geodatabase, GeoPackage and FlatGeobuf."""

from __future__ import annotations

import random
import sqlite3
import struct
import tempfile
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import matrix_files
import numpy as np
import pytest
import shapely
from export_files import CORNERS, column, geometries, patched, properties, read_bytes, refusal, zipped

from pipeline.exports.flatgeobuf_parts import count_features
from pipeline.exports.opening import open_export
from pipeline.settings import Settings
from pipeline.theatres import Dialect

METRES = shapely.Polygon(CORNERS)


def written(driver: str, name: str, *layers: tuple[str, gpd.GeoDataFrame], **options: Any) -> dict[str, bytes]:
    """The files that GDAL writes of some layers."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for layer, rows in layers:
            rows.to_file(Path(folder) / name, driver=driver, layer=layer, mode="a", **options)
        return {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def rows(geometry: Any = METRES, crs: str | None = "EPSG:32637", **columns: Any) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[geometry] * count, crs=crs)


def geopackage(*layers: tuple[str, gpd.GeoDataFrame]) -> bytes:
    return written("GPKG", "x.gpkg", *layers)["x.gpkg"]


def changed(content: bytes, *statements: str) -> bytes:
    """A GeoPackage after some SQL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        path.write_bytes(content)
        with closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return path.read_bytes()


@pytest.mark.parametrize("is_database", [True, False])
def test_every_layer_is_read_in_its_own_system(is_database: bool) -> None:
    layers = [("control", rows(name=["حلب", None])), ("strikes", rows(shapely.Point(37, 36), "EPSG:4326", n=[7]))]
    if is_database:
        files = written("OpenFileGDB", "x.gdb", *layers)
        reading, number = read_bytes(zipped({f"deep/{name}": content for name, content in files.items()})), "OBJECTID"
    else:
        reading, number = read_bytes(geopackage(*layers)), "fid"
    assert column(reading, "layer") == ["control", "control", "strikes"]
    assert column(reading, "record_no") == [1, 2, 1]
    assert properties(reading)[:2] == [{number: 1, "name": "حلب"}, {number: 2, "name": None}]
    assert reading.export["crs"] == "EPSG:32637; EPSG:4326"
    control, _, strike = geometries(reading)
    assert strike.equals(shapely.Point(37, 36))
    assert 36.9 < control.centroid.x < 37.0


def test_a_geodatabase_is_read_whatever_its_folder_is_called() -> None:
    files = written("OpenFileGDB", "x.gdb", ("a", rows(n=[1])))
    loose = {Path(name).name: content for name, content in files.items()}
    assert column(read_bytes(zipped(loose)), "layer") == ["a"]
    two = {f"{day}/map/{name}": content for day in ("mon", "tue") for name, content in loose.items()}
    assert column(read_bytes(zipped(two)), "layer") == ["mon/map/a", "tue/map/a"]


def test_types_come_back_without_loss() -> None:
    moments = np.array(["2016-01-02T03:04:05.678", "NaT"], "datetime64[ms]")
    content = geopackage(
        ("a", rows(day=moments, is_hit=[True, False], big=[2**60, 1], real=[0.1, None], raw=["\x01 ؟", ""]))
    )
    first, second = properties(read_bytes(content))
    assert (first["is_hit"], first["big"], first["real"], first["raw"]) == (True, 2**60, 0.1, "\x01 ؟")
    assert first["day"].startswith("2016-01-02T03:04:05.678")
    assert (second["day"], second["real"], second["raw"]) == (None, None, "")


def test_rows_without_geometry_are_records_too() -> None:
    plain = gpd.GeoDataFrame({"n": [1]}, geometry=[None], crs="EPSG:4326")
    assert geometries(read_bytes(geopackage(("a", plain)))) == [None]
    table = changed(
        geopackage(("a", rows(n=[1]))),
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
        "INSERT INTO notes VALUES (5, 'x')",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('notes', 'attributes', 'notes')",
    )
    reading = read_bytes(table)
    assert column(reading, "layer") == ["a", "notes"]
    assert properties(reading)[1] == {"id": 5, "text": "x"}


def test_a_missing_system_is_assumed_only_for_degrees() -> None:
    assert read_bytes(written("FlatGeobuf", "x.fgb", ("a", rows(shapely.Point(37, 36), None, n=[1])))["x.fgb"]).export[
        "crs"
    ] == ("assumed OGC:CRS84")
    code, value = refusal(read_bytes(written("FlatGeobuf", "x.fgb", ("a", rows(crs=None, n=[1])))["x.fgb"]))
    assert (code, "names no system" in value) == ("export_crs_unknown", True)


def test_coordinates_that_are_not_finite_are_malformed() -> None:
    infinite = shapely.Point(float("inf"), 1)
    (found,) = properties(read_bytes(geopackage(("a", rows(infinite, "EPSG:4326", n=[1])))))
    assert (found["n"], found["_problem"]) == (1, "record_malformed")
    assert "not finite" in found["_problem_text"]
    assert found["_geometry_text"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW b AS SELECT * FROM a",
        "CREATE VIEW b AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT x FROM n",
        "CREATE VIRTUAL TABLE b USING fts5(text)",
    ],
)
def test_tables_that_compute_when_they_are_read_are_unsafe(statement: str) -> None:
    code, value = refusal(read_bytes(changed(geopackage(("a", rows(n=[1]))), statement)))
    assert (code, value.startswith("b is a v")) == ("export_unsafe", True)


def test_a_column_that_is_computed_when_it_is_read_is_unsafe() -> None:
    statement = "ALTER TABLE a ADD COLUMN b TEXT GENERATED ALWAYS AS (hex(zeroblob(n))) VIRTUAL"
    code, value = refusal(read_bytes(changed(geopackage(("a", rows(n=[1]))), statement)))
    assert (code, value) == ("export_unsafe", "column b of a is computed when it is read")


def test_nothing_is_written_beside_a_received_file() -> None:
    content = bytearray(geopackage(("a", rows(n=[1]))))
    content[18:20] = b"\x02\x02"  # write-ahead logging
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept"
        path.write_bytes(bytes(content))
        with open_export(Settings(), path, Dialect()) as opened:
            assert len(list(opened.read().records)) == 1
        assert [p.name for p in Path(folder).iterdir()] == ["kept"]


def test_a_cut_flatgeobuf_file_is_told() -> None:
    whole = matrix_files.flatgeobuf(matrix_files.strikes())
    for cut in range(1200, len(whole), 211):
        assert refusal(read_bytes(whole[:cut]))[0] in ("export_truncated", "export_unreadable")


def test_an_sqlite_database_that_is_no_geopackage_is_told() -> None:
    content = patched(b"SQLite format 3\0" + bytes(100), 16, ">H", 4096)
    code, value = refusal(read_bytes(content))
    assert (code, "an SQLite database that is no GeoPackage" in value) == ("export_format_unknown", True)


def test_caps_are_named() -> None:
    columns: dict[str, Any] = {f"c{n}": [1] for n in range(30)}
    wide = geopackage(("a", rows(**columns)))
    code, value = refusal(read_bytes(wide, max_columns=20))
    assert (code, "max_columns = 20 (ISW_MAX_COLUMNS)" in value) == ("export_cap_exceeded", True)
    code, value = refusal(read_bytes(wide, max_vertices=3))
    assert (code, "max_vertices = 3" in value) == ("export_cap_exceeded", True)
    code, value = refusal(read_bytes(geopackage(("a", rows(n=[1, 2, 3]))), max_records=2))
    assert (code, "max_records = 2" in value) == ("export_cap_exceeded", True)


@pytest.mark.parametrize("has_index", ["YES", "NO"])
@pytest.mark.parametrize("count", [1, 2, 16, 17, 300])
def test_the_features_of_flatgeobuf_are_counted_past_its_index(count: int, has_index: str, tmp_path: Path) -> None:
    rows_of = (matrix_files.strikes() * 15)[:count]
    path = tmp_path / "x.fgb"
    path.write_bytes(matrix_files.by_gdal(rows_of, "FlatGeobuf", "x.fgb", SPATIAL_INDEX=has_index)["x.fgb"])
    assert count_features(path) == (count, count)
    path.write_bytes(path.read_bytes()[:-1])
    assert count_features(path) is None


def test_features_of_flatgeobuf_that_the_header_does_not_tell_of_are_not_left_out() -> None:
    whole = matrix_files.flatgeobuf(matrix_files.strikes())
    place = whole.index(struct.pack("<Q", 20))
    code, value = refusal(read_bytes(patched(whole, place, "<Q", 19)))
    assert (code, value) == ("export_unreadable", "the header tells of 19 features, and 20 stand in the file")
    assert read_bytes(patched(whole, place, "<Q", 0)).export["record_count"] == 20


@pytest.mark.parametrize("format_", ["geopackage", "flatgeobuf"])
def test_damaged_files_never_raise(format_: str) -> None:
    """The laws of every reading hold; a fixed seed."""
    chance = random.Random(20151001)
    whole = matrix_files.SHAPED[format_](matrix_files.areas())
    for _ in range(40):
        damaged = bytearray(whole)
        reach = chance.choice([len(whole), 2000])
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(reach)] = chance.choice([0, 255, chance.randrange(256)])
        read_bytes(bytes(damaged))


def test_damaged_geodatabases_never_raise() -> None:
    chance = random.Random(20151001)
    files = written("OpenFileGDB", "x.gdb", ("a", rows(n=[1, 2], name=["حلب", "b"])))
    for _ in range(30):
        name = chance.choice(sorted(name for name, content in files.items() if content))
        damaged = bytearray(files[name])
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 255, chance.randrange(256)])
        read_bytes(zipped({**files, name: bytes(damaged)}))
