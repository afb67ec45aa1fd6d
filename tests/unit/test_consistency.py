"""Consistency: causes of disagreement with stated holders rule by rule, and how often maps agree."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from strike_rows import ALEPPO, Row, frames_of, held, observation, one, other_days, strike, tables_of

from pipeline.catalogue import table
from pipeline.tables import build_tables
from pipeline.theatres import Theatre, theatres

KM = 1 / 111.32


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def cause_of(theatre: Theatre, ground: Row, stated: str = "opposition", **more: Any) -> Row:
    row = strike("a", stated_holder=stated)
    return one(tables_of(theatre, [row], [held(row) | ground], **more)["marts.consistency"], strike_id="a")


ON_GOVERNMENT_GROUND = {"controller": "government", "shares": '{"government":1.0}'}


def test_a_holder_of_the_same_group_agrees(syria: Theatre) -> None:
    found = cause_of(syria, {"controller": "opposition", "shares": '{"opposition":1.0}'}, stated="nusra")
    assert (found["agrees"], found["likely_cause"], found["stated_share"]) == (True, None, 1.0)


@pytest.mark.parametrize(
    ("parties", "cause"),
    [("[]", "contested"), ('["isis", "nusra"]', "contested"), ('["isis", "government"]', "control")],
)
def test_contested_ground_is_the_cause_where_the_stated_holder_may_be_a_party(
    syria: Theatre, parties: str, cause: str
) -> None:
    ground = {"controller": "contested", "parties": parties, "shares": '{"contested":1.0}'}
    assert cause_of(syria, ground)["likely_cause"] == cause


def test_a_part_of_the_disc_makes_the_coordinate_the_cause(syria: Theatre) -> None:
    ground = {"controller": "government", "shares": '{"government":0.7,"nusra":0.2,"opposition":0.1}'}
    found = cause_of(syria, ground, days=other_days(("a", "opposition", 1, 0)))
    assert (found["likely_cause"], found["stated_share"]) == ("coordinate", pytest.approx(0.3))


@pytest.mark.parametrize("days_off", [0, 7])
def test_another_day_is_the_cause_where_the_stated_holder_held_it_then(syria: Theatre, days_off: int) -> None:
    days = other_days(("a", "government", 1, 0), ("a", "opposition", 0, days_off))
    near = [observation("government", *ALEPPO)]
    assert cause_of(syria, ON_GOVERNMENT_GROUND, days=days, observations=near)["likely_cause"] == "date"


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        (observation("government", ALEPPO[0] + 2.9 * KM, ALEPPO[1]), "contradiction"),
        (observation("government", ALEPPO[0] + 3.1 * KM, ALEPPO[1]), "control"),
        (observation("government", *ALEPPO, valid_from=date(2015, 11, 2)), "control"),
        (observation("government", *ALEPPO, valid_to=date(2015, 11, 1)), "control"),
        (observation("nusra", *ALEPPO), "control"),
        (observation("government", *ALEPPO, source="another_map"), "control"),
    ],
    ids=["near", "too far", "later", "ended", "same group", "source not in force"],
)
def test_an_observation_of_that_place_and_day_contradicts(syria: Theatre, seen: Row, cause: str) -> None:
    assert cause_of(syria, ON_GOVERNMENT_GROUND, observations=[seen])["likely_cause"] == cause


def test_a_map_that_is_silent_at_the_centre_is_the_control_and_not_the_coordinate(syria: Theatre) -> None:
    ground = {"controller": "unknown", "shares": '{"unknown":0.8,"opposition":0.2}'}
    assert cause_of(syria, ground)["likely_cause"] == "control"


def test_agreement_stands_beside_other_maps_and_an_answer_that_knows_nothing(syria: Theatre) -> None:
    strikes = [strike(f"s{number}", stated_holder="isis" if number < 5 else "opposition") for number in range(20)]
    strikes += [strike("late", day="2016-06-01", stated_holder="isis"), strike("unsaid")]
    strikes += [strike("background", stated_holder="isis", is_background=True)]
    right = [held(row, opposition=1.0) if row["stated_holder"] == "opposition" else held(row) for row in strikes]
    wrong = [held(row) for row in strikes]
    variants = {
        ("facts", "sourced only", "Only what is cited"): table("core.attribution").conform(wrong),
        ("disc", "× 2", "Twice the disc"): table("core.attribution").conform(wrong),
    }
    made = build_tables(syria, frames_of(strikes, right), variants)["marts.agreement"].to_pylist()
    assert [(row["answer"], row["n"], row["agree"], row["share"]) for row in made] == [
        ("in force", 20, 20, 1.0),
        ("facts: sourced only", 20, 5, 0.25),
        ("never", 20, 15, 0.75),
    ]
    few = build_tables(syria, frames_of(strikes[:3], right[:3]))["marts.agreement"].to_pylist()
    assert [(row["answer"], row["agree"], row["share"]) for row in few] == [("in force", 3, None), ("never", 0, None)]
