"""The tables: every figure by hand on tiny sets, by brute force on drawn ones, and their laws."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.lake import content_digest
from pipeline.tables import FEWEST, TOLERANCE, build_tables
from pipeline.tables.sentences import percent, tell
from pipeline.theatres import Theatre, theatres

ALEPPO = (36.2021, 37.1343)
RAQQA = (35.95, 39.01)
ARTICLE = {"window": "article", "filter": "all", "unit": "episode"}
FIGURES = ("not_focus_at_point", "not_focus_expected", "not_focus_excluding_ally")
INTERVALS = (
    "margin_lower", "margin_upper", "place_lower", "place_upper", "map_lower", "map_upper", "tipping_point",
    "tipping_ratio",
)  # fmt: skip
MARGINS = ("margin_lower", "margin_upper")
BOUNDS = ("not_focus_lower_t0", "not_focus_lower_t10", "not_focus_upper_t10", "not_focus_upper_t0")

Row = dict[str, Any]


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def strike(name: str, day: str = "2015-11-01", to: str | None = None, **given_: Any) -> Row:
    """A row of core.strikes, at Aleppo on one day unless told otherwise."""
    latitude, longitude = given_.pop("at", ALEPPO)
    first, last = date.fromisoformat(day), date.fromisoformat(to or day)
    row: Row = dict.fromkeys(table("core.strikes").columns)
    return (
        row
        | {
            "strike_id": name, "theatre": "syria", "source": "isw_reports", "source_key": name,
            "month": f"{first:%Y-%m}", "record_id": f"r-{name}", "export_id": "e", "date_from": first,
            "date_to": last, "date_basis": "exact", "reported_from": first, "reported_to": last,
            "is_background": False, "latitude": latitude, "longitude": longitude, "precision_m": 1000.0,
            "precision_basis": "default", "location_basis": "coordinate", "is_area": False,
            "confidence": "unstated", "sightings": 1,
        }
        | given_
    )  # fmt: skip


def held(of: Row, focus_at_point: float | None = None, certainty: str = "firm", **shares: float) -> Row:
    """The row of core.attribution of a strike whose disc has these shares by controller."""
    shares = shares or {"isis": 1.0}
    focus, unknown = shares.get("isis", 0.0), shares.get("unknown", 0.0)
    row: Row = dict.fromkeys(table("core.attribution").columns)
    return row | {
        "strike_id": of["strike_id"], "theatre": of["theatre"], "source": of["source"], "month": of["month"],
        "control_source": "control_observations", "controller": max(shares, key=lambda name: shares[name]),
        "parties": "[]", "status": "held", "certainty": certainty, "focus_share": focus,
        "other_share": 1 - focus - unknown, "unknown_share": unknown,
        "focus_at_point": round(focus) if focus_at_point is None else focus_at_point,
        "shares": json.dumps(shares), "radius_m": of["precision_m"],
        "window_days": (of["date_to"] - of["date_from"]).days + 1, "days_without_snapshot": 0,
    }  # fmt: skip


def frames_of(strikes: list[Row], attribution: list[Row] | None = None) -> dict[str, pa.Table]:
    return {
        "core.strikes": table("core.strikes").conform(strikes),
        "core.attribution": table("core.attribution").conform(
            [held(row) for row in strikes] if attribution is None else attribution
        ),
    }


def find(frame: pa.Table, **wanted: Any) -> list[Row]:
    return [row for row in frame.to_pylist() if all(row[name] == value for name, value in wanted.items())]


def one(frame: pa.Table, **wanted: Any) -> Row:
    (row,) = find(frame, **wanted)
    return row


def apart(number: int) -> tuple[float, float]:
    """One of many places, each a kilometre north of the one before."""
    return ALEPPO[0] + number / 100, ALEPPO[1]


def scattered(count: int, **given_: Any) -> list[Row]:
    """Strikes at different places, each an episode of its own."""
    return [strike(f"s{number:03d}", at=apart(number), **given_) for number in range(count)]


def episodes_of(theatre: Theatre, strikes: list[Row]) -> dict[str, str]:
    made = build_tables(theatre, frames_of(strikes))["core.episodes"].to_pylist()
    return {row["strike_id"]: row["episode_id"] for row in made}


# Episodes


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


# The headline, by hand


def test_figures_of_twenty_places(syria: Theatre) -> None:
    strikes = scattered(20)
    grounds: list[dict[str, float]] = [{"opposition": 1.0}] * 10
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
    attribution = [held(row, contested=1.0) for row in strikes]
    for row in attribution:
        row.update(other_share=0.0, unknown_share=1.0, controller="contested", status="contested")
    row = one(build_tables(syria, frames_of(strikes, attribution))["marts.headline"], **ARTICLE)
    assert [row[name] for name in BOUNDS] == [0.0, 0.0, 1.0, 1.0]
    assert (row["not_focus_expected"], row["not_focus_at_point"]) == (1.0, 1.0)
    assert json.loads(row["split"])["contested_or_unknown"] == 1.0


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


def test_nothing_in_gives_empty_tables(syria: Theatre) -> None:
    made = build_tables(syria, frames_of([]))
    assert set(made) == {
        "core.episodes", "core.region_places", "core.control_flips", "marts.control_area_km2",
        "marts.headline", "marts.headline_split", "marts.strikes_by_day",
        "marts.strikes_by_region", "marts.claims", "marts.claims_vs_control", "marts.sensitivity",
        "marts.consistency", "marts.alarms", "marts.certainty", "marts.explanations", "marts.agreement",
    }  # fmt: skip
    for name, frame in made.items():
        assert frame.num_rows == 0
        assert frame.schema == table(name).arrow_schema


def test_rows_of_another_theatre_are_left_aside(syria: Theatre) -> None:
    strikes = [strike("here"), strike("there", theatre="ukraine")]
    made = build_tables(syria, frames_of(strikes))
    assert made["core.episodes"].column("strike_id").to_pylist() == ["here"]


# Days, regions


def test_a_strike_is_spread_evenly_over_the_days_of_its_window(syria: Theatre) -> None:
    strikes = [
        strike("a", "2015-11-01", "2015-11-02"),
        strike("b", "2015-11-02"),
        strike("c", "2015-11-02"),
        strike("background", "2015-11-02", is_background=True),
    ]
    attribution = [held(strikes[0]), held(strikes[1]), held(strikes[2], opposition=1.0), held(strikes[3])]
    days = build_tables(syria, frames_of(strikes, attribution))["marts.strikes_by_day"].to_pylist()
    assert [(row["day"].day, row["controller"], row["strikes"]) for row in days] == [
        (1, "isis", 0.5),
        (2, "isis", 1.5),
        (2, "opposition", 1.0),
    ]


def test_regions_by_box_by_province_and_by_distance(syria: Theatre) -> None:
    places = {
        "Aleppo": ALEPPO,
        "on the box's edge": (35.0, 37.5),
        "Latakia": (35.55, 35.85),
        "Manbij": (36.53, 37.95),
        "Raqqa": RAQQA,
        # 24.9 and 25.1 km due east of the city: 0.01 degree of longitude is 0.897 km there.
        "inside the circle": (ALEPPO[0], ALEPPO[1] + 24.9 / 89.73),
        "outside the circle": (ALEPPO[0], ALEPPO[1] + 25.1 / 89.73),
    }
    strikes = [strike(f"{number}", at=at) for number, at in enumerate(places.values())]
    strikes += [strike("again", at=ALEPPO), strike("background", at=ALEPPO, is_background=True)]
    made = build_tables(syria, frames_of(strikes))
    rows = find(made["marts.strikes_by_region"], window="article")
    assert {row["region"]: (row["rows"], row["episodes"], row["episodes_all"]) for row in rows} == {
        "north_west_box": (6, 5, 7),
        "north_west_governorates": (6, 5, 7),
        "aleppo_governorate": (5, 4, 7),
        "aleppo_city_25_km": (3, 2, 7),
    }
    assert {row["region"]: row["title"] for row in rows} == {
        name: region.title for name, region in syria.regions.items()
    }
    near = [row["longitude"] for row in find(made["core.region_places"], region="aleppo_city_25_km")]
    assert near == [ALEPPO[1], round(ALEPPO[1] + 24.9 / 89.73, 6)]


def test_the_share_of_a_region_is_of_the_episodes_of_its_source(syria: Theatre) -> None:
    strikes = [*scattered(20), *(strike(f"r{n}", at=(RAQQA[0] + n / 100, RAQQA[1])) for n in range(5))]
    strikes += [strike("other", source="airwars")]
    rows = build_tables(syria, frames_of(strikes))["marts.strikes_by_region"]
    row = one(rows, source="isw_reports", window="article", region="north_west_box")
    assert (row["episodes"], row["episodes_all"], row["share"]) == (20, 25, 0.8)


def test_a_region_of_a_province_that_is_not_there_is_told(syria: Theatre) -> None:
    region = syria.regions["aleppo_governorate"].model_copy(update={"provinces": ("Allepo",)})
    wrong = syria.model_copy(update={"regions": {"aleppo_governorate": region}})
    with pytest.raises(UserError, match="'Allepo', which the theatre does not have: use one of Aleppo"):
        build_tables(wrong, frames_of([]))


# Sensitivity


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


# Sentences


def headline_row(**given_: Any) -> Row:
    return {
        "source": "isw_reports", "window": "article", "filter": "all", "unit": "episode", "n": 65,
        "not_focus_at_point": 0.754, "not_focus_expected": 0.775, "not_focus_lower_t10": 0.72,
        "not_focus_upper_t10": 0.85, "place_lower": 0.63, "place_upper": 0.9, "map_lower": 0.62, "map_upper": 0.91,
    } | given_  # fmt: skip


SPLIT = {"opposition": 0.56, "isis": 0.22, "government": 0.17, "kurdish": 0.02, "contested_or_unknown": 0.03}


def test_a_sentence_says_source_window_count_figures_and_split(syria: Theatre) -> None:
    assert tell(syria, headline_row(), SPLIT) == (
        "Locations that ISW's published reports name (30 September 2015 – 7 March 2016): of 65 reported "
        "strike locations, 77.5% (72–85%, given the control map) lay outside ISIS-held ground, 75.4% by "
        "their centres alone; 63–90% had other places been named, 62–91% had the map been drawn from other "
        "places too. Who held the ground: Opposition 56%, ISIS 22%, Government 17%, Kurdish 2%, contested or "
        "unknown 3%."
    )


@pytest.mark.parametrize(
    ("given_", "scope"),
    [
        ({"window": "2015-10"}, "(October 2015): of 65"),
        ({"unit": "row", "n": 1065}, "(30 September 2015 – 7 March 2016; repeats counted): of 1,065"),
        ({"filter": "confidence:high"}, "(30 September 2015 – 7 March 2016; confidence high): of 65"),
        ({"filter": "points_only"}, "; only places known to within 5 km): of 65"),
        ({"filter": "region:aleppo_governorate"}, "; Aleppo governorate): of 65"),
        ({"filter": "confidence:low|points_only"}, "; confidence low; only places known to within 5 km): of 65"),
    ],
)
def test_a_sentence_says_what_is_counted(syria: Theatre, given_: Row, scope: str) -> None:
    assert scope in tell(syria, headline_row(**given_), SPLIT)


@pytest.mark.parametrize(
    ("n", "end"),
    [
        (0, ": no reported strike location."),
        (1, ": 1 reported strike location, too few for a share (fewer than 20)."),
        (19, ": 19 reported strike locations, too few for a share (fewer than 20)."),
    ],
)
def test_a_sentence_without_a_share(syria: Theatre, n: int, end: str) -> None:
    assert tell(syria, headline_row(n=n), None).endswith(end)


def test_a_sentence_of_another_theatre_speaks_its_words() -> None:
    told = tell(
        theatres()["ukraine"],
        headline_row(source="bellingcat", window="kharkiv_counteroffensive", map_lower=None, map_upper=None),
        {"ukrainian": 0.775, "russian": 0.225, "contested_or_unknown": 0.0},
    )
    assert told == (
        "Bellingcat's incidents of civilian harm (1 – 30 September 2022): of 65 reported strike locations, "
        "77.5% (72–85%, given the control map) lay outside Russian-held ground, 75.4% by their centres "
        "alone; 63–90% had other places been named. Who held the ground: Ukrainian 78%, Russian 22%, contested "
        "or unknown 0%."
    )


def test_a_span_that_is_nearly_all_is_not_said_to_be_all(syria: Theatre) -> None:
    told = tell(syria, headline_row(place_lower=0.978, place_upper=0.99999), SPLIT)
    assert "98% to >99% had other places been named" in told


@pytest.mark.parametrize(
    ("share", "decimals", "said"),
    [
        (0.775, 1, "77.5%"), (0.7746, 0, "77%"), (0.0, 0, "0%"), (1.0, 1, "100.0%"), (0.999, 0, ">99%"),
        (0.9996, 1, ">99.9%"), (0.004, 0, "<1%"), (0.0004, 1, "<0.1%"),
    ],
)  # fmt: skip
def test_percent(share: float, decimals: int, said: str) -> None:
    assert percent(share, decimals) == said


# Laws, on drawn strikes


@st.composite
def drawn(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Strikes at a few places on a few days, with grounds that are sure, nearly sure and mixed."""
    strikes, attribution = [], []
    for number in range(draw(st.integers(20, 60))):
        first = date(2015, 9, 25) + timedelta(days=draw(st.integers(0, 60)))
        row = strike(
            f"s{number:03d}",
            first.isoformat(),
            (first + timedelta(days=draw(st.integers(0, 6)))).isoformat(),
            at=draw(st.sampled_from([ALEPPO, RAQQA, *(apart(n) for n in range(25))])),
            confidence=draw(st.sampled_from(["high", "unstated"])),
            is_area=draw(st.booleans()),
            is_background=draw(st.integers(0, 9)) == 0,
        )
        parts = draw(
            st.lists(
                st.sampled_from([0.0, 0.0, 0.0, 1e-10, 0.03, 0.1, 1 / 3, 1.0, 20.0]), min_size=4, max_size=4
            ).filter(any)
        )
        names = ("isis", "opposition", "government", "unknown")
        shares = {name: part / sum(parts) for name, part in zip(names, parts, strict=True) if part}
        focus = shares.get("isis", 0.0)
        # A centre lies in its disc: a disc wholly of one side has no centre on the other.
        at_point = draw(st.sampled_from([0.0, 0.5, 1.0])) if 0 < focus < 1 else focus
        strikes.append(row)
        attribution.append(held(row, at_point, certainty=draw(st.sampled_from(["firm", "uncertain"])), **shares))
    return strikes, attribution


