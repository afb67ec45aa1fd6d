"""Who held the ground: against shapely on the original geometry, and the laws that every attribution keeps."""

from __future__ import annotations

import json
import math
import random
from datetime import date, timedelta
from itertools import pairwise

import pyarrow as pa
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attribution import ControlFrames, attribute
from pipeline.catalogue import table
from pipeline.steps import control_frames
from pipeline.theatres import theatres
from pipeline.work import Work

SYRIA = theatres()["syria"]
TO_METRES = pyproj.Transformer.from_crs("OGC:CRS84", SYRIA.projection, always_xy=True)
SEPTEMBER, OCTOBER, NOVEMBER = date(2015, 9, 1), date(2015, 10, 1), date(2015, 11, 1)

# Two squares side by side; the eastern one changes hands on 1 October, and the western is disputed north of 36.5.
WEST, EAST = shapely.box(36.5, 36.0, 37.0, 36.4), shapely.box(37.0, 36.0, 37.5, 36.4)
DISPUTED = shapely.box(36.5, 36.4, 37.0, 36.6)


def _area(
    id_: str, controller: str, shape: shapely.Geometry, start: date, end: date, parties: str = "[]"
) -> dict[str, object]:
    return {
        "area_id": id_, "theatre": "syria", "source": "drawn", "controller": controller, "parties": parties,
        "valid_from": start, "valid_to": end, "method": "polygon", "repair": None, "record_ids": "[]",
        "geometry": shapely.to_wkb(shape),
    }  # fmt: skip


def _snapshot(day: date, end: date) -> dict[str, object]:
    return {"theatre": "syria", "source": "drawn", "snapshot_day": day, "in_force_to": end, "areas": 3}


AREAS = [
    _area("a1", "opposition", WEST, SEPTEMBER, NOVEMBER),
    _area("a2", "isis", EAST, SEPTEMBER, OCTOBER),
    _area("a3", "government", EAST, OCTOBER, NOVEMBER),
    _area("a4", "contested", DISPUTED, SEPTEMBER, NOVEMBER, '["isis", "opposition"]'),
]
SNAPSHOTS = [_snapshot(SEPTEMBER, OCTOBER), _snapshot(OCTOBER, NOVEMBER)]


def _control(areas: list[dict[str, object]] = AREAS, snapshots: list[dict[str, object]] = SNAPSHOTS) -> ControlFrames:
    return ControlFrames(
        "drawn",
        table("core.control_snapshots").conform(snapshots),
        table("core.control_areas").conform(areas),
        table("core.front_lines").empty(),
        table("core.control_observations").empty(),
    )


def _ask(
    points: list[tuple[float, float]], radius: float = 0.0, start: date = SEPTEMBER, end: date | None = None,
    control: ControlFrames | None = None,
) -> list[dict[str, object]]:  # fmt: skip
    size = len(points)
    probes = pa.table(
        {
            "strike_id": [f"{i:06d}" for i in range(size)],
            "longitude": pa.array([p[0] for p in points], pa.float64()),
            "latitude": pa.array([p[1] for p in points], pa.float64()),
            "radius_m": pa.array([radius] * size, pa.float64()),
            "date_from": pa.array([start] * size, pa.date32()),
            "date_to": pa.array([end or start] * size, pa.date32()),
        }
    )
    return list(attribute(SYRIA, probes, control or _control()).to_pylist())


def test_the_plain_cases() -> None:
    west, east, disputed, beyond = _ask([(36.7, 36.2), (37.2, 36.2), (36.7, 36.5), (39.0, 35.0)])
    assert (west["controller"], west["status"]) == ("opposition", "held")
    assert (east["controller"], east["focus_share"]) == ("isis", 1)
    assert (disputed["controller"], disputed["status"], disputed["parties"]) == (
        "contested",
        "contested",
        '["isis", "opposition"]',
    )
    assert (disputed["unknown_share"], beyond["unknown_share"]) == (1, 1)
    assert (beyond["controller"], beyond["status"]) == ("unknown", "gap")


