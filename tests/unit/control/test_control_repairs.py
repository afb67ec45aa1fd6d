"""What is told of repairs: every overlap, sliver and gap, once, with its km²."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import shapely
from control_frames import changed, drawn, redrawn
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from pipeline.base_map import land
from pipeline.control import ControlBuild
from pipeline.control.measure import Measure
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
COMMONS = SYRIA.sources["commons_map"]
MEASURE = Measure(SYRIA)
LAND = shapely.from_wkb(land(SYRIA))
BOW_TIE = Polygon([(38, 35), (39, 36), (39, 35), (38, 36)])
ALL_LAND = ("government", shapely.buffer(LAND, 0.2))


def _found(build: ControlBuild) -> dict[tuple[str, str], dict[str, Any]]:
    rows = build.repairs.to_pylist()
    found = {(row["kind"], row["controllers"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_an_overlap_is_told_with_its_size_and_who_keeps_it() -> None:
    found = _found(drawn(("isis", box(39, 35, 40, 36)), ("government", box(39.5, 34, 41, 36.5))).build())
    row = found["overlap", '["government", "isis"]']
    assert row["area_km2"] == pytest.approx(MEASURE.km2(box(39.5, 35, 40, 36)), abs=1e-6)
    assert row["sentence"].endswith("in ground of government and isis, who overlap: left to isis")
    assert len(json.loads(row["record_ids"])) == 2


def test_a_thin_overlap_is_a_sliver() -> None:
    found = _found(drawn(("isis", box(38, 35, 39, 36)), ("government", box(38.999, 35, 40, 36))).build())
    assert "overlap" not in {kind for kind, _ in found}
    row = found["sliver", '["government", "isis"]']
    assert "left to isis" in row["sentence"]


def test_a_piece_wholly_under_others_is_told_as_covered() -> None:
    small = box(38.5, 35.5, 39, 36)
    found = _found(drawn(("isis", box(38, 35, 40, 37)), ("government", small)).build())
    row = found["covered", '["isis"]']
    assert row["area_km2"] == pytest.approx(MEASURE.km2(small), abs=1e-6)
    assert "ground of government" in row["sentence"]


@pytest.mark.parametrize(("width", "kind"), [(0.004, "sliver"), (0.007, "gap")], ids=["360 m", "640 m"])
def test_a_gap_stays_unknown_and_is_told_by_its_width(width: float, kind: str) -> None:
    hole = box(39, 35, 39 + width, 35.2)
    build = drawn(("isis", box(38.5, 34.5, 39, 35.5)), ("government", ALL_LAND[1] - box(38.5, 34.5, 39, 35.5) - hole))
    made = build.build()
    ((found, controllers),) = _found(made)
    assert (found, controllers) == (kind, '["government", "isis"]')
    (row,) = made.repairs.to_pylist()
    assert row["area_km2"] == pytest.approx(MEASURE.km2(hole), abs=1e-6)
    middle = shapely.Point(39 + width / 2, 35.1)
    assert not any(shapely.from_wkb(a["geometry"]).intersects(middle) for a in made.areas.to_pylist())


def test_with_a_complement_nothing_is_left_undrawn() -> None:
    build = drawn(("isis", box(38, 35, 39, 36)), source=changed(COMMONS, complement="government")).build()
    assert build.repairs.num_rows == 0


def test_faults_of_features_are_told_by_controller() -> None:
    collection = shapely.GeometryCollection([box(40, 35, 41, 36), shapely.Point(38, 35), shapely.Point(38, 36)])
    found = _found(drawn(ALL_LAND, ("isis", BOW_TIE), ("kurdish", collection)).build())
    assert found["invalid_ring", '["isis"]']["sentence"].startswith("1 feature of isis not valid (Self-intersection)")
    assert found["other_parts", '["kurdish"]']["pieces"] == 2


def test_a_feature_that_was_refused_is_told_beside_the_gap_that_it_leaves() -> None:
    left, right = box(38, 35, 39, 36), box(39, 35, 40, 36)
    rest = ALL_LAND[1] - left - right
    raw = drawn(("isis", left), ("Rome", right), ("government", rest))
    found = _found(raw.build())
    assert found["gap", '["government", "isis"]']["area_km2"] == pytest.approx(MEASURE.km2(right), abs=1e-6)
    told = found["refused", "[]"]
    assert told["sentence"] == (
        f"1 feature refused (controller_unknown), {MEASURE.km2(right):,.3f} km²: what no other feature covers is as if"
        " it was not drawn"
    )
    assert json.loads(told["record_ids"]) == [raw.records[1]["record_id"]]


def test_a_refused_feature_without_a_shape_is_told_without_a_size() -> None:
    told = _found(drawn(ALL_LAND, ("kurdish", None)).build())["refused", "[]"]
    assert told["sentence"].startswith("1 feature refused (geometry_missing), of no known size: ")
    assert told["area_km2"] is None


def test_what_another_export_says_whole_lacks_nothing() -> None:
    raw = drawn(ALL_LAND, ("Rome", box(38, 35, 39, 36)))
    assert ("refused", "[]") in _found(raw.build())
    redrawn(raw, "2016-01-01", ALL_LAND)
    assert ("refused", "[]") not in _found(raw.build())


def test_a_repair_stands_as_long_as_it_stays_the_same() -> None:
    raw = drawn(ALL_LAND, ("isis", BOW_TIE))
    redrawn(raw, "2016-01-10", ALL_LAND, ("isis", BOW_TIE), ("kurdish", box(40, 35, 41, 36)))
    redrawn(raw, "2016-01-20", ALL_LAND, ("isis", box(38, 35, 39, 36)))
    rows = [row for row in raw.build().repairs.to_pylist() if row["kind"] == "invalid_ring"]
    assert [(row["valid_from"], row["valid_to"]) for row in rows] == [(date(2016, 1, 1), date(2016, 1, 20))]
    assert len(json.loads(rows[0]["record_ids"])) == 2


corners = st.integers(0, 12)
boxes = st.builds(
    lambda x, y, w, h: box(37.1 + x / 5, 33.9 + y / 5, 37.1 + (x + w) / 5, 33.9 + (y + h) / 5),
    corners, corners, st.integers(1, 8), st.integers(1, 8),
)  # fmt: skip


@given(features=st.lists(st.tuples(st.sampled_from(["isis", "government", "kurdish"]), boxes), min_size=1, max_size=6))
@settings(max_examples=12, deadline=None)
def test_drawn_ground_and_what_is_told_to_be_undrawn_make_up_the_land(features: list[tuple[str, Any]]) -> None:
    build = drawn(*features).build()
    told = [row for row in build.repairs.to_pylist() if "no polygon covers" in row["sentence"]]
    drawn_km2 = sum(
        MEASURE.km2(shapely.intersection(LAND, shapely.from_wkb(row["geometry"]))) for row in build.areas.to_pylist()
    )
    # Edges are straight in degrees; a further vertex on one moves it by metres in the projection.
    assert drawn_km2 + sum(row["area_km2"] for row in told) == pytest.approx(MEASURE.km2(LAND), rel=1e-4)


@given(first=boxes, second=boxes)
@settings(max_examples=12, deadline=None)
def test_what_is_told_of_an_overlap_is_what_was_drawn_twice(first: Any, second: Any) -> None:
    build = drawn(("isis", first), ("government", second)).build()
    told = [row["area_km2"] for row in build.repairs.to_pylist() if row["kind"] in ("overlap", "covered")]
    assert sum(told) == pytest.approx(MEASURE.km2(shapely.intersection(first, second)), rel=1e-4)
