"""The tables: all of them, days and regions by hand; by brute force on drawn strikes, and their laws."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strike_rows import (
    ALEPPO,
    ARTICLE,
    BOUNDS,
    FIGURES,
    INTERVALS,
    MARGINS,
    RAQQA,
    Row,
    apart,
    find,
    frames_of,
    held,
    one,
    scattered,
    strike,
)

from pipeline.catalogue import table
from pipeline.content import content_digest
from pipeline.errors import UserError
from pipeline.tables import FEWEST, TOLERANCE, build_tables
from pipeline.theatres import Theatre, theatres


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def test_nothing_in_gives_empty_tables(syria: Theatre) -> None:
    made = build_tables(syria, frames_of([]))
    assert set(made) == {
        "core.episodes", "core.region_places", "core.links", "core.control_flips", "marts.control_area_km2",
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


few = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


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
