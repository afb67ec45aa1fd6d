"""The headline: every figure by hand on tiny sets."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from strike_rows import ARTICLE, BOUNDS, FIGURES, INTERVALS, RAQQA, apart, find, frames_of, held, one, scattered, strike

from pipeline.errors import UserError
from pipeline.tables import FEWEST, build_tables
from pipeline.theatres import Theatre, theatres


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def test_figures_of_twenty_places(syria: Theatre) -> None:
    strikes = scattered(20)
    grounds: list[dict[str, Any]] = [{"opposition": 1.0}] * 10
    grounds += [{"isis": 1.0}] * 4
    grounds += [{"government": 1.0}] * 2
    grounds += [{"nusra": 0.95, "isis": 0.05}, {"isis": 0.92, "kurdish": 0.08}]
    grounds += [{"unknown": 1.0}, {"opposition": 0.5, "isis": 0.5}]
    attribution = [held(row, **ground) for row, ground in zip(strikes, grounds, strict=True)]
    attribution[19]["focus_at_point"] = 0.5
    made = build_tables(syria, frames_of(strikes, attribution))
    row = one(made["marts.headline"], **ARTICLE)

    focus = (4 + 0.05 + 0.92 + 0.5) / 20
    assert (row["rows"], row["episodes"], row["places"], row["n"]) == (20, 20, 20, 20)
    assert row["not_focus_expected"] == pytest.approx(1 - focus)
    # On ISIS's ground lie the centres of the four, of the 0.92 and, on half of its days, of the last.
    assert row["not_focus_at_point"] == pytest.approx((20 - 5.5) / 20)
    assert row["not_focus_lower_t10"] == pytest.approx(13 / 20)  # i + u <= 0.10: 10 + 2 + the 0.05
    assert row["not_focus_upper_t10"] == pytest.approx(1 - 5 / 20)  # k + u <= 0.10: 4 + the 0.92
    assert row["not_focus_lower_t0"] == pytest.approx(12 / 20)
    assert row["not_focus_upper_t0"] == pytest.approx(1 - 4 / 20)
    assert row["not_focus_excluding_ally"] == pytest.approx(1 - focus / (1 - 2 / 20))
    assert json.loads(row["split"]) == {
        "opposition": pytest.approx((10 + 0.95 + 0.5) / 20),
        "isis": pytest.approx(focus),
        "government": pytest.approx(2 / 20),
        "kurdish": pytest.approx(0.08 / 20),
        "contested_or_unknown": pytest.approx(1 / 20),
    }
    assert list(json.loads(row["split"])) == list(syria.groups)
    assert row["control_source"] == "control_observations"
    assert (row["window_from"], row["window_to"]) == (date(2015, 9, 30), date(2016, 3, 7))


def test_an_episode_counts_once_with_the_mean_of_its_strikes(syria: Theatre) -> None:
    strikes = [*scattered(19), *(strike(f"t{number}", at=RAQQA) for number in range(4))]
    attribution = [held(row, opposition=1.0) for row in strikes[:19]]
    attribution += [held(row, isis=1.0) for row in strikes[19:22]] + [held(strikes[22], opposition=1.0)]
    headline = build_tables(syria, frames_of(strikes, attribution))["marts.headline"]
    by_episode, by_row = one(headline, **ARTICLE), one(headline, **{**ARTICLE, "unit": "row"})
    assert (by_episode["rows"], by_episode["episodes"], by_episode["n"], by_episode["places"]) == (
        23,
        20,
        20,
        20,
    )
    assert by_episode["not_focus_expected"] == pytest.approx((19 + 0.25) / 20)
    assert by_episode["not_focus_at_point"] == pytest.approx((19 + 0.25) / 20)
    assert json.loads(by_episode["split"])["isis"] == pytest.approx(0.75 / 20)
    assert by_row["n"] == 23
    assert by_row["not_focus_expected"] == pytest.approx(20 / 23)
    assert json.loads(by_row["split"])["isis"] == pytest.approx(3 / 23)


def test_a_filter_takes_of_an_episode_only_the_strikes_that_it_keeps(syria: Theatre) -> None:
    strikes = scattered(20, confidence="high")
    strikes += [strike(f"low{number}", at=apart(0), confidence="low", is_area=True) for number in range(3)]
    attribution = [held(row, opposition=1.0) for row in strikes[:20]] + [held(row) for row in strikes[20:]]
    headline = build_tables(syria, frames_of(strikes, attribution))["marts.headline"]
    assert one(headline, **ARTICLE)["not_focus_expected"] == pytest.approx((19 + 0.25) / 20)
    for name in ("confidence:high", "points_only"):
        row = one(headline, **{**ARTICLE, "filter": name})
        assert (row["rows"], row["n"], row["not_focus_expected"]) == (20, 20, 1.0)
    low = one(headline, **{**ARTICLE, "filter": "confidence:low"})
    assert (low["rows"], low["n"], low["not_focus_expected"]) == (3, 1, None)


def test_contested_ground_with_the_focus_as_a_party_is_unknown_in_the_bounds(syria: Theatre) -> None:
    strikes = scattered(20)
    attribution = [held(row, contested=1.0) if at % 2 else held(row, opposition=1.0) for at, row in enumerate(strikes)]
    for row in attribution[1::2]:
        row.update(other_share=0.0, unknown_share=1.0, controller="contested", status="contested")
    row = one(build_tables(syria, frames_of(strikes, attribution))["marts.headline"], **ARTICLE)
    assert [row[name] for name in BOUNDS] == [0.5, 0.5, 1.0, 1.0]
    assert (row["not_focus_expected"], row["not_focus_at_point"]) == (1.0, 1.0)
    assert json.loads(row["split"])["contested_or_unknown"] == 0.5


def test_bounds_are_widened_where_what_counts_as_sure_is_not_whole(syria: Theatre) -> None:
    strikes = scattered(20)
    attribution = [held(row, opposition=0.96, isis=0.04) for row in strikes]
    attribution[0]["focus_at_point"] = 1.0
    row = one(build_tables(syria, frames_of(strikes, attribution))["marts.headline"], **ARTICLE)
    # Each of the twenty is sure at t = 0.10: by itself the lower bound would be 1, above the mean of 0.96.
    assert row["not_focus_lower_t10"] == pytest.approx(0.95)
    assert row["not_focus_upper_t10"] == 1.0


def test_ground_of_the_ally_alone_leaves_nothing_to_exclude_from(syria: Theatre) -> None:
    strikes = scattered(20)
    made = build_tables(syria, frames_of(strikes, [held(row, government=1.0) for row in strikes]))
    assert one(made["marts.headline"], **ARTICLE)["not_focus_excluding_ally"] is None


def test_under_twenty_locations_there_is_a_count_and_no_share(syria: Theatre) -> None:
    strikes = scattered(FEWEST - 1)
    strikes += [strike("again", at=apart(0))]
    made = build_tables(syria, frames_of(strikes))
    row = one(made["marts.headline"], **ARTICLE)
    assert (row["n"], row["rows"]) == (19, 20)
    assert {row[name] for name in (*FIGURES, *BOUNDS, *INTERVALS, "split")} == {None}
    assert "19 reported strike locations, too few for a share" in row["sentence"]
    assert {r["expected_share"] for r in find(made["marts.headline_split"], **ARTICLE)} == {None}
    assert one(made["marts.headline"], **{**ARTICLE, "unit": "row"})["not_focus_expected"] == 0.0
    assert {r["share"] for r in find(made["marts.strikes_by_region"], window="article")} == {None}


@pytest.mark.parametrize(("unknown", "is_shown"), [(0.5, True), (0.6, False), (1.0, False)])
def test_where_most_ground_is_not_known_there_is_no_share(syria: Theatre, unknown: float, is_shown: bool) -> None:
    """What is not known counts as outside: of a map that covers nothing, all would lie outside."""
    strikes = scattered(FEWEST)
    attribution = [held(row, opposition=1 - unknown, unknown=unknown) for row in strikes]
    row = one(build_tables(syria, frames_of(strikes, attribution))["marts.headline"], **ARTICLE)
    assert row["n"] == FEWEST
    assert (row["not_focus_expected"] is not None) == (row["split"] is not None) == is_shown
    assert ("no share: most of the ground is not known" in row["sentence"]) != is_shown
    if not is_shown:
        assert {row[name] for name in (*FIGURES, *BOUNDS, *INTERVALS)} == {None}


def test_windows_hold_strikes_by_their_first_day_and_months_run_from_first_to_last(syria: Theatre) -> None:
    strikes = [
        strike("before", "2015-09-29", "2015-10-02", at=apart(1)),
        strike("first", "2015-09-30", at=apart(2)),
        strike("over", "2015-10-31", "2015-11-01", at=apart(3)),
        strike("over_again", "2015-11-01", at=apart(3)),
        strike("last", "2016-03-07", "2016-03-20", at=apart(4)),
        strike("after", "2016-03-08", at=apart(5)),
        strike("background", "2016-06-01", is_background=True, at=apart(6)),
    ]
    headline = build_tables(syria, frames_of(strikes))["marts.headline"]
    counts = {row["window"]: (row["rows"], row["n"]) for row in find(headline, filter="all", unit="episode")}
    assert counts == {
        "article": (4, 3), "to_cessation": (3, 2), "all": (6, 5), "2015-09": (2, 2), "2015-10": (1, 1),
        "2015-11": (1, 1), "2015-12": (0, 0), "2016-01": (0, 0), "2016-02": (0, 0), "2016-03": (2, 2),
    }  # fmt: skip


def test_an_attribution_that_is_missing_or_double_is_told(syria: Theatre) -> None:
    strikes = scattered(2)
    for attribution in ([held(strikes[0])], [held(strikes[0]), held(strikes[1]), held(strikes[1])]):
        with pytest.raises(UserError, match=r"1 strikes do not have exactly one .* s001"):
            build_tables(syria, frames_of(strikes, attribution))


def test_a_holder_without_a_group_is_told(syria: Theatre) -> None:
    strikes = scattered(1)
    with pytest.raises(UserError, match="turkish, which no group"):
        build_tables(syria, frames_of(strikes, [held(strikes[0], turkish=1.0)]))
