"""Sensitivity: what each method choice gives beside the baseline."""

from __future__ import annotations

import pytest
from strike_rows import ARTICLE, RAQQA, apart, frames_of, held, one, scattered, strike

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.tables import build_tables
from pipeline.theatres import Theatre, theatres


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def test_choices_that_need_no_new_attribution(syria: Theatre) -> None:
    strikes = scattered(24, confidence="high")
    strikes += [strike(f"rep{n}", at=apart(0), confidence="high") for n in range(2)]
    strikes += [strike("low", at=RAQQA, confidence="low", is_area=True)]
    strikes += [strike("background", at=RAQQA, is_background=True)]
    attribution = [held(row, focus_at_point=0.0, opposition=0.75, isis=0.25) for row in strikes[:24]]
    attribution += [held(row, focus_at_point=0.0, opposition=0.75, isis=0.25) for row in strikes[24:26]]
    attribution += [held(strikes[26], certainty="uncertain"), held(strikes[27])]
    made = build_tables(syria, frames_of(strikes, attribution))["marts.sensitivity"]
    rows = made.to_pylist()
    expected = (24 * 0.75 + 0) / 25
    assert (rows[0]["choice"], rows[0]["variant"], rows[0]["change"]) == ("baseline", "baseline", 0.0)
    found = {(row["choice"], row["variant"]): (row["n"], row["not_focus_expected"]) for row in rows}
    assert found == {
        ("baseline", "baseline"): (25, pytest.approx(expected)),
        ("unit", "row"): (27, pytest.approx(26 * 0.75 / 27)),
        ("confidence", "high"): (24, pytest.approx(0.75)),
        ("confidence", "low"): (1, None),
        ("precision", "at most 5 km"): (24, pytest.approx(0.75)),
        ("disc", "× 0"): (25, pytest.approx(24 / 25)),
        ("certainty", "without uncertain"): (24, pytest.approx(0.75)),
        ("statements", "with background"): (26, pytest.approx(24 * 0.75 / 26)),
    }
    disc = one(made, choice="disc", variant="× 0")
    assert disc["change"] == pytest.approx(24 / 25 - expected)
    assert disc["finding_stands"]
    # The bounds are those of the whole disc.
    assert (disc["not_focus_lower_t10"], disc["not_focus_upper_t10"]) == (None, None)
    assert rows[0]["not_focus_lower_t10"] is not None
    assert one(made, choice="confidence", variant="low")["finding_stands"] is None


def test_other_attributions_are_measured_beside_the_baseline(syria: Theatre) -> None:
    strikes = scattered(20)
    after = strike("after", "2016-08-01")
    frames = frames_of([*strikes, after], [*(held(row, opposition=1.0) for row in strikes), held(after)])
    # A variant has to speak for the main window alone.
    variant = table("core.attribution").conform([held(row, opposition=0.4, isis=0.6) for row in strikes])
    made = build_tables(syria, frames, {("reach", "5 km", "Five km"): variant})
    row = one(made["marts.sensitivity"], choice="reach")
    assert (row["variant"], row["n"], row["window"]) == ("5 km", 20, "article")
    assert row["not_focus_expected"] == pytest.approx(0.4)
    assert row["change"] == pytest.approx(-0.6)
    assert row["finding_stands"] is False
    assert one(made["marts.headline"], **ARTICLE)["not_focus_expected"] == 1.0


def test_a_choice_that_makes_most_ground_unknown_says_nothing(syria: Theatre) -> None:
    strikes = scattered(20)
    frames = frames_of(strikes, [held(row, opposition=0.7, isis=0.3) for row in strikes])
    some = table("core.attribution").conform([held(row, opposition=0.2, isis=0.4, unknown=0.4) for row in strikes])
    most = table("core.attribution").conform([held(row, opposition=0.1, isis=0.1, unknown=0.8) for row in strikes])
    variants = {("reach", "5 km", "Five km"): some, ("reach", "1 km", "One km"): most}
    made = build_tables(syria, frames, variants)["marts.sensitivity"]
    some_row, most_row = (one(made, choice="reach", variant=value) for value in ("5 km", "1 km"))
    # Less than half is ISIS ground, but of what is known most is.
    assert (some_row["not_focus_expected"], some_row["finding_stands"]) == (pytest.approx(0.6), False)
    assert some_row["not_focus_of_known"] == pytest.approx(1 / 3)
    assert some_row["change_rank"] is not None
    assert (most_row["finding_stands"], most_row["change_rank"]) == (None, None)
    assert most_row["unknown_share"] == pytest.approx(0.8)


def test_a_variant_that_leaves_a_strike_out_is_told(syria: Theatre) -> None:
    strikes = scattered(2)
    variant = table("core.attribution").conform([held(strikes[0])])
    with pytest.raises(UserError, match=r"the attribution for reach = 5 km \(the first is s001\)"):
        build_tables(syria, frames_of(strikes), {("reach", "5 km", "Five km"): variant})
