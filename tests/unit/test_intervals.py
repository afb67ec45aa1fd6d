"""Control margin, tipping point, coverage; bootstrap over places and over the map; certainty: by hand and by law."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest
from strike_rows import ALEPPO, ARTICLE, RAQQA, Row, apart, frames_of, held, one, scattered, strike
from test_nearest import Statement, control_of

from pipeline.attribution import CONTROL_TABLES, attribute_strikes
from pipeline.catalogue import table
from pipeline.known_places import KnownPlaces
from pipeline.tables import build_tables, intervals
from pipeline.tables.certainty import leave_one_out, tabulate_certainty
from pipeline.tables.sentences import tell_coverage
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]


def headline_of(strikes: list[Row], attribution: list[Row] | None = None, **wanted: Any) -> Row:
    return one(build_tables(SYRIA, frames_of(strikes, attribution))["marts.headline"], **{**ARTICLE, **wanted})


def test_margin_and_tipping_point_by_hand() -> None:
    strikes = scattered(20)
    attribution = [
        held(row, certainty="uncertain" if i < 5 else "likely", opposition=1.0) for i, row in enumerate(strikes[:15])
    ]
    attribution += [held(row) for row in strikes[15:]]
    row = headline_of(strikes, attribution)
    assert row["not_focus_expected"] == 0.75
    # Five uncertain ones against, then for: they were all for, so only the lower figure moves.
    assert (row["margin_lower"], row["margin_upper"]) == (0.5, 0.75)
    # Ten more locations on the other side: 15 of 30 is one half.
    assert (row["tipping_point"], row["tipping_ratio"]) == (10, 3)


def test_certain_agreement_leaves_no_interval() -> None:
    row = headline_of(scattered(25), [held(row, opposition=1.0) for row in scattered(25)])
    assert (row["place_lower"], row["place_upper"], row["tipping_ratio"]) == (1, 1, None)


def test_strikes_at_one_place_widen_the_interval() -> None:
    def of(places: int) -> tuple[float, float]:
        strikes = [strike(f"s{i:02d}", f"2015-11-{1 + 2 * (i // places):02d}", at=apart(i % places)) for i in range(40)]
        attribution = [
            held(row, isis=1.0) if i % 4 == 0 else held(row, opposition=1.0) for i, row in enumerate(strikes)
        ]
        row = headline_of(strikes, attribution)
        assert (row["n"], row["places"]) == (40, places)
        return row["place_lower"], row["place_upper"]

    apart_, together = of(40), of(10)
    assert together[1] - together[0] > apart_[1] - apart_[0]
    assert apart_[0] < 0.75 < apart_[1]


def test_a_handful_of_places_has_no_interval_and_the_sentence_says_why() -> None:
    strikes = [strike(f"s{i:02d}", f"2015-11-{1 + 2 * (i // 9):02d}", at=apart(i % 9)) for i in range(27)]
    attribution = [held(row, isis=1.0) if i % 4 else held(row, opposition=1.0) for i, row in enumerate(strikes)]
    row = headline_of(strikes, attribution)
    assert (row["n"], row["places"], row["place_lower"], row["place_upper"]) == (27, 9, None, None)
    assert "9 places named are too few" in row["sentence"]


def test_what_another_source_names_moves_no_interval_of_this_one() -> None:
    strikes = scattered(40)
    others = [
        strike(f"o{i:02d}", source="airwars", at=(ALEPPO[0] - 0.5 + i / 30, ALEPPO[1] + i % 2 / 10)) for i in range(30)
    ]
    attribution = [held(row, isis=1.0) if i % 3 == 0 else held(row, opposition=1.0) for i, row in enumerate(strikes)]
    alone = headline_of(strikes, attribution, source="isw_reports")
    beside = headline_of(
        [*others, *strikes], [*attribution, *(held(row, opposition=1.0) for row in others)], source="isw_reports"
    )
    assert alone["place_lower"] < alone["place_upper"]
    assert beside == alone


def test_many_places_are_drawn_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    strikes = scattered(300)
    attribution = [held(row, isis=1.0) if i % 3 == 0 else held(row, opposition=1.0) for i, row in enumerate(strikes)]
    alone = headline_of(strikes, attribution)
    for groups in (297, 298, 299, 100):  # nearly as many as places: some groups are empty
        monkeypatch.setattr(intervals, "GROUPS", groups)
        grouped = headline_of(strikes, attribution)
        for name in ("place_lower", "place_upper"):
            assert grouped[name] == pytest.approx(alone[name], abs=0.03)
    assert grouped["place_upper"] - grouped["place_lower"] == pytest.approx(
        4 * np.sqrt(2 / 9 / 300), rel=0.2
    )  # the textbook's interval for 300 independent ones


def mapped(statements: list[Statement], strikes: list[Row]) -> Row:
    """The headline of strikes attributed to a map of observations."""
    control = control_of(statements)
    frames = {
        "core.strikes": table("core.strikes").conform(strikes),
        **dict(
            zip(CONTROL_TABLES, (control.observations, control.snapshots, control.areas, control.fronts), strict=True)
        ),
    }
    frames["core.attribution"] = attribute_strikes(SYRIA, frames["core.strikes"], control)
    return one(build_tables(SYRIA, frames)["marts.headline"], **ARTICLE)


def test_a_map_of_one_mind_adds_nothing_and_a_mixed_one_does() -> None:
    strikes = scattered(24, precision_m=500.0)
    agreed: list[Statement] = [
        (37.1343 + x, 36.2 + y, "opposition", "[]", 0, None) for x in (0, 0.1) for y in (0, 0.1, 0.2)
    ]
    row = mapped(agreed, strikes)
    assert (row["map_lower"], row["map_upper"]) == (row["place_lower"], row["place_upper"]) == (1, 1)
    # Alternating holders along the line of strikes: which is nearest hangs on which places were drawn.
    mixed: list[Statement] = [(37.1343, 36.2 + i / 50, ("isis", "opposition")[i % 2], "[]", 0, None) for i in range(13)]
    row = mapped(mixed, strikes)
    assert row["map_upper"] - row["map_lower"] > row["place_upper"] - row["place_lower"]
    assert row["map_lower"] < row["not_focus_expected"] < row["map_upper"]


def test_pockets_that_vanish_from_thinner_maps_do_not_move_the_interval() -> None:
    # Among others' places each third one on the line of strikes is a pocket of ISIS: a map drawn from 63 of 100 places
    # loses more of them than it wins, in all draws alike.
    pockets: list[Statement] = [
        (37.1343 + x / 100, 36.2 + y / 100, "isis" if x == 0 and y % 3 == 0 else "opposition", "[]", 0, None)
        for x in (-1, 0, 1)
        for y in range(25)
    ]
    row = mapped(pockets, scattered(24, precision_m=100.0))
    assert row["not_focus_expected"] == pytest.approx(2 / 3, abs=0.05)
    middle = (row["map_lower"] + row["map_upper"]) / 2
    assert middle == pytest.approx((row["place_lower"] + row["place_upper"]) / 2, abs=0.03)


def test_ground_out_of_reach_stays_unknown_in_every_draw() -> None:
    # One place is known; the strikes far from it are on nobody's ground and stay not the focus controller's.
    far = [strike(f"f{i:02d}", at=(33.5 + i / 100, 37.5)) for i in range(10)]
    near = scattered(10, precision_m=500.0)
    row = mapped([(37.1343, 36.22, "isis", "[]", 0, None)], [*far, *near])
    assert row["not_focus_expected"] == pytest.approx(0.5)
    assert (row["map_lower"], row["map_upper"]) == pytest.approx((row["place_lower"], row["place_upper"]))


def test_polygons_have_no_interval_of_the_map() -> None:
    row = headline_of(scattered(20))
    assert (row["map_lower"], row["map_upper"]) == (None, None)


def test_draws_are_the_same_each_time() -> None:
    strikes = scattered(30)
    attribution = [held(row, isis=1.0) if i % 3 else held(row, opposition=1.0) for i, row in enumerate(strikes)]
    assert headline_of(strikes, attribution) == headline_of(strikes, attribution)


def report_of(**given_: Any) -> Row:
    row: Row = dict.fromkeys(table("core.reports").columns) | {
        "theatre": "syria", "source": "isw_report_list", "record_id": "r1", "report_url": "u1", "report_title": "One",
        "period_from": date(2015, 12, 28), "period_to": date(2016, 1, 7), "locations_stated": "17",
    }  # fmt: skip
    return row | given_


def test_coverage_is_what_reports_of_the_window_state_beside_what_is_named() -> None:
    report = report_of()
    silent = report | {"record_id": "r2", "report_url": "u2", "report_title": "Two", "locations_stated": None}
    strikes = [strike("a", report_url="u1"), strike("b", at=apart(2), report_url="u2")]
    frames = frames_of(strikes) | {"core.reports": table("core.reports").conform([report, silent])}
    headline = build_tables(SYRIA, frames)["marts.headline"]
    row = one(headline, **ARTICLE)
    assert json.loads(row["coverage"]) == [
        {"report_title": "One", "period_from": "2015-12-28", "period_to": "2016-01-07", "stated": "17", "named": 1}
    ]
    assert row["coverage_words"] == "for 28 December 2015 – 7 January 2016, where it states “17”, 1 named"
    after = one(headline, **{**ARTICLE, "window": "2015-11"})
    assert (after["coverage"], after["coverage_words"]) == ("[]", None)


@pytest.mark.parametrize(
    ("stated", "named", "words"),
    [
        ("4", 4, "where it states “4”, 4 named"),
        ("8 high confidence", 3, "where it states “8 high confidence”, 3 named"),
        ("0 medium confidence", 0, "where it states “0 medium confidence”, 0 named"),
        ("17 (Jan 4-7)", None, "it says “17 (Jan 4-7)”"),
        ("over 40 (Jan 26-28)", None, "it says “over 40 (Jan 26-28)”"),
        ("Daraa only: 1 high + 5 low", None, "it says “Daraa only: 1 high + 5 low”"),
    ],
)
def test_coverage_compares_like_with_like(stated: str, named: int | None, words: str) -> None:
    high = {"report_url": "u1", "confidence": "high"}
    strikes = [
        strike("a", **high),
        strike("again", "2015-11-20", place="Halab", **high),
        strike("training camp", at=RAQQA, note="training camp (location 1)", **high),
        strike("command post", at=RAQQA, note="command post (location 2)", **high),
        strike("low", at=apart(1), report_url="u1", confidence="low"),
        strike("background", at=apart(2), is_background=True, **high),
        strike("other report", at=apart(3), report_url="u2", confidence="high"),
    ]
    reports = table("core.reports").conform([report_of(locations_stated=stated)])
    row = one(build_tables(SYRIA, frames_of(strikes) | {"core.reports": reports})["marts.headline"], **ARTICLE)
    (found,) = json.loads(row["coverage"])
    assert found["named"] == named
    assert row["coverage_words"] == f"for 28 December 2015 – 7 January 2016, {words}"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2015, 9, 30), date(2015, 9, 30), "for 30 September 2015,"),
        (date(2015, 9, 30), date(2015, 10, 1), "for 30 September – 1 October 2015,"),
        (date(2015, 11, 4), date(2015, 11, 15), "for 4 – 15 November 2015,"),
    ],
)
def test_days_of_a_report_as_they_are_said(first: date, last: date, said: str) -> None:
    told = tell_coverage([{"period_from": first, "period_to": last, "stated": "4", "named": 5}])
    assert told is not None
    assert told.startswith(said)


def test_leaving_a_place_out_by_hand() -> None:
    # On a line, in km of about 9 each: isis at 0 and 1, opposition at 2 and 5.
    line = {0: "isis", 1: "isis", 2: "opposition", 5: "opposition"}
    known = KnownPlaces.of(SYRIA, control_of([(38.5 + x / 10, 35.0, who, "[]", 0, None) for x, who in line.items()]))
    margin, right = leave_one_out(known, reach_m=1e9)
    # 0: isis at 1, opposition at 2. 1: isis and opposition as near. 2: isis at 1, opposition at 3. 5: opposition at 3,
    # isis at 4.
    assert margin.tolist() == pytest.approx([1 / 2, 1, 1 / 3, 3 / 4], abs=1e-3)
    assert right.tolist()[0] and right.tolist()[2:] == [False, True]
    within, _ = leave_one_out(known, reach_m=20_000)
    assert len(within) == 3


def test_certainty_has_five_bins_and_no_share_of_few_cases() -> None:
    statements: list[Statement] = [(37.0 + i / 50, 36.0, "opposition", "[]", 0, None) for i in range(30)]
    control = control_of([*statements, (40.0, 36.0, "isis", "[]", 0, None)])
    frames = dict(
        zip(CONTROL_TABLES, (control.observations, control.snapshots, control.areas, control.fronts), strict=True)
    )
    rows = tabulate_certainty(SYRIA, frames).to_pylist()
    assert [(row["r_from"], row["r_to"]) for row in rows] == [(0, 0.2), (0.2, 0.33), (0.33, 0.5), (0.5, 0.7), (0.7, 1)]
    assert [(row["cases"], row["right"], row["right_share"]) for row in rows[:2]] == [(30, 30, 1.0), (0, 0, None)]
    assert tabulate_certainty(theatres()["ukraine"], frames).num_rows == 0


def test_weights_of_places_average_one() -> None:
    weights = intervals.draw_places(range(200))
    assert weights.shape == (intervals.DRAWS, 200)
    assert weights.mean() == pytest.approx(1, abs=0.01)
