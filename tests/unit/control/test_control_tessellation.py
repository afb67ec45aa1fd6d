"""Tessellated control against the definition: the nearest known place, within reach, on land."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from control_frames import Raw, holders_at, observation, observations, read_csv, standing
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.base_map import land
from pipeline.control import ControlBuild
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
REACH_M = SYRIA.control.reach_m
TO_METRES = pyproj.Transformer.from_crs("OGC:CRS84", SYRIA.projection, always_xy=True)


def _metres(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(TO_METRES.transform(degrees[:, 0], degrees[:, 1]))


@cache
def _land() -> Any:
    return shapely.from_wkb(land(SYRIA))


def _oracle(points: NDArray[np.float64], rows: list[dict[str, Any]], day: date) -> list[str | None]:
    """Who holds each point by definition; None within a metre of an edge, where rounding may decide."""
    known = [r for r in rows if r["valid_from"] <= day and (r["valid_to"] is None or day < r["valid_to"])]
    said: dict[tuple[float, float], set[str]] = {}
    for row in known:
        said.setdefault((row["longitude"], row["latitude"]), set()).add(row["controller"])
    places = _metres(np.array(list(said), dtype=float).reshape(-1, 2))
    holders = ["contested" if len(names) > 1 else next(iter(names)) for names in said.values()]
    inside = shapely.contains_xy(_land(), points[:, 0], points[:, 1])
    near_coast = shapely.dwithin(shapely.points(points), _land().boundary, 2e-5)
    answers: list[str | None] = []
    for point, is_inside, is_near in zip(_metres(points), inside, near_coast, strict=True):
        distances = np.hypot(*(places - point).T)
        first = int(distances.argmin())
        apart = np.hypot(*(places - places[first]).T)
        apart[first] = np.inf
        to_edge = ((distances**2 - distances[first] ** 2) / (2 * apart))[np.isfinite(apart)]
        if is_near or abs(distances[first] - REACH_M) < 1 or (len(to_edge) and to_edge.min() < 1):
            answers.append(None)
        else:
            answers.append(holders[first] if is_inside and distances[first] < REACH_M else "unknown")
    return answers


def _found(points: NDArray[np.float64], areas: list[dict[str, Any]]) -> list[list[str]]:
    tree = shapely.STRtree([shapely.from_wkb(area["geometry"]) for area in areas])
    found: list[list[str]] = [[] for _ in points]
    for point, area in tree.query(shapely.points(points), predicate="intersects").T.tolist():
        found[point].append(areas[area]["controller"])
    return found


def _agree(points: NDArray[np.float64], rows: list[dict[str, Any]], build: ControlBuild, day: date) -> int:
    areas = standing(build.areas, day)
    checked = 0
    for point, expected, found in zip(points, _oracle(points, rows, day), _found(points, areas), strict=True):
        if expected is not None:
            assert found == ([] if expected == "unknown" else [expected]), (day, point.tolist())
            checked += 1
    return checked


def _is_a_clean_cover(areas: list[dict[str, Any]]) -> None:
    """Valid, connected, side by side without gap or overlap, and on land."""
    shapes = shapely.from_wkb([area["geometry"] for area in areas])
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) <= {shapely.GeometryType.POLYGON}
    assert shapely.coverage_is_valid(shapes)
    union = shapely.union_all(shapes)
    unknown = shapely.difference(_land(), union)
    assert union.area == pytest.approx(sum(shapely.area(shapes)), rel=1e-9)
    assert union.area + unknown.area == pytest.approx(_land().area, rel=1e-6)


@pytest.fixture(scope="module")
def showcase_raw() -> Raw:
    source = SYRIA.sources["control_observations"]
    assert source.showcase
    return Raw(SYRIA, source).add(read_csv(SYRIA.path(source.showcase.file)), "control_observations.csv")


@pytest.fixture(scope="module")
def showcase_rows(showcase_raw: Raw) -> list[dict[str, Any]]:
    return list(showcase_raw.map().rows.to_pylist())


@pytest.fixture(scope="module")
def showcase_build(showcase_raw: Raw) -> ControlBuild:
    return showcase_raw.build()


@pytest.mark.parametrize("day", ["2015-08-01", "2015-09-30", "2015-11-15", "2016-02-04", "2016-05-31"])
def test_the_showcase_is_the_nearest_known_place_within_reach_on_land(
    showcase_rows: list[dict[str, Any]], showcase_build: ControlBuild, day: str
) -> None:
    west, south, east, north = SYRIA.extent
    random = np.random.default_rng(20151003)
    points = np.column_stack([random.uniform(west, east, 4000), random.uniform(south, north, 4000)])
    # Half of the points lie around places, where the cells are small.
    places = np.array([[row["longitude"], row["latitude"]] for row in showcase_rows])
    points[::2] = places[random.integers(0, len(places), 2000)] + random.normal(0, 0.03, (2000, 2))
    checked = _agree(points, showcase_rows, showcase_build, date.fromisoformat(day))
    assert checked > 3900


def test_the_showcase_covers_its_reach_cleanly_on_every_snapshot(showcase_build: ControlBuild) -> None:
    for row in showcase_build.snapshots.to_pylist()[::6]:
        areas = standing(showcase_build.areas, row["snapshot_day"])
        assert len(areas) == row["areas"]
        _is_a_clean_cover(areas)


def test_fronts_of_the_showcase_separate_the_controllers_that_they_name(showcase_build: ControlBuild) -> None:
    day = date(2015, 11, 15)
    areas = standing(showcase_build.areas, day)
    bounds: dict[str, Any] = {}
    for name in {area["controller"] for area in areas}:
        shapes = [shapely.from_wkb(area["geometry"]) for area in areas if area["controller"] == name]
        bounds[name] = shapely.boundary(shapely.coverage_union_all(shapes))
    length: dict[tuple[str, str], float] = {}
    for front in standing(showcase_build.fronts, day):
        pair = (front["controller_a"], front["controller_b"])
        assert pair[0] < pair[1]
        length[pair] = length.get(pair, 0) + shapely.from_wkb(front["geometry"]).length
    for a, b in combinations(sorted(bounds), 2):
        shared = shapely.intersection(bounds[a], bounds[b]).length
        assert length.get((a, b), 0) == pytest.approx(shared, abs=1e-9)


coordinates = st.tuples(st.integers(0, 40), st.integers(0, 40))
controllers = st.sampled_from(["isis", "opposition", "government"])
places = st.lists(st.tuples(coordinates, controllers), min_size=1, max_size=9)


@given(places=places, step=st.sampled_from([1e-4, 0.004, 0.02, 0.1]), seed=st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_any_few_places_are_cut_by_the_definition(
    places: list[tuple[tuple[int, int], str]], step: float, seed: int
) -> None:
    """Lattices: places in a line, on a circle, at one spot, a few metres or hundreds of kilometres apart."""
    rows = [
        observation(f"P{i}", round(33 + y * step, 6), round(37 + x * step, 6), controller, "2015-09-01")
        for i, ((x, y), controller) in enumerate(places)
    ]
    raw = observations(*rows)
    build = raw.build()
    reach = np.array([[0.3, 0.25]])
    random = np.random.default_rng(seed)
    centres = np.array([[37 + x * step, 33 + y * step] for (x, y), _ in places])
    near = centres[random.integers(0, len(centres), 40)] + random.uniform(-1, 1, (40, 2)) * reach
    close = centres[random.integers(0, len(centres), 40)] + random.uniform(-3, 3, (40, 2)) * step
    _agree(np.vstack([near, close]), raw.map().rows.to_pylist(), build, date(2015, 9, 1))
    areas = standing(build.areas, date(2015, 9, 1))
    if areas:
        _is_a_clean_cover(areas)


def test_differing_statements_at_one_coordinate_make_it_contested() -> None:
    build = observations(
        observation("A", 35, 38, "isis", "2015-09-01"),
        observation("A again", 35, 38, "government", "2015-10-01"),
        observation("B", 35.1, 38, "isis", "2015-09-01"),
    ).build()
    assert holders_at(standing(build.areas, date(2015, 9, 1)), 38, 35) == ["isis"]
    after = standing(build.areas, date(2015, 10, 1))
    assert holders_at(after, 38, 35) == ["contested"]
    (contested,) = [area for area in after if area["controller"] == "contested"]
    assert contested["parties"] == '["government", "isis"]'
    assert contested["repair"] == "observations at one coordinate differ: government, isis"


def test_a_place_just_outside_the_border_keeps_its_cell_clipped() -> None:
    build = observations(observation("Kobani side", 36.95, 38.35, "kurdish", "2015-09-01")).build()
    assert not shapely.contains_xy(_land(), 38.35, 36.95)
    areas = standing(build.areas, date(2015, 9, 1))
    assert holders_at(areas, 38.35, 36.80) == ["kurdish"]
    assert holders_at(areas, 38.35, 36.95) == []


def test_neither_order_nor_repetition_of_the_input_matters() -> None:
    features = read_csv(SYRIA.path("syria/control_observations.csv"))[::9]
    straight = observations(*features)
    again = observations(*reversed(features)).add(features, "again.csv").add(features[::-1], "and_again.csv")
    once, twice = straight.build(), again.build()
    assert once.areas.equals(twice.areas)
    assert once.snapshots.equals(twice.snapshots)
    assert once.fronts.equals(twice.fronts)


def test_a_snapshot_day_on_which_nothing_changes_here_leaves_the_area_standing() -> None:
    build = observations(
        observation("A", 35, 38, "isis", "2015-09-01"),
        observation("Far", 33, 36.3, "government", "2015-09-01", "2015-12-01"),
        observation("Far", 33, 36.3, "opposition", "2015-12-01"),
    ).build()
    (area,) = [row for row in build.areas.to_pylist() if row["controller"] == "isis"]
    last = date(2016, 5, 31) + timedelta(days=1 + SYRIA.control.max_age_days)
    assert (area["valid_from"], area["valid_to"]) == (date(2015, 9, 1), last)


def test_statements_after_the_compilation_ends_make_no_snapshot() -> None:
    rows = [observation("A", 35, 38, "isis", "2015-09-01", "2016-06-01")]
    late = [*rows, observation("B", 35.1, 38, "government", "2016-06-01")]
    assert observations(*rows).build().areas.equals(observations(*late).build().areas)


def test_when_nothing_is_known_any_more_there_is_a_snapshot_without_areas() -> None:
    build = observations(observation("A", 35, 38, "isis", "2015-09-01", "2015-10-01")).build()
    days = [(row["snapshot_day"], row["areas"]) for row in build.snapshots.to_pylist()]
    assert days == [(date(2015, 9, 1), 1), (date(2015, 10, 1), 0)]
    assert standing(build.areas, date(2015, 10, 1)) == []


def test_no_statements_make_nothing() -> None:
    build = observations().build()
    assert build.areas.num_rows == build.snapshots.num_rows == build.fronts.num_rows == 0
