"""Episodes: which strikes are one location, and which are not."""

from __future__ import annotations

import pytest
from strike_rows import ALEPPO, RAQQA, Row, frames_of, strike

from pipeline.tables import build_tables
from pipeline.theatres import Theatre, theatres


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def episodes_of(theatre: Theatre, strikes: list[Row]) -> dict[str, str]:
    made = build_tables(theatre, frames_of(strikes))["core.episodes"].to_pylist()
    return {row["strike_id"]: row["episode_id"] for row in made}


def test_windows_that_overlap_or_follow_on_the_next_day_are_one_episode(syria: Theatre) -> None:
    strikes = [
        strike("a", "2015-11-01", "2015-11-05"),
        strike("b", "2015-11-03", "2015-11-04"),
        strike("c", "2015-11-06", "2015-11-07"),
        strike("d", "2015-11-09"),
    ]
    assert episodes_of(syria, strikes) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_a_long_window_reaches_over_the_short_ones_after_it(syria: Theatre) -> None:
    strikes = [
        strike("long", "2015-11-01", "2015-11-30"),
        strike("short", "2015-11-02"),
        strike("late", "2015-11-29"),
    ]
    assert set(episodes_of(syria, strikes).values()) == {"long"}


@pytest.mark.parametrize(
    "other",
    [{"at": RAQQA}, {"source": "airwars"}, {"note": "command post (Location 2)"}],
    ids=["coordinate", "source", "sub-location"],
)
def test_another_place_or_source_is_another_episode(syria: Theatre, other: Row) -> None:
    first = strike("a", note="training camp (location 1)")
    assert episodes_of(syria, [first, strike("b", **{"note": "location 1", **other})]) == {"a": "a", "b": "b"}


def test_names_do_not_part_an_episode_and_a_spelling_of_the_coordinate_does_not_either(
    syria: Theatre,
) -> None:
    first = strike("a", place="Halab", at=ALEPPO)
    second = strike("b", place="Aleppo", note="barracks", at=(ALEPPO[0] + 1e-9, ALEPPO[1]))
    assert episodes_of(syria, [first, second]) == {"a": "a", "b": "a"}


def test_a_background_statement_is_an_episode_of_its_own(syria: Theatre) -> None:
    strikes = [strike("a"), strike("b", is_background=True), strike("c")]
    assert episodes_of(syria, strikes) == {"a": "a", "b": "b", "c": "a"}