def by_brute_force(strikes: list[Row], attribution: list[Row], episodes: dict[str, str], unit: str) -> Row:
    """The definitions of METHODS, one strike at a time."""
    items = defaultdict(list)
    for row, ground in zip(strikes, attribution, strict=True):
        if not row["is_background"] and date(2015, 9, 30) <= row["date_from"] <= date(2016, 3, 7):
            items[episodes[row["strike_id"]] if unit == "episode" else row["strike_id"]].append(ground)
    means = [
        [
            sum(ground[name] for ground in grounds) / len(grounds)
            for name in ("focus_share", "other_share", "unknown_share", "focus_at_point")
        ]
        for grounds in items.values()
    ]
    n = len(means)
    if n < FEWEST:
        return {"n": n} | dict.fromkeys((*BOUNDS, *MARGINS, "not_focus_expected", "not_focus_at_point"))
    expected = sum(1 - i for i, _, _, _ in means) / n
    point = sum(1 - p for _, _, _, p in means) / n
    row = {"n": n, "not_focus_expected": expected, "not_focus_at_point": point}
    for name, resolved in zip(MARGINS, (1, 0), strict=True):
        focus = [[resolved if g["certainty"] == "uncertain" else g["focus_share"] for g in gs] for gs in items.values()]
        row[name] = 1 - sum(sum(shares) / len(shares) for shares in focus) / n
    for name, t in (("t10", TOLERANCE), ("t0", 0.0)):
        lower = sum(i + u <= t + 1e-9 for i, _, u, _ in means) / n
        upper = 1 - sum(k + u <= t + 1e-9 for _, k, u, _ in means) / n
        row[f"not_focus_lower_{name}"] = min(lower, expected, point)
        row[f"not_focus_upper_{name}"] = max(upper, expected, point)
    return row


