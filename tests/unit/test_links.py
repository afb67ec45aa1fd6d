"""Possible duplicates across sources: found by the stated rule, bounded, never merged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strike_rows import ALEPPO, frames_of, strike

from pipeline.sessions import connect
from pipeline.tables.links import MOST_LINKS, link_strikes
from pipeline.tables.measures import run
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
GEOD = pyproj.Geod(ellps="WGS84")
Row = dict[str, Any]


def _links(strikes: list[Row]) -> list[Row]:
    with connect() as connection:
        connection.register("strikes", frames_of(strikes)["core.strikes"])
        return list(link_strikes(connection, SYRIA).to_pylist())


def _airwars(name: str, day: str = "2015-11-01", **given_: Any) -> Row:
    return strike(name, day, source="airwars", **given_)


def test_the_same_place_and_day_in_two_sources_is_a_link_of_score_one() -> None:
    (link,) = _links([strike("isw"), _airwars("aw"), strike("other", at=(35.0, 38.0))])
    assert (link["source_a"], link["strike_a"], link["source_b"], link["strike_b"]) == (
        "airwars", "aw", "isw_reports", "isw",
    )  # fmt: skip
    assert (link["distance_m"], link["days_apart"], link["days_common"], link["score"]) == (0, 0, 1, 1)


def test_strikes_of_one_source_and_background_statements_are_never_linked() -> None:
    assert _links([strike("a"), strike("b")]) == []
    assert _links([strike("a", is_background=True), _airwars("b")]) == []


@pytest.mark.parametrize(
    ("day", "to", "days_apart", "score"),
    [
        ("2015-11-02", "2015-11-02", 1, 0.5),
        ("2015-11-03", "2015-11-03", None, None),
        ("2015-10-28", "2015-11-06", 0, 0.1818),
    ],
)
def test_days_apart_and_long_windows_lower_the_score(
    day: str, to: str, days_apart: int | None, score: float | None
) -> None:
    found = _links([strike("a"), _airwars("b", day, to=to)])
    assert [(link["days_apart"], link["score"]) for link in found] == ([] if score is None else [(days_apart, score)])


def test_precisions_say_how_far_two_centres_may_lie_apart() -> None:
    near, far = (ALEPPO[0] + 0.015, ALEPPO[1]), (ALEPPO[0] + 0.03, ALEPPO[1])  # 1.7 and 3.3 km
    assert [link["strike_a"] for link in _links([strike("a"), _airwars("near", at=near), _airwars("far", at=far)])] == [
        "near"
    ]
    (link,) = _links([strike("a", precision_m=40_000.0), _airwars("far", at=far)])
    assert link["reach_m"] == 10_000


def _row(make: Callable[..., Row], letter: str, count: int) -> list[Row]:
    """Strikes 11 m apart, from south to north."""
    return [make(f"{letter}{number}", at=(ALEPPO[0] + number / 10_000, ALEPPO[1])) for number in range(count)]


def test_each_of_many_strikes_leads_to_the_one_of_another_source() -> None:
    found = _links([strike("a"), *_row(_airwars, "b", 9)])
    assert [link["strike_a"] for link in found] == [f"b{number}" for number in range(9)]


def test_each_strike_of_a_crowd_has_its_best_few_of_another_source_and_no_others() -> None:
    found = _links([*_row(strike, "a", 9), *_row(_airwars, "b", 9)])
    best = {(link["strike_a"], link["strike_b"]) for link in found}
    for number in range(9):
        nearest = [other for _, other in sorted((abs(other - number), other) for other in range(9))][:MOST_LINKS]
        assert {(f"b{number}", f"a{other}") for other in nearest} <= best
        assert {(f"b{other}", f"a{number}") for other in nearest} <= best
    assert len(best) <= 2 * 9 * MOST_LINKS
    assert ("b0", "a8") not in best


POINTS = st.tuples(
    st.sampled_from(["isw_reports", "airwars", "mod_claims"]),
    st.floats(32.2, 37.4),
    st.sampled_from([0.0, 0.08, 0.0909, 0.1, -0.1]),
    st.sampled_from([0.0, 0.1, -0.11, 0.114]),
    st.sampled_from([50.0, 3_000.0, 9_000.0]),
    st.integers(0, 3),
    st.integers(0, 3),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(POINTS, max_size=8), st.floats(32.5, 37.3), st.floats(36.0, 42.0))
def test_the_grid_finds_what_comparing_every_pair_finds(
    drawn: list[tuple[str, float, float, float, float, int, int]], latitude: float, longitude: float
) -> None:
    first = date(2015, 11, 1)
    strikes = [
        strike(
            f"s{number}", str(first + timedelta(start)), to=str(first + timedelta(start + length)), source=source,
            at=(latitude + north, longitude + east), precision_m=precision,
        )
        for number, (source, _, north, east, precision, start, length) in enumerate(drawn)
    ]  # fmt: skip
    expected = set()
    for one in strikes:
        for other in strikes:
            metres = round(GEOD.inv(one["longitude"], one["latitude"], other["longitude"], other["latitude"])[2], 1)
            reach = min(max(one["precision_m"] + other["precision_m"], 1_000), 10_000)
            gap = max((one["date_from"] - other["date_to"]).days, (other["date_from"] - one["date_to"]).days)
            if one["source"] < other["source"] and metres <= reach and gap <= 1:
                expected.add((one["strike_id"], other["strike_id"], metres))
    found = {(link["strike_a"], link["strike_b"], link["distance_m"]) for link in _links(strikes)}
    if len(strikes) <= MOST_LINKS:
        assert found == expected
    assert found <= expected


def test_links_change_no_figure() -> None:
    with connect() as connection:
        connection.register("strikes", frames_of([strike("a"), _airwars("b")])["core.strikes"])
        episodes = run(connection, "find_episodes", theatre="syria").to_pylist()
    assert len({row["episode_id"] for row in episodes}) == 2
