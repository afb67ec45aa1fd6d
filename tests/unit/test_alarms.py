"""Alarms: each rule on either side of its limit."""

from __future__ import annotations

from typing import Any

import pytest
from strike_rows import ALEPPO, RAQQA, Row, held, observation, one, place, strike, tables_of

from pipeline.theatres import Theatre, theatres

KM = 1 / 111.32


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def alarms_of(theatre: Theatre, strikes: list[Row], **more: Any) -> set[tuple[str, str]]:
    made = tables_of(theatre, strikes, [held(row) for row in strikes], **more)["marts.alarms"]
    return {(row["strike_id"], row["alarm"]) for row in made.to_pylist()}


def north(km: float) -> tuple[float, float]:
    return ALEPPO[0] + km * KM, ALEPPO[1]


def test_ground_of_the_ally_raises_an_alarm(syria: Theatre) -> None:
    strikes = [strike("a"), strike("b")]
    made = tables_of(syria, strikes, [held(strikes[0], government=1.0), held(strikes[1])])["marts.alarms"]
    assert [(row["strike_id"], row["alarm"]) for row in made.to_pylist()] == [("a", "ally_ground")]


def test_a_coordinate_far_outside_its_province_raises_an_alarm_unless_its_precision_reaches_that_far(
    syria: Theatre,
) -> None:
    strikes = [
        strike("inside", province="Aleppo"),
        strike("outside", province="Daraa"),
        strike("wide", province="Daraa", precision_m=1e6),
    ]
    assert ("outside", "far_from_province") in alarms_of(syria, strikes)
    assert not {("inside", "far_from_province"), ("wide", "far_from_province")} & alarms_of(syria, strikes)


def test_a_coordinate_far_from_where_the_gazetteer_has_the_place_raises_an_alarm(syria: Theatre) -> None:
    near, far = north(6.9), north(7.1)  # both precisions are 1 km, and 5 km is the margin
    strikes = [
        strike("near", place="Tall Rifat", province="Aleppo", at=near),
        strike("far", place="tall rif'at", province="Aleppo", at=far),
        strike("elsewhere", place="Tall Rifat", province="Daraa", at=far),
        strike("by gazetteer", place="Tall Rifat", province="Aleppo", at=far, location_basis="gazetteer"),
    ]
    found = alarms_of(syria, strikes, places=[place("Tall Rif‘at", *ALEPPO), place("Tall Rifat", *RAQQA)])
    assert {name for name, alarm in found if alarm == "far_from_place"} == {"far"}


def test_an_alarm_stands_where_each_of_two_references_rules_the_coordinate_out(syria: Theatre) -> None:
    # 7.2 km from the one, of 1 km, and 50 km from the other, of 43.9 km: 5 km of margin and its own 1 km reach neither.
    known = [place("Tall Rifat", *ALEPPO), place("Tall Rifat", *north(57.3), place_id="b", precision_m=43_900.0)]
    made = tables_of(
        syria,
        [row := strike("far", place="Tall Rifat", province="Aleppo", at=north(7.2))],
        [held(row)],
        places=known,
    )["marts.alarms"]
    assert one(made, alarm="far_from_place")["detail"].startswith("50.0 km from Tall Rifat by the gazetteer")


def test_an_alias_or_an_observed_place_tells_where_a_place_is(syria: Theatre) -> None:
    strikes = [
        strike("alias", place="Halab", province="Aleppo", at=RAQQA),
        strike("observed", place="al-Safira (town)", province="Aleppo", at=RAQQA),
    ]
    seen = [observation("isis", *ALEPPO, place="Safira", province="Aleppo")]
    found = alarms_of(syria, strikes, places=[place("Aleppo", *ALEPPO, aliases='["Halab"]')], observations=seen)
    assert {name for name, alarm in found if alarm == "far_from_place"} == {"alias", "observed"}


def test_where_nobody_else_knows_a_place_the_middle_of_the_sources_own_coordinates_does(syria: Theatre) -> None:
    strikes = [strike(f"s{number}", place="Nowhere", at=north(number)) for number in range(3)]
    strikes += [
        strike("stray", place="Nowhere", at=north(40)),
        strike("other source", source="airwars", place="Nowhere"),
    ]
    found = alarms_of(syria, strikes)
    assert {name for name, alarm in found if alarm == "far_from_place"} == {"stray"}


def test_one_fine_coordinate_for_places_of_unlike_names_raises_an_alarm_for_the_rarer(syria: Theatre) -> None:
    strikes = [
        *(strike(f"s{number}", place="KafrZita") for number in range(2)),
        strike("spelled", place="Kafr Zeita"),
        strike("part", place="KafrZita, east"),
        strike("unlike", place="Ghamam"),
        strike("coarse", place="Ghamam", precision_m=5000.0),
        strike("other source", place="Ghamam", source="airwars"),
    ]
    assert {name for name, alarm in alarms_of(syria, strikes) if alarm == "shared_coordinate"} == {"unlike"}


@pytest.mark.parametrize(
    ("at", "precision_m", "raises"),
    [
        ((36.21, 37.13), 550.0, True),  # a half step of two decimals is 557 m
        ((36.21, 37.13), 560.0, False),
        ((36.21, 37.1343), 550.0, False),
        ((36.2000, 37.1000), 1000.0, True),  # zeros at the end are not seen
        ((36.2021, 37.1343), 0.0, True),
        ((36.2021, 37.1343), 400_000.0, False),
        ((36.2021, 37.1343), 500_000.0, True),
    ],
)
def test_a_precision_that_cannot_be_true_raises_an_alarm(
    syria: Theatre, at: tuple[float, float], precision_m: float, raises: bool
) -> None:
    found = alarms_of(syria, [strike("a", at=at, precision_m=precision_m)])
    assert (("a", "impossible_precision") in found) == raises
