"""Nearest place: agrees with the attribution over tessellated areas, and keeps its own laws."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.attribution import ControlFrames, attribute
from pipeline.catalogue import table
from pipeline.control import build_control
from pipeline.known_places import DOUBT, FOCUS, NOT_KNOWN, OTHER, KnownPlaces
from pipeline.nearest import NearestControl, sunflower
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
DAY = date(2015, 10, 1)
Statement = tuple[float, float, str, str, int, int | None]  # longitude, latitude, holder, parties, first day, end


def control_of(statements: list[Statement]) -> ControlFrames:
    """Control as the pipeline makes it of observations; days are counted from the first of October 2015."""
    rows: list[dict[str, Any]] = [
        dict.fromkeys(table("core.control_observations").columns)
        | {
            "observation_id": f"o{number}", "theatre": "syria", "source": "control_observations", "place": "x",
            "record_id": "r", "export_id": "e", "longitude": longitude, "latitude": latitude, "controller": controller,
            "parties": parties, "valid_from": DAY + timedelta(days=first),
            "valid_to": None if end is None else DAY + timedelta(days=end),
        }
        for number, (longitude, latitude, controller, parties, first, end) in enumerate(statements)
    ]  # fmt: skip
    observations = table("core.control_observations").conform(rows)
    source = SYRIA.sources["control_observations"]
    made = build_control(SYRIA, source, observations)
    return ControlFrames(source.name, made.snapshots, made.areas, made.fronts, observations)


def probes_of(discs: list[tuple[float, float, float]], days: tuple[int, int] = (0, 0)) -> pa.Table:
    size = len(discs)
    return pa.table(
        {
            "strike_id": [f"{number:03d}" for number in range(size)],
            "longitude": pa.array([disc[0] for disc in discs], pa.float64()),
            "latitude": pa.array([disc[1] for disc in discs], pa.float64()),
            "radius_m": pa.array([disc[2] for disc in discs], pa.float64()),
            "date_from": pa.array([DAY + timedelta(days=days[0])] * size, pa.date32()),
            "date_to": pa.array([DAY + timedelta(days=days[1])] * size, pa.date32()),
        }
    )


longitudes = st.floats(37.0, 38.5).map(lambda value: round(value, 5))
latitudes = st.floats(35.0, 36.5).map(lambda value: round(value, 5))
holders = st.sampled_from(
    [("isis", "[]"), ("opposition", "[]"), ("government", "[]"), ("contested", "[]"),
     ("contested", '["government", "opposition"]'), ("contested", '["isis", "kurdish"]')]
)  # fmt: skip


@st.composite
def drawn_control(draw: st.DrawFn) -> list[Statement]:
    places = draw(st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=40, unique=True))
    statements = []
    for place in places:
        for _ in range(draw(st.integers(1, 2))):
            first = draw(st.integers(-3, 3))
            end = draw(st.one_of(st.none(), st.integers(first + 1, first + 6)))
            statements.append((*place, *draw(holders), first, end))
    return statements


@settings(max_examples=25, deadline=None)
@given(
    drawn_control(),
    st.lists(
        st.tuples(longitudes, latitudes, st.sampled_from([0.0, 500.0, 5_000.0, 15_000.0])), min_size=1, max_size=20
    ),
    st.integers(0, 5),
)
def test_agrees_with_the_attribution_over_tessellated_areas(
    statements: list[Statement], discs: list[tuple[float, float, float]], length: int
) -> None:
    control, probes = control_of(statements), probes_of(discs, (0, length))
    wanted = attribute(SYRIA, probes, control).sort_by("strike_id")
    found = NearestControl(SYRIA, probes, control).ask()
    assert found.column("strike_id").to_pylist() == wanted.column("strike_id").to_pylist()
    for name in ("focus_share", "other_share", "unknown_share"):
        assert found.column(name).to_numpy() == pytest.approx(wanted.column(name).to_numpy(), abs=0.04), name
    assert found.column("focus_at_point").to_numpy() == pytest.approx(wanted.column("focus_at_point").to_numpy())


def test_a_disc_over_the_border_or_the_sea_counts_only_what_is_land() -> None:
    control = control_of([(35.9, 35.5, "isis", "[]", 0, None), (36.3, 35.5, "opposition", "[]", 0, None)])
    probes = probes_of([(35.85, 35.5, 12_000.0), (35.5, 35.5, 2_000.0)])
    wanted = attribute(SYRIA, probes, control).sort_by("strike_id")
    found = NearestControl(SYRIA, probes, control).ask()
    assert found.column("focus_share").to_pylist() == pytest.approx(wanted.column("focus_share").to_pylist(), abs=0.03)
    assert found.column("unknown_share").to_pylist() == pytest.approx([0, 1], abs=0.03)


def test_sides_of_places() -> None:
    control = control_of(
        [
            (37.0, 36, "isis", "[]", 0, 2), (37.0, 36, "opposition", "[]", 2, None),
            (37.1, 36, "isis", "[]", 0, None), (37.1, 36, "opposition", "[]", 0, None),
            (37.2, 36, "government", "[]", 0, None), (37.2, 36, "opposition", "[]", 0, None),
            (37.3, 36, "contested", "[]", 0, None),
            (37.4, 36, "contested", '["isis", "kurdish"]', 0, None),
            (37.5, 36, "contested", '["government", "kurdish"]', 2, None),
        ]
    )  # fmt: skip
    known = KnownPlaces.of(SYRIA, control)
    assert known.sides.tolist() == [
        [FOCUS, DOUBT, OTHER, DOUBT, DOUBT, NOT_KNOWN],
        [OTHER, DOUBT, OTHER, DOUBT, DOUBT, OTHER],
    ]


def test_places_within_a_distance_of_the_strike_are_left_aside_for_it_alone() -> None:
    control = control_of([(37.0, 36.0, "isis", "[]", 0, None), (37.05, 36.0, "opposition", "[]", 0, None)])
    near, off = (37.01, 36.0, 100.0), (36.93, 36.0, 100.0)  # 0.9 and 6.3 km from the first place
    asked = NearestControl(SYRIA, probes_of([near, off]), control)
    assert asked.ask().column("focus_share").to_pylist() == [1, 1]
    assert asked.ask(without_within_m=3_000).column("focus_share").to_pylist() == [0, 1]
    nobody = asked.ask(without_within_m=50_000)
    assert nobody.column("unknown_share").to_pylist() == [1, 1]


def test_what_is_known_stays_known_only_where_that_is_asked_for() -> None:
    control = control_of([(37.0, 36.0, "isis", "[]", 0, None), (38.0, 36.0, "opposition", "[]", 0, None)])
    asked = NearestControl(SYRIA, probes_of([(37.0, 36.0, 1_000.0), (37.5, 36.0, 1_000.0)]), control)
    second = np.array([False, True])
    assert asked.ask().column("unknown_share").to_pylist() == [0, 1]
    assert asked.ask(included=second).column("unknown_share").to_pylist() == [1, 1]
    kept = asked.ask(included=second, keep_known=True)
    assert (kept.column("other_share").to_pylist(), kept.column("unknown_share").to_pylist()) == ([1, 0], [0, 1])


def assert_each_draw_is_as_if_asked_alone(statements: list[Statement], seed: int, kept: float) -> None:
    random = np.random.default_rng(seed)
    discs = [(float(x), float(y), 8_000.0) for x, y in random.uniform((37, 35), (38.5, 36.5), (15, 2))]
    asked = NearestControl(SYRIA, probes_of(discs, (0, 3)), control_of(statements), points=16)
    included = random.random((70, len(asked.places.metres))) < kept
    shares = np.vstack(list(asked.focus_shares(included)))
    assert shares.shape == (70, 15)
    for number in (0, 1, 63, 64, 69):
        alone = asked.ask(included=included[number], keep_known=True).column("focus_share").to_numpy()
        assert shares[number] == pytest.approx(alone)


@settings(max_examples=15, deadline=None)
@given(drawn_control(), st.integers(0, 2**16), st.sampled_from([0.6, 1.0]))
def test_many_draws_at_once_are_each_as_if_asked_alone(statements: list[Statement], seed: int, kept: float) -> None:
    assert_each_draw_is_as_if_asked_alone(statements, seed, kept)


def test_a_draw_that_leaves_none_of_the_nearest_asks_all_others() -> None:
    random = np.random.default_rng(0)
    places = random.uniform((37, 35), (38.5, 36.5), (120, 2)).round(4).tolist()
    statements: list[Statement] = [
        (x, y, ("isis", "opposition")[i % 2], "[]", 0, None) for i, (x, y) in enumerate(places)
    ]
    assert_each_draw_is_as_if_asked_alone(statements, 1, kept=0.04)


def test_no_observations_make_nothing_known() -> None:
    names = ("control_snapshots", "control_areas", "front_lines", "control_observations")
    snapshots, areas, fronts, observations = (table(f"core.{name}").empty() for name in names)
    control = ControlFrames("none", snapshots, areas, fronts, observations)
    asked = NearestControl(SYRIA, probes_of([(37.0, 36.0, 1_000.0)]), control)
    assert asked.ask().column("unknown_share").to_pylist() == [1]
    assert [shares.tolist() for shares in asked.focus_shares(np.ones((2, 0), bool))] == [[[0.0], [0.0]]]


def test_points_of_a_disc_stand_for_equal_areas() -> None:
    points = sunflower(128)
    assert points[0].tolist() == [0, 0]
    for angle in np.linspace(0, np.pi, 7):
        for cut in (-0.5, 0.0, 0.4):
            beyond = (points[1:] @ [np.cos(angle), np.sin(angle)] > cut).mean()
            assert beyond == pytest.approx((np.arccos(cut) - cut * np.sqrt(1 - cut**2)) / np.pi, abs=0.02)