few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(drawn())
def test_figures_are_those_of_brute_force(case: tuple[list[Row], list[Row]]) -> None:
    strikes, attribution = case
    made = build_tables(theatres()["syria"], frames_of(strikes, attribution))
    episodes = {row["strike_id"]: row["episode_id"] for row in made["core.episodes"].to_pylist()}
    for unit in ("episode", "row"):
        row = one(made["marts.headline"], **{**ARTICLE, "unit": unit})
        wanted = by_brute_force(strikes, attribution, episodes, unit)
        assert {name: row[name] for name in wanted} == pytest.approx(wanted, abs=1e-8)


@few
@given(drawn())
def test_laws_of_every_headline(case: tuple[list[Row], list[Row]]) -> None:
    strikes, attribution = case
    made = build_tables(theatres()["syria"], frames_of(strikes, attribution))
    for row in made["marts.headline"].to_pylist():
        assert "sorti" not in row["sentence"].lower()
        assert f"{row['n']} reported" in row["sentence"] or row["n"] == 0
        assert (row["split"] is None) == (row["n"] < FEWEST)
        if row["split"] is None:
            assert {row[name] for name in (*FIGURES, *BOUNDS, *INTERVALS)} == {None}
            continue
        lower0, lower10, upper10, upper0 = (row[name] for name in BOUNDS)
        for figure in ("not_focus_at_point", "not_focus_expected"):
            assert 0 <= lower0 <= lower10 <= row[figure] <= upper10 <= upper0 <= 1
        assert 0 <= row["margin_lower"] <= row["not_focus_expected"] <= row["margin_upper"] <= 1
        assert 0 <= row["place_lower"] <= row["place_upper"] <= 1
        assert row["tipping_point"] == pytest.approx(row["n"] * (2 * row["not_focus_expected"] - 1), abs=1e-5)
        split = json.loads(row["split"])
        assert sum(split.values()) == pytest.approx(1, abs=1e-7)
        assert 1 - split["isis"] == pytest.approx(row["not_focus_expected"], abs=1e-7)
        named = {name: row[name] for name in ("source", "window", "filter", "unit")}
        long = {r["controller_group"]: r["expected_share"] for r in find(made["marts.headline_split"], **named)}
        assert long == split