def test_the_snapshot_in_force_is_the_latest_on_or_before_the_day() -> None:
    last_day, first_day = (_ask([(37.2, 36.2)], start=day)[0] for day in (OCTOBER - timedelta(1), OCTOBER))
    assert (last_day["controller"], last_day["snapshot_age_days"]) == ("isis", 29)
    assert (first_day["controller"], first_day["snapshot_age_days"]) == ("government", 0)


@pytest.mark.parametrize("day", [SEPTEMBER - timedelta(1), NOVEMBER, date(2016, 8, 9)])
def test_no_snapshot_before_the_first_or_past_the_last(day: date) -> None:
    found = _ask([(37.2, 36.2)], start=day)[0]
    assert (found["status"], found["controller"], found["unknown_share"]) == ("no_snapshot", "unknown", 1)


def test_a_later_map_is_never_used() -> None:
    later = _control(
        [_area("z", "government", EAST, date(2016, 8, 9), date(2016, 9, 9))],
        [_snapshot(date(2016, 8, 9), date(2016, 9, 9))],
    )
    assert _ask([(37.2, 36.2)], start=date(2016, 3, 1), control=later)[0]["status"] == "no_snapshot"


def test_shares_are_averaged_over_the_days_of_the_window() -> None:
    found = _ask([(37.2, 36.2)], start=OCTOBER - timedelta(1), end=OCTOBER + timedelta(2))[0]
    assert (found["focus_share"], found["other_share"], found["focus_at_point"]) == (0.25, 0.75, 0.25)
    assert (found["controller"], found["window_days"]) == ("government", 4)
    half_known = _ask([(37.2, 36.2)], start=NOVEMBER - timedelta(1), end=NOVEMBER)[0]
    assert (half_known["unknown_share"], half_known["days_without_snapshot"]) == (0.5, 1)


def test_a_point_on_a_shared_border_belongs_to_the_first_in_the_theatres_order_of_priority() -> None:
    assert SYRIA.controllers["isis"].priority < SYRIA.controllers["opposition"].priority
    assert _ask([(37.0, 36.2)])[0]["controller"] == "isis"
    assert _ask([(37.0, 36.2)], start=OCTOBER)[0]["controller"] == "opposition"


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.floats(36.3, 37.7), st.floats(35.9, 36.7)), min_size=1, max_size=20),
    st.sampled_from([0.0, 500.0, 5_000.0, 40_000.0]),
    st.integers(0, 40),
)
def test_shares_sum_to_one_and_order_or_a_strange_snapshot_change_nothing(
    points: list[tuple[float, float]], radius: float, days: int
) -> None:
    start = date(2015, 9, 15)
    found = _ask(points, radius, start, start + timedelta(days))
    for row in found:
        assert float(str(row["focus_share"])) + float(str(row["other_share"])) + float(
            str(row["unknown_share"])
        ) == pytest.approx(1)
        assert sum(json.loads(str(row["shares"])).values()) == pytest.approx(1, abs=1e-6)
    strange = [*AREAS, _area("x", "kurdish", WEST, date(2016, 1, 1), date(2016, 2, 1))]
    control = _control(strange[::-1], [_snapshot(date(2016, 1, 1), date(2016, 2, 1)), *SNAPSHOTS[::-1]])
    again = _ask(points[::-1], radius, start, start + timedelta(days), control)[::-1]
    for one, other in zip(found, again, strict=True):
        assert {k: v for k, v in one.items() if k != "strike_id"} == pytest.approx(
            {k: v for k, v in other.items() if k != "strike_id"}
        )


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(36.3, 37.7), st.floats(35.9, 36.7)), min_size=1, max_size=20))
def test_shrinking_the_disc_to_nothing_gives_the_answer_at_the_point(
    points: list[tuple[float, float]],
) -> None:
    border = shapely.union_all([WEST.boundary, EAST.boundary, DISPUTED.boundary])
    points = [p for p in points if border.distance(shapely.Point(p)) > 1e-4]
    if points:
        for small, none in zip(_ask(points, 0.01), _ask(points, 0.0), strict=True):
            assert small["controller"] == none["controller"]
            assert small["focus_share"] == pytest.approx(none["focus_share"], abs=1e-6)


