"""The laws that every attribution keeps, whatever the strikes and the map."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from squares import AREAS, DISPUTED, EAST, SNAPSHOTS, WEST, area, ask, control_of, snapshot

from pipeline import attribution

MIDDLE = date(2015, 9, 15)
POINTS = st.lists(st.tuples(st.floats(36.3, 37.7), st.floats(35.9, 36.7)), min_size=1, max_size=20)
RADII = st.sampled_from([0.0, 500.0, 5_000.0, 40_000.0])
BORDERS = shapely.union_all([WEST.boundary, EAST.boundary, DISPUTED.boundary])


def _said(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "strike_id"} for row in rows]


@settings(deadline=None, max_examples=12)
@given(POINTS, RADII, st.integers(0, 40))
def test_shares_sum_to_one(points: list[tuple[float, float]], radius: float, days: int) -> None:
    for row in ask(points, radius, MIDDLE, MIDDLE + timedelta(days)):
        assert row["focus_share"] + row["other_share"] + row["unknown_share"] == pytest.approx(1)
        assert sum(json.loads(row["shares"]).values()) == pytest.approx(1, abs=1e-6)


@settings(deadline=None, max_examples=12)
@given(POINTS, RADII, st.integers(0, 40))
def test_order_and_repetition_of_input_change_nothing(
    points: list[tuple[float, float]], radius: float, days: int
) -> None:
    end = MIDDLE + timedelta(days)
    found = _said(ask(points, radius, MIDDLE, end))
    reversed_map = control_of(AREAS[::-1], SNAPSHOTS[::-1])
    assert _said(ask(points[::-1], radius, MIDDLE, end, reversed_map))[::-1] == found
    assert _said(ask(points * 2, radius, MIDDLE, end)) == found * 2


@settings(deadline=None, max_examples=12)
@given(POINTS, RADII)
def test_an_irrelevant_snapshot_changes_nothing(points: list[tuple[float, float]], radius: float) -> None:
    day, end = date(2016, 1, 1), date(2016, 2, 1)
    strange = control_of([*AREAS, area("x", "kurdish", WEST, day, end)], [*SNAPSHOTS, snapshot(day, end)])
    assert ask(points, radius, MIDDLE, control=strange) == ask(points, radius, MIDDLE)


@settings(deadline=None, max_examples=10)
@given(POINTS, RADII)
def test_the_size_of_a_batch_changes_nothing(points: list[tuple[float, float]], radius: float) -> None:
    whole = ask(points, radius)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attribution, "PAIRS_AT_ONCE", 3)
        assert ask(points, radius) == whole


@settings(deadline=None, max_examples=12)
@given(POINTS)
def test_shrinking_the_disc_to_nothing_gives_the_answer_at_the_point(points: list[tuple[float, float]]) -> None:
    points = [point for point in points if BORDERS.distance(shapely.Point(point)) > 1e-4] or [(36.7, 36.2)]
    for small, none in zip(ask(points, 0.01), ask(points, 0.0), strict=True):
        assert small["controller"] == none["controller"]
        assert small["focus_share"] == pytest.approx(none["focus_share"], abs=1e-6)


@settings(deadline=None, max_examples=12)
@given(st.floats(36.05, 36.35), st.floats(-12, -2), st.sampled_from([0.0, 3_000.0]))
def test_moving_a_strike_across_the_border_flips_it(latitude: float, exponent: float, radius: float) -> None:
    step = 10**exponent
    west, east = ask([(37.0 - step, latitude), (37.0 + step, latitude)], radius)
    assert (west["controller"], east["controller"]) == ("opposition", "isis")
    # The map is a mirror image about this border, and so are the shares.
    assert west["focus_share"] == pytest.approx(east["other_share"], abs=1e-6)


@pytest.mark.parametrize("radius", [10.0, 1_000.0, 10_000.0])
def test_a_disc_centred_on_a_straight_border_is_half_and_half(radius: float) -> None:
    shares = json.loads(ask([(37.0, 36.2)], radius)[0]["shares"])
    assert shares == pytest.approx({"isis": 0.5, "opposition": 0.5}, abs=1e-6)


def test_a_disc_is_what_lies_on_the_given_ground_or_whole_where_none_of_it_does() -> None:
    eastern, far = shapely.to_wkb(EAST), shapely.to_wkb(shapely.box(30, 30, 31, 31))
    clipped, whole, free = (ask([(37.0, 36.2)], 5_000.0, within=ground)[0] for ground in (eastern, far, None))
    assert clipped["focus_share"] == pytest.approx(1)
    assert whole == free
    assert whole["focus_share"] == pytest.approx(0.5, abs=1e-6)
