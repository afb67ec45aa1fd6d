"""Effective windows, locations, and the reasons for which a strike record is refused."""

from __future__ import annotations

import statistics
from datetime import date

import pyarrow as pa
import pytest
from raw_strikes import ALEPPO, airwars, map_rows, reasons_of, source_like

from pipeline.strikes import read_note_days
from pipeline.work import Work


def test_a_plain_row_becomes_a_strike_with_the_precision_of_the_sources_own_scale() -> None:
    strike = map_rows("airwars", [airwars()]).rows.to_pylist()[0]
    assert (strike["source_key"], strike["date_from"], strike["date_to"]) == (
        "1",
        date(2016, 1, 5),
        date(2016, 1, 5),
    )
    assert (strike["precision_m"], strike["precision_basis"], strike["is_area"]) == (5000, "city", False)
    assert (strike["location_basis"], strike["month"]) == ("coordinate", "2016-01")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"airwars_id": ""}, "key_missing"),
        ({"date": ""}, "date_missing"),
        ({"date": "05/01/2016"}, "date_unparsable"),
        ({"date": "0025-01-05"}, "date_too_early"),
        ({"date": "2031-01-05"}, "date_future"),
        ({"date": "2017-01-05"}, "date_after_theatre"),
        ({"date": "1899-12-30"}, "date_null"),
        ({"date": "1970-01-01"}, "date_null"),
        ({"published": "soon"}, "date_unparsable"),
        ({"latitude": "0", "longitude": "0"}, "coordinate_null_island"),
        ({"latitude": "north", "longitude": "east"}, "coordinate_unreadable"),
        ({"latitude": "4239.00416", "longitude": "37.1"}, "coordinate_impossible"),
        ({"latitude": "50.4", "longitude": "30.5"}, "coordinate_outside"),
        # Both orders lie in the box of Syria; only the province tells that 37.1, 36.2 is not in Aleppo.
        ({"latitude": "37.13", "longitude": "36.2"}, "coordinate_swapped"),
        ({"latitude": "40.1", "longitude": "35.3", "governorate": "Deir ez-Zor"}, "coordinate_swapped"),
        ({"governorate": "Atlantis"}, "province_unknown"),
        ({"latitude": "", "longitude": "", "location_en": ""}, "place_missing"),
        ({"latitude": "", "longitude": "", "location_en": "Nowhere"}, "place_unknown"),
    ],
)
def test_bad_rows_are_refused_by_name_and_good_rows_go_on(changes: dict[str, str], reason: str) -> None:
    mapped = map_rows("airwars", [airwars(**changes), airwars(airwars_id="2")], [ALEPPO])
    assert reasons_of(mapped) == [reason]
    assert [strike["source_key"] for strike in mapped.rows.to_pylist()] == ["2"]
    refused = mapped.quarantine.to_pylist()[0]
    assert (refused["record_no"], refused["line_no"], refused["file_name"]) == (1, 2, "f.csv")
    assert refused["hint"]


def test_a_window_of_years_and_a_precision_wider_than_the_country_are_refused() -> None:
    source = source_like("airwars", {"date_to": "until", "precision": "radius"}, precision_scale=None)
    rows = [airwars(until="2025-10-06"), airwars(airwars_id="2", until="2016-01-07", radius="1e9")]
    mapped = map_rows(source, [*rows, airwars(airwars_id="3", until="2016-01-07", radius="1_000")])
    assert reasons_of(mapped) == ["date_span", "precision_impossible", "precision_unknown"]


@pytest.mark.parametrize(
    ("days", "reason", "said"),
    [
        ({"on": "2015-10-20", "until": "2015-10-05"}, "date_order", "2015-10-20 to 2015-10-05"),
        ({"start": "2015-10-20", "until": "2015-10-05"}, "date_order", "2015-10-20 to 2015-10-05"),
        ({"date": "2015-10-01", "start": "2015-10-20", "end": "2015-10-05"}, "date_order", "2015-10-20 to 2015-10-05"),
        ({"start": "2015-10-01", "on": "2016-09-20", "until": "2016-11-30"}, "date_span", "2015-10-01 to 2016-11-30"),
    ],
)
def test_a_window_is_judged_as_it_counts_whichever_days_say_it(days: dict[str, str], reason: str, said: str) -> None:
    named = {"date_to": "until", "date_exact": "on", "period_from": "start", "period_to": "end"}
    mapped = map_rows(source_like("airwars", named), [airwars(**{"date": "", **days})])
    assert [(row["reason_code"], row["value"]) for row in mapped.quarantine.to_pylist()] == [(reason, said)]


def test_a_day_before_the_previous_reports_end_keeps_its_own_window() -> None:
    row = {
        "report_url": "https://example.org/2", "place": "Aleppo", "province": "Aleppo", "period_start": "2015-10-01",
        "period_end": "2015-10-10", "day": "2015-10-03",
    }  # fmt: skip
    before = {
        "theatre": "syria", "source": "isw_report_list", "record_id": "p1", "report_url": "https://example.org/1",
        "report_title": "One", "published": None, "period_from": date(2015, 9, 30), "period_to": date(2015, 10, 5),
        "locations_stated": None,
    }  # fmt: skip
    source = source_like("isw_reports", {"date_from": "day"})
    (strike,) = map_rows(source, [row], [ALEPPO], [before]).rows.to_pylist()
    assert (strike["date_from"], strike["date_to"], strike["date_basis"]) == (
        date(2015, 10, 3),
        date(2015, 10, 3),
        "report_window",
    )