def test_moving_a_strike_across_the_border_flips_it() -> None:
    west, east = _ask([(37.0 - 1e-7, 36.2), (37.0 + 1e-7, 36.2)])
    assert (west["controller"], east["controller"]) == ("opposition", "isis")


def _oracle(rows: list[dict[str, object]], point: tuple[float, float], day: date) -> str:
    """The controller by shapely on the published geometry, by the stated rule for borders."""
    at = shapely.Point(point)
    ranks = {name: controller.priority for name, controller in SYRIA.controllers.items()} | {"contested": 900}
    standing = [r for r in rows if r["valid_from"] <= day < r["valid_to"] and r["shape"].intersects(at)]
    return (
        min((ranks[str(r["controller"])], str(r["area_id"]), str(r["controller"])) for r in standing)[2]
        if standing
        else "unknown"
    )


def test_every_answer_at_the_point_is_shapelys_on_the_original_geometry(showcase: Work) -> None:
    control = control_frames(showcase, SYRIA)
    rows = [{**row, "shape": shapely.from_wkb(row["geometry"])} for row in control.areas.to_pylist()]
    for row in rows:
        shapely.prepare(row["shape"])
    chance = random.Random(7)
    points = [(chance.uniform(35.6, 42.4), chance.uniform(32.3, 37.3)) for _ in range(150)]
    # Vertices and edge middles of areas that stand on the day: the points on which answers differ.
    day = date(2015, 11, 8)
    snapshot = max(s["snapshot_day"] for s in control.snapshots.to_pylist() if s["snapshot_day"] <= day)
    for row in [r for r in rows if r["valid_from"] <= snapshot < r["valid_to"]][:20]:
        corners = shapely.get_coordinates(row["shape"])[:40:4]
        points += [tuple(corner) for corner in corners]
        points += [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(corners)]
    found = _ask(points, 0.0, day, control=control)
    wrong = [
        (p, f["controller"])
        for p, f in zip(points, found, strict=True)
        if f["controller"] != _oracle(rows, p, snapshot)
    ]
    assert not wrong


def test_disc_shares_are_the_exact_areas_within_two_points(showcase: Work) -> None:
    control = control_frames(showcase, SYRIA)
    day = date(2015, 11, 8)
    snapshot = max(s["snapshot_day"] for s in control.snapshots.to_pylist() if s["snapshot_day"] <= day)
    metric = [
        (
            row["controller"],
            shapely.transform(shapely.from_wkb(row["geometry"]), TO_METRES.transform, interleaved=False),
        )
        for row in control.areas.to_pylist()
        if row["valid_from"] <= snapshot < row["valid_to"]
    ]
    chance = random.Random(11)
    # Well inside the land, where no border cuts the disc.
    points = [(chance.uniform(36.8, 40.0), chance.uniform(34.9, 36.0)) for _ in range(60)]
    radius = 12_000.0
    for point, found in zip(points, _ask(points, radius, day, control=control), strict=True):
        disc = shapely.Point(TO_METRES.transform(*point)).buffer(radius, quad_segs=256)
        shares = json.loads(str(found["shares"]))
        for controller in {name for name, _ in metric}:
            exact = sum(disc.intersection(shape).area for name, shape in metric if name == controller) / (
                math.pi * radius**2
            )
            assert shares.get(controller, 0) == pytest.approx(exact, abs=0.02)


def test_every_strike_of_the_showcase_has_exactly_one_attribution(showcase: Work) -> None:
    strikes = showcase.lake.read("core.strikes").column("strike_id").to_pylist()
    attributed = showcase.lake.read("core.attribution").column("strike_id").to_pylist()
    assert sorted(strikes) == sorted(attributed)
    assert len(set(strikes)) == len(strikes)
