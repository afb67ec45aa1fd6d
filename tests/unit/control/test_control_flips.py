"""Ground that changes hands from one snapshot to the next."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from control_frames import changed, drawn, observation, observations, redrawn
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from pipeline.control.measure import Measure
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
WITH_REST = changed(SYRIA.sources["commons_map"], complement="government")
MEASURE = Measure(SYRIA)
FIRST = box(38, 34.5, 39, 35.5)


def test_ground_that_changes_hands_is_told_with_both_days_and_its_size() -> None:
    raw = drawn(("isis", FIRST), source=WITH_REST)
    redrawn(raw, "2016-01-05", ("isis", box(38.2, 34.5, 39, 35.5)))
    (flip,) = raw.build().changes.to_pylist()
    lost = box(38, 34.5, 38.2, 35.5)
    assert (flip["previous_day"], flip["day"]) == (date(2016, 1, 1), date(2016, 1, 5))
    assert (flip["controller_from"], flip["controller_to"]) == ("isis", "government")
    assert flip["area_km2"] == pytest.approx(MEASURE.km2(lost), abs=1e-6)
    assert shapely.from_wkb(flip["geometry"]).symmetric_difference(lost).area < 1e-12


def test_ground_of_which_nothing_is_known_before_or_after_is_no_flip() -> None:
    raw = drawn(("isis", FIRST))
    redrawn(raw, "2016-01-05", ("isis", box(38.2, 34.5, 39.5, 35.5)))
    assert raw.build().changes.num_rows == 0


@pytest.mark.parametrize(
    "redrawn_to",
    [box(38.003, 34.5, 39, 35.5), FIRST - box(38, 34.5, 38.009, 34.509)],
    ids=["a strip of 270 m", "a corner of 0.8 km²"],
)
def test_two_drawings_of_one_border_are_specks_whose_sum_is_kept(redrawn_to: shapely.Polygon) -> None:
    raw = drawn(("isis", FIRST), source=WITH_REST)
    (row,) = redrawn(raw, "2016-01-05", ("isis", redrawn_to)).build().changes.to_pylist()
    assert (row["is_specks"], row["geometry"]) == (True, None)
    assert row["area_km2"] == pytest.approx(MEASURE.km2(FIRST - redrawn_to), abs=1e-6)


def test_a_slip_of_the_drawing_is_seen_by_its_being_undone() -> None:
    raw = drawn(("isis", FIRST), source=WITH_REST)
    redrawn(raw, "2016-01-05", ("isis", box(38.5, 34.5, 39, 35.5)))
    redrawn(raw, "2016-01-06", ("isis", FIRST))
    first, second = raw.build().changes.to_pylist()
    assert first["undone_share"] == pytest.approx(1)
    assert second["undone_share"] is None


def test_observations_have_no_flips() -> None:
    build = observations(
        observation("A", 35, 38, "isis", "2015-09-01", "2015-10-01"),
        observation("A", 35, 38, "government", "2015-10-01"),
    ).build()
    assert build.changes.num_rows == build.repairs.num_rows == 0


edges = st.integers(0, 10)
rectangles = st.builds(
    lambda x, y, w, h: box(37.5 + x / 10, 34 + y / 10, 37.5 + (x + w) / 10, 34 + (y + h) / 10),
    edges, edges, st.integers(1, 9), st.integers(1, 9),
)  # fmt: skip


@given(before=rectangles, after=rectangles)
@settings(max_examples=25, deadline=None)
def test_what_each_side_lost_is_the_difference_of_the_two_drawings(
    before: shapely.Polygon, after: shapely.Polygon
) -> None:
    raw = drawn(("isis", before), source=WITH_REST)
    rows = redrawn(raw, "2016-01-05", ("isis", after)).build().changes.to_pylist()
    for controller, lost in (("isis", before - after), ("government", after - before)):
        told = sum(row["area_km2"] for row in rows if row["controller_from"] == controller)
        assert told == pytest.approx(MEASURE.km2(lost), abs=1e-4)
