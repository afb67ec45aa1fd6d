"""Files of a release: GeoParquet that maps open, CSV that no spreadsheet runs, one DuckDB file for old and new."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.content import content_digest
from pipeline.errors import UserError
from pipeline.release.database import (
    comments,
    create_table,
    logical_digest,
    open_database,
    write_database,
)
from pipeline.release.files import guard_formulas, write_csv, write_parquet
from pipeline.release.manifest import as_of, combine, describe_tables, release_id, released
from pipeline.release.views import MACROS, VIEWS
from pipeline.settings import Settings


@pytest.fixture(scope="module")
def frames() -> dict[str, pa.Table]:
    return combine({"syria": sample_frames()})


@pytest.fixture(scope="module")
def database(frames: dict[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "strikes.duckdb"
    write_database(path, frames, Settings())
    return path


def geo(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pq.read_schema(path).metadata[b"geo"])
    return found


def test_polygons_are_geoparquet(frames: dict[str, pa.Table], tmp_path: Path) -> None:
    path = tmp_path / "areas.parquet"
    write_parquet(path, table("core.control_areas"), frames["core.control_areas"])
    described = geo(path)
    column = described["columns"][described["primary_column"]]
    shapes = shapely.from_wkb(frames["core.control_areas"].column("geometry").to_pylist())
    assert described["version"] == "1.1.0" and column["encoding"] == "WKB"
    assert column["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert column["geometry_types"] == sorted({shape.geom_type for shape in shapes})
    assert column["bbox"] == list(shapely.total_bounds(shapes))
    geopandas = pytest.importorskip("geopandas")
    read = geopandas.read_parquet(path)
    assert (
        read.crs.to_string() == "OGC:CRS84"
        and list(read.controller) == frames["core.control_areas"]["controller"].to_pylist()
    )


def test_strikes_are_points_of_their_coordinates(frames: dict[str, pa.Table], tmp_path: Path) -> None:
    path = tmp_path / "strikes.parquet"
    write_parquet(path, table("core.strikes"), frames["core.strikes"])
    rows = pq.read_table(path).to_pylist()
    points = shapely.from_wkb([row["geometry"] for row in rows])
    assert [(p.x, p.y) for p in points] == [(row["longitude"], row["latitude"]) for row in rows]
    assert geo(path)["columns"]["geometry"]["geometry_types"] == ["Point"]
    assert pq.read_schema(path).field("strike_id").metadata[b"description"]


def test_heights_are_kept_as_iso_wkb_and_null_stays_null(tmp_path: Path) -> None:
    record = sample_frames()["raw.records"].slice(0, 2).to_pylist()
    record[0]["geometry"] = shapely.to_wkb(shapely.Point(1, 2, 3))
    path = tmp_path / "records.parquet"
    write_parquet(path, table("raw.records"), table("raw.records").conform(record))
    column = geo(path)["columns"]["geometry"]
    assert column["geometry_types"] == ["Point Z"] and column["bbox"] == [1, 2, 3, 1, 2, 3]
    stored = pq.read_table(path).column("geometry").to_pylist()
    assert stored[0][1:5] == (1001).to_bytes(4, "little") and stored[1] is None


def test_empty_tables_and_tables_without_place_are_written(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", table("core.front_lines"), table("core.front_lines").empty())
    write_parquet(tmp_path / "b.parquet", table("marts.headline"), table("marts.headline").empty())
    assert geo(tmp_path / "a.parquet")["columns"]["geometry"]["geometry_types"] == []
    assert b"geo" not in pq.read_schema(tmp_path / "b.parquet").metadata


def test_the_same_rows_give_the_same_bytes_however_they_are_chunked(
    frames: dict[str, pa.Table], tmp_path: Path
) -> None:
    whole = frames["core.strikes"]
    chunked = pa.concat_tables([whole.slice(0, 7), whole.slice(7)])
    for name, frame in (("a", whole), ("b", chunked)):
        write_parquet(tmp_path / f"{name}.parquet", table("core.strikes"), frame)
        write_csv(tmp_path / f"{name}.csv", table("core.strikes"), frame)
    for kind in ("parquet", "csv"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), max_size=20))
def test_no_text_begins_as_a_formula(texts: list[str | None]) -> None:
    guarded = guard_formulas(pa.chunked_array([pa.array(texts, pa.string())])).to_pylist()
    for before, after in zip(texts, guarded, strict=True):
        if before is None:
            assert after is None
        elif before[:1] and before[0] in "=+-@\t\r\n＝＋－＠":
            assert after == "'" + before
        else:
            assert after == before


def test_csv_reads_back_with_its_types(frames: dict[str, pa.Table], tmp_path: Path) -> None:
    rows = frames["core.strikes"].to_pylist()
    rows[0] |= {"place": "=cmd|' /C calc'!A0", "note": 'line\nbreak, "quoted" حلب', "longitude": -0.5}
    write_csv(tmp_path / "strikes.csv", table("core.strikes"), table("core.strikes").conform(rows))
    text = (tmp_path / "strikes.csv").read_bytes().decode("utf-8")
    first = next(csv.DictReader(io.StringIO(text)))
    assert first["place"] == "'=cmd|' /C calc'!A0" and first["note"] == 'line\nbreak, "quoted" حلب'
    assert first["longitude"] == "-0.5" and first["date_from"] == rows[0]["date_from"].isoformat()
    assert "geometry" not in first and not text.startswith("\ufeff")
    write_csv(tmp_path / "exports.csv", table("raw.exports"), frames["raw.exports"])
    assert "2026-11-01T00:00:00.000000Z" in (tmp_path / "exports.csv").read_text(encoding="utf-8")


def test_every_table_and_column_has_a_comment(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        described = connection.execute(
            "SELECT schema_name || '.' || table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        owners = connection.execute(
            "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables()"
            " UNION ALL SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal"
            " UNION ALL SELECT schema_name || '.' || function_name, comment FROM duckdb_functions() WHERE NOT internal"
        ).fetchall()
    expected = {(name, column) for name, spec in released().items() for column in spec.columns}
    expected |= {(name, column) for name, view in VIEWS.items() for column in view.columns}
    assert {(owner, column) for owner, column, _ in described} == expected
    assert {name for name, _ in owners} == {*released(), *VIEWS, *MACROS, "core.contract_version"}
    assert all(comment for *_, comment in [*described, *owners])
    assert any("''" in statement for statement in comments()), "an apostrophe is escaped"


def test_the_file_opens_without_the_spatial_extension(database: Path, frames: dict[str, pa.Table]) -> None:
    closed: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    with duckdb.connect(str(database), read_only=True, config=closed) as connection:
        for name, spec in released().items():
            plain = ", ".join(f'"{c.name}"' for c in spec.columns.values() if c.type != "geometry")
            assert len(connection.execute(f"SELECT {plain} FROM {name}").fetchall()) == frames[name].num_rows
        joined = connection.execute("SELECT count(*), count(controller) FROM marts.strikes_attributed").fetchone()
    assert joined == (frames["core.strikes"].num_rows,) * 2


def test_since_when_an_area_is_known_is_told_by_the_receipts_behind_it(
    frames: dict[str, pa.Table], tmp_path: Path
) -> None:
    first, second = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2))
    areas = frames["core.control_areas"].slice(0, 2).to_pylist()
    receipt = frames["core.receipts"].to_pylist()[0] | {"source": areas[0]["source"], "state": "applied"}
    receipts = [receipt | {"export_id": str(number), "received_at": at} for number, at in enumerate((first, second))]
    outcome = frames["core.record_outcomes"].to_pylist()[0] | {"source": areas[0]["source"]}
    outcomes = [outcome | {"record_id": f"r{number}", "export_id": str(number)} for number in range(2)]
    areas[0] |= {"record_ids": '["r0", "r1"]'}
    areas[1] |= {"record_ids": "[]"}
    rows = {"core.control_areas": areas, "core.receipts": receipts, "core.record_outcomes": outcomes}
    path = tmp_path / "known.duckdb"
    write_database(path, frames | {name: table(name).conform(body) for name, body in rows.items()}, Settings())
    with open_database(path, Settings()) as connection:
        found = connection.execute("SELECT area_id, known_from, last_seen FROM core.control_areas_known").fetchall()
    assert sorted(found) == sorted([(areas[0]["area_id"], first, second), (areas[1]["area_id"], second, second)])


def test_the_file_is_in_the_oldest_storage_format(database: Path) -> None:
    # The version stands at byte 12 of the header; 64 is what DuckDB 0.9 to 1.1 read.
    assert int.from_bytes(database.read_bytes()[12:20], "little") == 64


def test_rows_stand_in_order_and_are_what_went_in(database: Path, frames: dict[str, pa.Table]) -> None:
    with open_database(database, Settings()) as connection:
        for name in ("core.strikes", "marts.headline"):
            stored = table(name).conform(connection.execute(f"FROM {name}").to_arrow_table())
            assert stored.to_pylist() == frames[name].to_pylist()
        shapes = connection.execute("SELECT ST_AsWKB(geometry) FROM core.control_areas").fetchall()
    assert [shapely.from_wkb(wkb) for (wkb,) in shapes] == [
        shapely.from_wkb(wkb) for wkb in frames["core.control_areas"].column("geometry").to_pylist()
    ]


def test_the_logical_digest_is_of_the_content(database: Path, frames: dict[str, pa.Table], tmp_path: Path) -> None:
    with open_database(database, Settings()) as connection:
        digest = logical_digest(connection)
    assert write_database(tmp_path / "again.duckdb", frames, Settings()) == digest
    fewer = {**frames, "core.episodes": frames["core.episodes"].slice(1)}
    assert write_database(tmp_path / "fewer.duckdb", fewer, Settings()) != digest


def test_what_lies_under_a_null_is_not_content() -> None:
    clean = pa.array([1, None, 3])
    littered = pa.Array.from_buffers(pa.int64(), 3, [clean.buffers()[0], pa.py_buffer(np.array([1, 99, 3]))])
    assert clean.equals(littered)
    assert content_digest(pa.table({"a": clean})) == content_digest(pa.table({"a": littered}))
    assert content_digest(pa.table({"a": ["", None]})) != content_digest(pa.table({"a": [None, ""]}))


def test_ddl_is_the_catalogue() -> None:
    ddl = create_table(table("core.control_areas"))
    assert '"valid_from" DATE NOT NULL' in ddl and '"repair" VARCHAR,' in ddl and '"geometry" GEOMETRY NOT NULL' in ddl


def test_the_id_names_moment_content_code_and_settings(frames: dict[str, pa.Table]) -> None:
    described = describe_tables(frames)
    moment = as_of(frames["raw.exports"].to_pylist())
    made = release_id(moment, described, "0.1.0", "abc")
    assert made.startswith("20261101T000000Z-") and len(made) == len("20261101T000000Z-") + 12
    fewer = describe_tables({**frames, "core.strikes": frames["core.strikes"].slice(1)})
    others = {release_id(moment, described, "0.2.0", "abc"), release_id(moment, described, "0.1.0", "abd")}
    assert len(others | {made, release_id(moment, fewer, "0.1.0", "abc")}) == 4
    shuffled = sample_frames()
    shuffled["core.strikes"] = shuffled["core.strikes"].take(list(range(29, -1, -1)))
    assert release_id(moment, describe_tables(combine({"syria": shuffled})), "0.1.0", "abc") == made


def test_a_release_is_dated_by_its_newest_input() -> None:
    moments = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1), "2025-06-01T00:00:00+02:00"]
    assert as_of([{"received_at": moment} for moment in moments]) == datetime(2026, 2, 1, tzinfo=UTC)
    with pytest.raises(UserError, match="no export was received"):
        as_of([])
