"""Explanations: why each strike counts as it does, and what could change it."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strike_rows import RAQQA, Row, find, frames_of, held, observation, one, other_days, strike, tables_of

from pipeline.tables import build_tables
from pipeline.theatres import Theatre, theatres


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


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


def test_what_is_to_be_looked_at_stands_beside_the_verdict(syria: Theatre) -> None:
    ground = FIRM | {"controller": "government", "shares": '{"government":1.0}'}
    found = explain(syria, strike("a", place="Palmyra", province="Homs", at=(36.20213, 37.13431)), ground)
    assert found["how_sure"].startswith("Firm. ")
    assert re.search(
        r" Look at it again: the centre lies on ground of Government, whom the attacker was allied to;"
        r" the coordinate lies \d+\.\d km outside Homs\.$",
        found["how_sure"],
    )
    assert found["would_change"].startswith("If coordinate, date and map are right, nothing near could change")


def test_repeats_and_background_statements_are_told(syria: Theatre) -> None:
    strikes = [strike("a"), strike("b"), strike("c", is_background=True)]
    made = tables_of(syria, strikes, [held(row) for row in strikes])["marts.explanations"]
    assert [row["counts_as"] for row in made.to_pylist()] == [
        "Counts as one location, together with 1 other row of the source that repeats it.",
        "Counts as one location, together with 1 other row of the source that repeats it.",
        "Counts nowhere: a background statement, not of the days that the report covers.",
    ]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
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
