"""What is said of single strikes: causes of disagreement, alarms and claims rule by rule, and explanations."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_tables import ALEPPO, RAQQA, Row, find, frames_of, held, one, strike

from pipeline.catalogue import table
from pipeline.other_days import SCHEMA
from pipeline.tables import build_tables
from pipeline.theatres import Theatre, theatres

KM = 1 / 111.32


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def observation(controller: str, latitude: float, longitude: float, **given_: Any) -> Row:
    row: Row = dict.fromkeys(table("core.control_observations").columns)
    return row | {
        "observation_id": f"{controller} {latitude} {longitude}", "theatre": "syria", "source": "control_observations",
        "record_id": "r", "place": "somewhere", "latitude": latitude, "longitude": longitude,
        "controller": controller, "parties": "[]", "valid_from": date(2015, 8, 1),
    } | given_  # fmt: skip


def place(name: str, latitude: float, longitude: float, **given_: Any) -> Row:
    return {
        "place_id": name, "theatre": "syria", "source": "gazetteer", "record_id": "r", "place": name, "aliases": "[]",
        "province": "Aleppo", "latitude": latitude, "longitude": longitude, "precision_m": 1000.0, "credit": "c",
    } | given_  # fmt: skip


def other_days(*rows: tuple[str, str, int, int]) -> pa.Table:
    """Rows of strike, holder, days of the reported window, days off."""
    names = ("strike_id", "controller", "reported_days", "days_off")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) | {"parties": "[]"} for row in rows], schema=SCHEMA)


def tables_of(
    theatre: Theatre,
    strikes: list[Row],
    attribution: list[Row],
    days: pa.Table | None = None,
    observations: list[Row] | None = None,
    places: list[Row] | None = None,
) -> dict[str, pa.Table]:
    frames = frames_of(strikes, attribution) | {
        "core.control_observations": table("core.control_observations").conform(observations or []),
        "core.places": table("core.places").conform(places or []),
    }
    return build_tables(theatre, frames, other_days=days)


# Consistency


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
    right = [held(row, **{row["stated_holder"] or "isis": 1.0}) for row in strikes]
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


# Alarms


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


# Claims


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


def test_a_share_of_claims_is_given_from_twenty_on(syria: Theatre) -> None:
    strikes = [strike(f"s{number}", claimed_controller="isis") for number in range(20)]
    claims = tables_of(syria, strikes, [held(row, opposition=1.0) for row in strikes])["marts.claims_vs_control"]
    found = one(claims, window="article")
    assert found["share_elsewhere"] == 1.0
    assert "20 of 20 (100%) not on ISIS-held ground" in found["sentence"]


# Explanations


def explain(theatre: Theatre, row: Row, ground: Row, days: pa.Table | None = None, **more: Any) -> Row:
    made = tables_of(theatre, [row], [held(row) | ground], days, **more)
    return one(made["marts.explanations"], strike_id=row["strike_id"])


FIRM = {
    "controller": "opposition", "shares": '{"opposition":1.0}', "focus_share": 0.0, "other_share": 1.0,
    "focus_at_point": 0.0, "snapshot_first": date(2015, 10, 30), "snapshot_last": date(2015, 10, 30),
    "snapshot_age_days": 2, "margin_r": 0.1, "front_distance_m": 9000.0,
}  # fmt: skip


def test_an_explanation_tells_the_way_from_report_to_verdict(syria: Theatre) -> None:
    row = strike(
        "a", place="Tall Rifat", province="Aleppo", date_basis="note", reported_from=date(2015, 10, 25), sightings=2
    )
    found = explain(syria, row, FIRM)
    assert found["what"] == "Tall Rifat, Aleppo, reported by Locations that ISW's published reports name."
    assert found["counts_as"] == "Counts as one location. 2 records tell of it."
    assert found["days_counted"] == (
        "1 November 2015: days named in the source's note "
        "(the source's own window: 25 October 2015 to 1 November 2015)."
    )
    assert found["place_searched"] == (
        "A disc of 1.0 km around 36.20210, 37.13430, the source's own coordinate (precision by: default)."
    )
    assert found["control_used"].endswith(": snapshot of 30 October 2015, at most 2 days old.")
    assert found["ground_found"] == (
        "At the centre: Opposition. One side held the disc: Opposition 100%. "
        "So 0% counts as ISIS-held, 100% as not, 0% as not known."
    )
    assert found["how_sure"].startswith("Firm. Margin r = 0.10 (")
    assert found["how_sure"].endswith("The nearest front line is 9.0 km from the centre.")
    assert found["would_change"] == "Nothing near could change whether it was ISIS-held."
    assert found["doubts"] == "{}"


BOTH = {"shares": '{"opposition":0.6,"isis":0.4}', "focus_share": 0.4, "other_share": 0.6}


@pytest.mark.parametrize(
    ("ground", "changed", "reason", "weight", "said"),
    [
        (BOTH, {}, "disc", 0.8, "knowing where in the disc it was (Opposition 60%, ISIS 40%)"),
        (
            {"shares": '{"opposition":0.7,"unknown":0.3}', "other_share": 0.7, "unknown_share": 0.3},
            {}, "unknown", 0.3, "knowing who held the 30% that the control map leaves open",
        ),
        (BOTH | {"front_distance_m": 750.0}, {}, "front", 0.75, "a coordinate 750 m off, across the nearest front"),
        ({"margin_r": 0.8}, {}, "margin", 0.8, "one more observed place nearby"),
        ({}, {"stated_holder": "isis"}, "stated_holder", 1.0, "taking the source's word, which names ISIS"),
    ],
    ids=["disc", "unknown", "front", "margin", "stated holder"],
)  # fmt: skip
def test_each_limit_that_a_strike_lies_near_is_named_with_its_weight(
    syria: Theatre, ground: Row, changed: Row, reason: str, weight: float, said: str
) -> None:
    found = explain(syria, strike("a", **changed), FIRM | ground)
    assert json.loads(found["doubts"])[reason] == pytest.approx(weight)
    assert found["would_change"].startswith("Could change whether it was ISIS-held: ")
    assert said in found["would_change"]


def test_another_day_of_the_reported_window_is_named_with_its_holder(syria: Theatre) -> None:
    row = strike("a", reported_from=date(2015, 10, 23), reported_to=date(2015, 11, 1))
    days = other_days(("a", "opposition", 7, 0), ("a", "isis", 2, 0), ("a", "government", 1, 0), ("a", "nusra", 0, 3))
    found = explain(syria, row, FIRM, days)
    assert (
        "another of the 10 days that the source reports (ISIS on 2 days, Government on 1 day)" in found["would_change"]
    )
    assert json.loads(found["doubts"]) == {"day": pytest.approx(0.2)}


def test_what_lies_between_others_than_the_focus_is_said_apart_and_weighs_nothing(syria: Theatre) -> None:
    ground = FIRM | {"shares": '{"opposition":0.6,"government":0.4}', "front_distance_m": 300.0}
    row = strike("a", stated_holder="government")
    found = explain(syria, row, ground, observations=[observation("isis", *RAQQA)])
    assert found["would_change"] == (
        "Nothing near could change whether it was ISIS-held. Could change who else held it: "
        "knowing where in the disc it was (Opposition 60%, Government 40%); "
        "a coordinate 300 m off, across the nearest front line; "
        "taking the source's word, which names Government as the holder."
    )
    assert set(json.loads(found["doubts"]).values()) == {0.0}


def test_a_stale_or_missing_snapshot_is_named(syria: Theatre) -> None:
    stale = explain(syria, strike("a"), FIRM | {"snapshot_age_days": 15})
    assert stale["would_change"].endswith("A fresher snapshot than one of 15 days before could tell otherwise.")
    nothing = {"controller": "unknown", "status": "no_snapshot", "shares": '{"unknown":1.0}', "unknown_share": 1.0}
    nothing |= {"focus_share": 0.0, "other_share": 0.0, "focus_at_point": 0.0, "days_without_snapshot": 1}
    none = explain(syria, strike("a"), nothing)
    assert none["control_used"].endswith(": no snapshot was in force on these days.")
    assert "the control map leaves open (no snapshot in force on 1 of 1 day)" in none["would_change"]


def test_repeats_and_background_statements_are_told(syria: Theatre) -> None:
    strikes = [strike("a"), strike("b"), strike("c", is_background=True)]
    made = tables_of(syria, strikes, [held(row) for row in strikes])["marts.explanations"]
    assert [row["counts_as"] for row in made.to_pylist()] == [
        "Counts as one location, together with 1 other row of the source that repeats it.",
        "Counts as one location, together with 1 other row of the source that repeats it.",
        "Counts nowhere: a background statement, not of the days that the report covers.",
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1), st.floats(0, 1), st.none() | st.floats(0, 5), st.none() | st.floats(0, 1e5),
            st.sampled_from([None, "isis", "government"]), st.sampled_from(["<b>x</b>", "'; DROP", "مكان", None]),
        ),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_every_strike_has_one_explanation_in_whole_sentences_with_weights_in_bounds(cases: list[Any]) -> None:
    strikes, attribution = [], []
    for number, (focus, rest, margin, front, stated, name) in enumerate(cases):
        row = strike(f"s{number}", stated_holder=stated, place=name)
        other = rest * (1 - focus)
        ground = held(row, **{"isis": focus, "opposition": other, "unknown": 1 - focus - other})
        strikes.append(row)
        attribution.append(ground | {"margin_r": margin, "front_distance_m": front})
    made = tables_of(theatres()["syria"], strikes, attribution)["marts.explanations"].to_pylist()
    assert [row["strike_id"] for row in made] == sorted(row["strike_id"] for row in strikes)
    texts = (
        "what",
        "counts_as",
        "days_counted",
        "place_searched",
        "control_used",
        "ground_found",
        "how_sure",
        "would_change",
    )
    for row in made:
        assert all(row[name].endswith(".") for name in texts)
        weights = json.loads(row["doubts"]).values()
        assert all(0 <= weight <= 1 for weight in weights)
        assert (row["would_change"].startswith("Could change whether")) == any(weight > 0 for weight in weights)


def test_tables_of_the_other_theatre_speak_its_words() -> None:
    ukraine = theatres()["ukraine"]
    row = strike("a", theatre="ukraine", source="bellingcat", day="2022-05-01", at=(48.5, 37.5))
    frames = frames_of([row], [held(row, ukrainian=1.0) | {"control_source": "isw_control"}])
    found = one(build_tables(ukraine, frames)["marts.explanations"])
    assert found["ground_found"].startswith("At the centre: Ukrainian.")
    assert "counts as Russian-held" in found["ground_found"]
    assert not find(build_tables(ukraine, frames)["marts.alarms"], alarm="ally_ground")