def test_a_malformed_row_gets_no_other_reason() -> None:
    broken = {"airwars_id": "1", "_problem": "record_malformed", "_problem_text": "1 cells under a header of 9"}
    assert reasons_of(map_rows("airwars", [broken])) == ["record_malformed"]


def test_a_row_without_coordinate_takes_the_gazetteers_under_any_spelling() -> None:
    rows = [airwars(latitude="", longitude="", location_en="halab", geolocation_accuracy="")]
    strike = map_rows("airwars", rows, [ALEPPO]).rows.to_pylist()[0]
    assert (strike["latitude"], strike["precision_m"], strike["location_basis"]) == (
        36.2,
        4000.0,
        "gazetteer",
    )


def test_two_places_of_one_name_are_ambiguous() -> None:
    other = {**ALEPPO, "place_id": "p2", "latitude": 36.9}
    rows = [airwars(latitude="", longitude="")]
    assert reasons_of(map_rows("airwars", rows, [ALEPPO, other])) == ["place_ambiguous"]


@pytest.mark.parametrize("order", [1, -1])
def test_swapped_axes_are_seen_whichever_of_several_places_is_meant(order: int) -> None:
    # Neither id may decide which of two places of a name a coordinate is held against.
    places = [
        {**ALEPPO, "place_id": place_id, "province": None, "latitude": latitude, "longitude": longitude}
        for place_id, (latitude, longitude) in zip(["p1", "p2"], [(33.0, 36.1), (36.2, 37.1)][::order], strict=True)
    ]
    where = [("37.1", "36.2"), ("36.2", "37.1"), ("33.0", "36.1"), ("35.0", "36.6")]
    rows = [
        airwars(airwars_id=str(number), governorate="", latitude=latitude, longitude=longitude)
        for number, (latitude, longitude) in enumerate(where)
    ]
    mapped = map_rows("airwars", rows, places)
    assert [(row["source_key"], row["reason_code"]) for row in mapped.quarantine.to_pylist()] == [
        ("0", "coordinate_swapped")
    ]


@pytest.mark.parametrize(
    ("note", "days"),
    [
        ("Nov 6-8", (date(2015, 11, 6), date(2015, 11, 8))),
        ("supply route, Nov 30 - Dec 2", (date(2015, 11, 30), date(2015, 12, 2))),
        ("until taken Jan 25", (None, None)),
        ("seized by regime Dec 29", (None, None)),
        ("May 3-9", (None, None)),
        ("November 6 - Dec. 2", (date(2015, 11, 6), date(2015, 12, 2))),
        ("Novy Dvor 2-3 km north", (None, None)),
        ("Nov 10-11 and, before, Nov 6-8", (date(2015, 11, 6), date(2015, 11, 11))),
        ("Nov 6-8, on a front that moved Sept 3-5", (None, None)),
        (None, (None, None)),
    ],
)
def test_days_named_in_a_note_count_only_inside_the_window(
    note: str | None, days: tuple[date | None, date | None]
) -> None:
    assert read_note_days(note, date(2015, 11, 1), date(2015, 12, 5)) == days


def test_days_named_in_a_note_across_new_year() -> None:
    found = read_note_days("up to 200 strikes, Dec 28-Jan 3", date(2015, 12, 22), date(2016, 1, 3))
    assert found == (date(2015, 12, 28), date(2016, 1, 3))


def test_the_showcase_reads_as_its_own_notes_say(showcase: Work) -> None:
    strikes = [s for s in showcase.lake.read("core.strikes").to_pylist() if s["source"] == "isw_reports"]
    assert all(s["reported_from"] <= s["date_from"] <= s["date_to"] for s in strikes if not s["is_background"])
    assert sum(s["is_background"] for s in strikes) == 4
    days = [(s["date_to"] - s["date_from"]).days + 1 for s in strikes]
    assert statistics.median(days) == 2


def test_conservation_holds_for_every_export_of_the_showcase(showcase: Work) -> None:
    outcomes = showcase.lake.read("core.record_outcomes").to_pylist()
    for export in showcase.lake.read("raw.exports").to_pylist():
        own = [o for o in outcomes if o["export_id"] == export["export_id"]]
        assert len(own) == export["record_count"]


def test_order_of_records_changes_nothing() -> None:
    rows = [airwars(airwars_id=str(i), date=f"2016-01-{i:02d}") for i in range(1, 9)]
    one, other = map_rows("airwars", rows).rows, map_rows("airwars", rows[::-1]).rows
    keep = [name for name in one.column_names if name != "record_id"]
    assert one.select(keep).equals(other.select(keep))
    assert isinstance(one, pa.Table)


def test_a_precision_word_of_no_scale_is_refused_and_not_taken_for_the_default() -> None:
    mapped = map_rows(
        "airwars", [airwars(geolocation_accuracy="roughly"), airwars(airwars_id="2", geolocation_accuracy="")]
    )
    assert [(r["reason_code"], r["value"]) for r in mapped.quarantine.to_pylist()] == [("precision_unknown", "roughly")]
    assert mapped.rows.column("precision_basis").to_pylist() == ["default of the source"]


def test_an_exact_date_counts_where_the_report_does_not_say_when_its_window_ends() -> None:
    row = {
        "report_url": "https://example.org/1", "place": "Aleppo", "province": "Aleppo", "period_start": "2015-10-01",
        "date_exact": "2015-10-05",
    }  # fmt: skip
    found = map_rows("isw_reports", [row], [ALEPPO]).rows.to_pylist()[0]
    assert (found["date_basis"], found["date_from"], found["is_background"]) == ("exact", date(2015, 10, 5), False)
