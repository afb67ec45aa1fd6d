"""Claims: which can be located, and on whose ground they lie."""

from __future__ import annotations

import json

import pytest
from strike_rows import RAQQA, Row, held, one, strike, tables_of

from pipeline.theatres import Theatre, theatres


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def test_claims_are_set_against_who_held_the_place(syria: Theatre) -> None:
    strikes = [
        strike("a", claimed_controller="isis"),
        strike("b", claimed_controller="isis", at=RAQQA),
        strike("area", claimed_controller="isis", is_area=True, precision_m=9000.0, province="Aleppo"),
        strike("province", claimed_controller="isis", is_area=True, precision_m=60_000.0, province="Aleppo"),
        strike("c", claimed_controller="nusra"),
        strike("d", claimed_controller="generic"),
        strike("no claim"),
        strike("background", claimed_controller="isis", is_background=True),
    ]
    attribution = [held(row, opposition=1.0) for row in strikes]
    attribution[1] = held(strikes[1])
    made = tables_of(syria, strikes, attribution)
    told = {row["strike_id"]: (row["is_located"], row["is_elsewhere"]) for row in made["marts.claims"].to_pylist()}
    assert told == {
        "a": (True, True), "b": (True, False), "area": (True, True), "province": (False, True),
        "c": (True, False), "d": (True, None),
    }  # fmt: skip
    claims = made["marts.claims_vs_control"]
    found = one(claims, window="article", claimed_controller="isis")
    assert (found["claims"], found["n"], found["elsewhere"], found["share_elsewhere"]) == (4, 3, 2, None)
    assert (found["n_points"], found["elsewhere_points"]) == (2, 1)
    assert json.loads(found["holders"]) == {"opposition": 2, "isis": 1}
    assert "of the 4 claims we hold that name ISIS" in found["sentence"]
    assert "2 of 3 not on ISIS-held ground (without areas 1 of 2)" in found["sentence"]
    assert "1 more name only a whole province" in found["sentence"]
    assert one(claims, window="article", claimed_controller="nusra")["elsewhere"] == 0
    generic = one(claims, window="article", claimed_controller="generic")
    assert (generic["n"], generic["elsewhere"], generic["elsewhere_points"]) == (1, None, None)


@pytest.mark.parametrize(
    ("ground", "counts"),
    [
        ({"controller": "contested", "parties": '["isis", "government"]'}, (0, 1)),
        ({"controller": "contested", "parties": "[]"}, (0, 1)),
        ({"controller": "contested", "parties": '["opposition", "government"]'}, (1, 0)),
        ({"controller": "unknown"}, (0, 1)),
        ({"controller": "opposition"}, (1, 0)),
        ({"controller": "isis"}, (0, 0)),
    ],
)
def test_a_claim_on_ground_that_may_be_the_targets_is_not_counted_as_elsewhere(
    syria: Theatre, ground: Row, counts: tuple[int, int]
) -> None:
    row = strike("a", claimed_controller="isis")
    made = tables_of(syria, [row], [held(row) | ground])
    found = one(made["marts.claims_vs_control"], window="article")
    assert (found["n"], found["elsewhere"], found["not_known"]) == (1, *counts)
    assert (found["elsewhere_points"], found["not_known_points"]) == counts
    assert ("1 on ground not known" in found["sentence"]) == (counts == (0, 1))
    is_elsewhere = {(1, 0): True, (0, 1): None, (0, 0): False}[counts]
    assert one(made["marts.claims"])["is_elsewhere"] is is_elsewhere


@pytest.mark.parametrize("province", [None, "a province that no map has"])
def test_a_wide_claim_without_a_province_is_measured_by_the_one_that_holds_it(
    syria: Theatre, province: str | None
) -> None:
    strikes = [
        strike(f"{radius / 1000:g} km", claimed_controller="isis", province=province, precision_m=radius)
        for radius in (9_000.0, 150_000.0)
    ]
    strikes.append(strike("off the coast", claimed_controller="isis", province=province, at=(35.2, 35.7)))
    made = tables_of(syria, strikes, [held(row) for row in strikes])["marts.claims"]
    located = {row["strike_id"]: row["is_located"] for row in made.to_pylist()}
    assert located == {"9 km": True, "150 km": False, "off the coast": True}


def test_a_share_of_claims_is_given_from_twenty_on(syria: Theatre) -> None:
    strikes = [strike(f"s{number}", claimed_controller="isis") for number in range(20)]
    claims = tables_of(syria, strikes, [held(row, opposition=1.0) for row in strikes])["marts.claims_vs_control"]
    found = one(claims, window="article")
    assert found["share_elsewhere"] == 1.0
    assert "20 of 20 (100%) not on ISIS-held ground" in found["sentence"]
