"""The same 20 strikes and 3 control areas come in identical from every format, alone and in an archive."""

from __future__ import annotations

from typing import Any

import matrix_files
import pytest
import shapely
from export_files import geometries, read_bytes
from matrix_files import COLUMNS, SHAPED, WRAPPED

from pipeline.catalogue import table
from pipeline.control.polygons import map_polygons
from pipeline.exports import Reading
from pipeline.mapping import Received
from pipeline.strikes import map_strikes
from pipeline.theatres import Source, theatres

SYRIA = theatres()["syria"]
# Every format's way to write a day: text, epoch milliseconds, a moment.
DAYS = ("%Y-%m-%d", "epoch_ms")
ABOUT = {"title": "t", "publisher": "p", "credit": "c", "terms": "t"}
STRIKES = Source.model_validate(
    {
        **ABOUT, "name": "any", "kind": "strikes", "key": ["id"], "date_formats": DAYS,
        "fields": {
            "id": "id", "date_exact": "day", "place": "place", "province": "province", "precision": "radius",
            "note": "note", "latitude": {"names": ["lat"], "geometry": True},
            "longitude": {"names": ["lon"], "geometry": True},
        },
    }
)  # fmt: skip
AREAS = Source.model_validate(
    {
        **ABOUT, "name": "any", "kind": "control_polygons", "key": ["controller"], "date_formats": DAYS,
        "fields": {"controller": "holder", "valid_from": "day"},
    }
)  # fmt: skip
# A geodatabase keeps coordinates on a grid, in degrees; every other format keeps them to the last digit.
GRID = 1e-9
# What tells where a row came from.
WHENCE = {"record_id", "export_id", "file_name", "layer", "record_no", "line_no"}


def in_parts(geometry: Any) -> Any:
    """A geometry as several parts in a fixed order, for formats differ in whether one part stands alone."""
    return shapely.MultiPolygon(list(shapely.get_parts(geometry))).normalize()


def received(reading: Reading) -> Received:
    return Received(reading.records, table("raw.exports").conform([reading.export]))


def mapped_strikes(reading: Reading) -> list[dict[str, Any]]:
    """Rows of core.strikes of a reading, without what tells where they came from."""
    empty = [table(f"core.{name}").empty() for name in ("places", "reports", "report_additions")]
    mapped = map_strikes(SYRIA, STRIKES, received(reading), *empty)
    assert mapped.quarantine.num_rows == 0, mapped.quarantine.to_pylist()[0]
    rows = sorted(mapped.rows.to_pylist(), key=lambda row: str(row["source_key"]))
    return [{name: value for name, value in row.items() if name not in WHENCE} for row in rows]


def mapped_areas(reading: Reading) -> dict[str, tuple[Any, Any]]:
    """Day and ground by holder."""
    mapped = map_polygons(SYRIA, AREAS, received(reading))
    assert mapped.quarantine.num_rows == 0, mapped.quarantine.to_pylist()[0]
    return {
        row["controller"]: (row["snapshot_day"], shapely.from_wkb(row["geometry"])) for row in mapped.rows.to_pylist()
    }


@pytest.fixture(scope="module")
def wanted() -> list[dict[str, Any]]:
    rows = mapped_strikes(read_bytes(matrix_files.delimited(matrix_files.strikes()), STRIKES))
    assert len(rows) == 20
    assert [(row["latitude"], row["longitude"]) for row in rows] == [
        (row["geometry"].y, row["geometry"].x) for row in matrix_files.strikes()
    ]
    return rows


@pytest.mark.parametrize("wrapping", WRAPPED)
@pytest.mark.parametrize("format_", [*COLUMNS, *SHAPED])
def test_strikes_are_the_same_in_every_format(format_: str, wrapping: str, wanted: list[dict[str, Any]]) -> None:
    content = {**COLUMNS, **SHAPED}[format_](matrix_files.strikes())
    reading = read_bytes(WRAPPED[wrapping](content), STRIKES)
    assert reading.export["problem"] is None
    assert reading.export["format"] == format_.partition(",")[0]
    found = mapped_strikes(reading)
    for axis in ("latitude", "longitude"):
        assert [row.pop(axis) for row in found] == pytest.approx([row[axis] for row in wanted], abs=GRID)
    assert found == [{k: v for k, v in row.items() if k not in ("latitude", "longitude")} for row in wanted]


@pytest.mark.parametrize("wrapping", WRAPPED)
@pytest.mark.parametrize("format_", SHAPED)
def test_control_areas_are_the_same_in_every_format(format_: str, wrapping: str) -> None:
    rows = matrix_files.areas()
    reading = read_bytes(WRAPPED[wrapping](SHAPED[format_](rows)), AREAS)
    assert reading.export["problem"] is None
    for found, row in zip(geometries(reading), rows, strict=True):
        assert shapely.equals_exact(in_parts(found), in_parts(row["geometry"]), GRID)
    found_areas = mapped_areas(reading)
    assert list(found_areas) == [row["holder"] for row in rows]
    for row in rows:
        day, ground = found_areas[row["holder"]]
        assert day.isoformat() == row["day"]
        assert ground.symmetric_difference(row["geometry"]).area < 1e-7