@few
@given(drawn())
def test_no_strike_is_lost_or_counted_twice(case: tuple[list[Row], list[Row]]) -> None:
    strikes, attribution = case
    made = build_tables(theatres()["syria"], frames_of(strikes, attribution))
    counted = sum(not row["is_background"] for row in strikes)
    episodes = made["core.episodes"]
    assert sorted(episodes.column("strike_id").to_pylist()) == sorted(row["strike_id"] for row in strikes)
    assert sum(made["marts.strikes_by_day"].column("strikes").to_pylist()) == pytest.approx(counted, abs=1e-6)
    rows = find(made["marts.headline"], unit="row")
    months = [row["n"] for row in rows if row["filter"] == "all" and row["window"].startswith("20")]
    assert sum(months) == counted == one(made["marts.headline"], window="all", filter="all", unit="row")["n"]
    everywhere = {row["filter"]: row["n"] for row in rows if row["window"] == "all"}
    classes = {name: n for name, n in everywhere.items() if name.startswith("confidence:")}
    of_points = {name: n for name, n in classes.items() if name.endswith("|points_only")}
    assert sum(classes.values()) - sum(of_points.values()) == counted
    points = sum(not row["is_background"] and not row["is_area"] for row in strikes)
    assert sum(of_points.values()) == everywhere["points_only"] == points


@few
@given(drawn(), st.integers(0, 2**16))
def test_order_of_rows_and_repetition_change_nothing(case: tuple[list[Row], list[Row]], seed: int) -> None:
    strikes, attribution = case
    syria = theatres()["syria"]
    first = build_tables(syria, frames_of(strikes, attribution))
    shuffle = random.Random(seed).sample
    second = build_tables(syria, frames_of(shuffle(strikes, len(strikes)), shuffle(attribution, len(attribution))))
    assert {name: content_digest(frame) for name, frame in first.items()} == {
        name: content_digest(frame) for name, frame in second.items()
    }
    for name, frame in first.items():
        assert frame.equals(frame.sort_by([(column, "ascending") for column in table(name).key])), name
