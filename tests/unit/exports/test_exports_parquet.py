"""Parquet and GeoParquet."""

from __future__ import annotations

import io
import json
import random
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import matrix_files
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from export_files import CORNERS, geometries, properties, read_bytes, refusal, texts

from pipeline.sessions import connect

METRES = shapely.Polygon(CORNERS)


def parquet(table: pa.Table, **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target, **options)
    return target.getvalue()


def geoparquet(shape: Any, **column: Any) -> bytes:
    """A file of one geometry, with these words about its column."""
    geo = {"version": "1.1.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", **column}}}
    table = pa.table({"n": [1], "g": [None if shape is None else shapely.to_wkb(shape)]})
    return parquet(table.replace_schema_metadata({"geo": json.dumps(geo)}))


def test_values_come_back_without_loss() -> None:
    moment = datetime(2015, 10, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    table = pa.table(
        {
            "decimal": pa.array([Decimal("1.10")], pa.decimal128(10, 2)),
            "moment": pa.array([moment], pa.timestamp("us", "UTC")),
            "fine": pa.array([np.datetime64("2015-10-01T00:00:00.000000001")], pa.timestamp("ns")),
            "span": pa.array([timedelta(seconds=90)], pa.duration("us")),
            "bytes": [b"\xff"],
            "inner": [{"list": [1, None], "text": "حلب"}],
            "big": [2**62],
        }
    )
    assert texts(read_bytes(parquet(table))) == [
        '{"decimal":1.10,"moment":"2015-10-01T12:00:00.250000+00:00","fine":"2015-10-01T00:00:00.000000001",'
        '"span":90000000,"bytes":"ff","inner":{"list":[1,null],"text":"حلب"},"big":4611686018427387904}'
    ]


def test_the_declared_system_is_brought_to_degrees() -> None:
    reading = read_bytes(geoparquet(METRES, crs=pyproj.CRS("EPSG:32637").to_json_dict()))
    assert reading.export["crs"] == "EPSG:32637"
    (found,) = geometries(reading)
    assert 36.9 < found.centroid.x < 37.0
    assert properties(reading) == [{"n": 1}]


def test_no_crs_means_degrees_and_a_null_one_is_assumed_only_for_degrees() -> None:
    assert read_bytes(geoparquet(shapely.Point(37, 36))).export["crs"] == "OGC:CRS84"
    assert read_bytes(geoparquet(shapely.Point(37, 36), crs=None)).export["crs"] == "assumed OGC:CRS84"
    assert refusal(read_bytes(geoparquet(METRES, crs=None)))[0] == "export_crs_unknown"
    assert refusal(read_bytes(geoparquet(METRES, crs={"type": "nonsense"})))[0] == "export_crs_unknown"


def test_parquets_own_geometry_type_is_read() -> None:
    with connect() as session:
        session.execute("CREATE TABLE t AS SELECT 1 AS n, ST_Point(37, 36) AS g")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.parquet"
            session.execute(f"COPY t TO '{path}' (FORMAT parquet, GEOPARQUET_VERSION 'V2')")
            content = path.read_bytes()
    reading = read_bytes(content)
    assert properties(reading) == [{"n": 1}]
    assert geometries(reading)[0].equals(shapely.Point(37, 36))


def test_a_second_geometry_column_stays_a_property() -> None:
    table = pq.read_table(io.BytesIO(geoparquet(shapely.Point(37, 36))))
    (row,) = properties(read_bytes(parquet(table.append_column("label_at", [[shapely.to_wkb(shapely.Point(1, 2))]]))))
    assert row == {"n": 1, "label_at": shapely.Point(1, 2).wkb.hex()}


def test_geometries_that_cannot_be_had_stay_records() -> None:
    (row,) = properties(read_bytes(geoparquet(shapely.Point(float("nan"), 1))))
    assert (row["n"], row["_problem"]) == (1, "record_malformed")
    assert geometries(read_bytes(geoparquet(None))) == [None]


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        (b"nonsense", "metadata of GeoParquet is damaged"),
        (b'{"columns":{}}', "metadata of GeoParquet is damaged"),
        (b'{"primary_column":"x","columns":{"x":{"encoding":"WKB"}}}', "geometry column 'x' is missing"),
        (b'{"primary_column":"n","columns":{"n":{"encoding":"point"}}}', "encoded as point; WKB is read"),
        (b'{"primary_column":"\\ud800","columns":{"\\ud800":{"encoding":"WKB"}}}', "column '\\ud800' is missing"),
    ],
)
def test_metadata_that_says_nothing_is_told(meta: bytes, words: str) -> None:
    content = parquet(pa.table({"n": [1]}).replace_schema_metadata({b"geo": meta}))
    code, value = refusal(read_bytes(content))
    assert (code, words in value) == ("export_unreadable", True)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"g": ["POINT (37 36)"]}), "the geometry column 'g' holds string; WKB is read"),
        (pa.table({"g": [2**40]}), "the geometry column 'g' holds int64; WKB is read"),
        (pa.table([[b"a"], [b"b"]], names=["g", "g"]), "2 columns are named 'g', as the geometry is"),
    ],
)
def test_a_geometry_column_without_bytes_or_a_name_of_its_own_is_refused(table: pa.Table, words: str) -> None:
    geo = {"primary_column": "g", "columns": {"g": {"encoding": "WKB"}}}
    content = parquet(table.replace_schema_metadata({"geo": json.dumps(geo)}))
    assert refusal(read_bytes(content)) == ("export_unreadable", words)


@pytest.mark.parametrize("kind", [pa.large_binary(), pa.binary_view()])
def test_wkb_is_read_in_every_kind_of_bytes(kind: pa.DataType) -> None:
    geo = {"primary_column": "g", "columns": {"g": {"encoding": "WKB"}}}
    table = pa.table({"g": pa.array([shapely.to_wkb(shapely.Point(37, 36)), None], kind)})
    found = geometries(read_bytes(parquet(table.replace_schema_metadata({"geo": json.dumps(geo)}))))
    assert found == [shapely.Point(37, 36), None]


def test_many_rows_in_few_bytes_are_refused_before_they_are_made() -> None:
    content = parquet(pa.table({"a": pa.nulls(30_000_000, pa.int8())}))
    assert len(content) < 100_000
    code, value = refusal(read_bytes(content))
    assert (code, value) == (
        "export_cap_exceeded",
        "30,000,000 rows: over max_records = 20,000,000 (ISW_MAX_RECORDS)",
    )
    wide = parquet(pa.table({f"c{n}": [1] for n in range(30)}))
    assert "max_columns = 20" in refusal(read_bytes(wide, max_columns=20))[1]
    assert "max_unpacked_bytes = 100" in refusal(read_bytes(wide, max_unpacked_bytes=100))[1]


def test_cut_and_damaged_files_never_raise() -> None:
    chance = random.Random(20151001)
    whole = matrix_files.geoparquet(matrix_files.areas())
    for cut in range(4, len(whole), 401):
        assert refusal(read_bytes(whole[:cut]))[0] in ("export_truncated", "export_unreadable")
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        read_bytes(bytes(damaged))


def test_the_rows_are_those_that_duckdb_reads() -> None:
    rows = pa.table({"id": [f"S-{n}" for n in range(25_000)], "n": range(25_000)})
    found = properties(read_bytes(parquet(rows, row_group_size=7_000)))
    wanted = duckdb.sql("SELECT id, n FROM rows ORDER BY n").fetchall()
    assert [(row["id"], row["n"]) for row in found] == wanted
