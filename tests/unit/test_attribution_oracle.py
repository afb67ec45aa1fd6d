"""Who held the ground, against answers worked out another way: by shapely on the original geometry, one by one."""

from __future__ import annotations

import json
import random
from datetime import date
from itertools import pairwise
from typing import Any

import pyproj
import pytest
import shapely
from exact_discs import ExactGround, errors, summarise, without_slivers
from hypothesis import given, settings
from hypothesis import strategies as st
from squares import OCTOBER, SEPTEMBER, SYRIA, area, ask, control_of

from pipeline.attribution import ControlFrames
from pipeline.base_map import land
from pipeline.steps import control_frames
from pipeline.work import Work

DAY = date(2015, 11, 8)


def _at_point(rows: list[dict[str, Any]], point: tuple[float, float]) -> str:
    """The controller by unprepared shapely, by the stated rule for borders."""
    ranks = {name: controller.priority for name, controller in SYRIA.controllers.items()} | {"contested": 900}
    there = [row for row in rows if shapely.from_wkb(row["geometry"]).intersects(shapely.Point(point))]
    return min(((ranks[row["controller"]], row["area_id"], row["controller"]) for row in there), default=("unknown",))[
        -1
    ]


def _standing(control: ControlFrames) -> tuple[date, list[dict[str, Any]]]:
    snapshot = max(day for day in control.snapshots.column("snapshot_day").to_pylist() if day <= DAY)
    return snapshot, [row for row in control.areas.to_pylist() if row["valid_from"] <= snapshot < row["valid_to"]]


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.floats(36.8, 37.2), min_size=3, max_size=8),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0, *(s * 10.0**k for k in range(-15, -2) for s in (-1, 1))]))),
)
def test_points_on_beside_and_at_the_corners_of_a_shared_border(
    longitudes: list[float], places: list[tuple[float, float]]
) -> None:
    border = [(longitude, 36 + 0.4 * i / (len(longitudes) - 1)) for i, longitude in enumerate(longitudes)]
    rows = [
        area("a1", "opposition", shapely.Polygon([(36.5, 36), *border, (36.5, 36.4)]), SEPTEMBER, OCTOBER),
        area("a2", "isis", shapely.Polygon([(37.5, 36), *border, (37.5, 36.4)]), SEPTEMBER, OCTOBER),
    ]
    line = shapely.LineString(border)
    points = list(border)
    for where, aside in places:
        point = line.interpolate(where, normalized=True)
        points.append((point.x + aside, point.y))
    found = [row["controller"] for row in ask(points, control=control_of(rows))]
    assert found == [_at_point(rows, point) for point in points]


def test_every_answer_at_the_point_is_shapelys_on_the_showcase(showcase: Work) -> None:
    control = control_frames(showcase, SYRIA)
    _, rows = _standing(control)
    chance = random.Random(7)
    points = [(chance.uniform(35.6, 42.4), chance.uniform(32.3, 37.3)) for _ in range(150)]
    # Vertices and edge middles of areas that stand on the day: the points on which answers differ.
    for row in rows[:20]:
        corners = shapely.get_coordinates(shapely.from_wkb(row["geometry"]))[:40:4]
        points += [tuple(corner) for corner in corners]
        points += [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(corners)]
    found = [row["controller"] for row in ask(points, 0.0, DAY, control=control)]
    assert found == [_at_point(rows, point) for point in points]


def test_disc_shares_are_the_exact_areas(showcase: Work) -> None:
    """A small version of ``tests/benchmarks/disc_accuracy.py``: near borders of areas and of the country."""
    control = control_frames(showcase, SYRIA)
    snapshot, rows = _standing(control)
    chance = random.Random(11)
    corners = [tuple(chance.choice(shapely.get_coordinates(shapely.from_wkb(row["geometry"])))) for row in rows]
    points = [(x + chance.gauss(0, 0.05), y + chance.gauss(0, 0.05)) for x, y in corners[:40]]
    ground = ExactGround(control.areas.to_pylist(), land(SYRIA))
    differences: list[float] = []
    for radius in (1_000.0, 12_000.0):
        for point, found in zip(points, ask(points, radius, DAY, control=control), strict=True):
            exact = without_slivers(ground.shares(*point, radius, snapshot))
            differences += errors(json.loads(found["shares"]), exact).values()
    greatest, typical = summarise(differences)
    assert greatest < 1e-4
    assert typical < 1e-5


def test_distances_to_the_nearest_front_and_places_are_the_least_of_all(showcase: Work) -> None:
    control = control_frames(showcase, SYRIA)
    snapshot, _ = _standing(control)
    project = pyproj.Transformer.from_crs("OGC:CRS84", SYRIA.projection, always_xy=True).transform

    def standing(frame: str) -> list[dict[str, Any]]:
        rows = getattr(control, frame).to_pylist()
        return [row for row in rows if row["valid_from"] <= snapshot < (row["valid_to"] or date.max)]

    lines = [
        shapely.transform(shapely.from_wkb(row["geometry"]), project, interleaved=False) for row in standing("fronts")
    ]
    places = [row for row in standing("observations") if row["controller"] != "contested"]
    points = [(36.9, 36.1), (38.0, 36.4), (40.1, 35.3), (37.0, 34.0)]
    for point, found in zip(points, ask(points, start=DAY, control=control), strict=True):
        here = shapely.Point(project(*point))
        assert found["front_distance_m"] == pytest.approx(min(line.distance(here) for line in lines))
        focus, other = (
            min(
                here.distance(shapely.Point(project(place["longitude"], place["latitude"])))
                for place in places
                if (place["controller"] == SYRIA.focus) == is_focus
            )
            for is_focus in (True, False)
        )
        margin = focus / other if found["controller"] == SYRIA.focus else other / focus
        assert found["margin_r"] == pytest.approx(None if found["controller"] in ("unknown", "contested") else margin)
