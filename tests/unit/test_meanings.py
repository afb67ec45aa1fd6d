"""What a source's own words mean: dates, precision, vocabularies. What is in none is refused by name, never guessed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_strikes import ALEPPO, SYRIA, airwars, map_rows, reasons_of, source_like

from pipeline.catalogue import table
from pipeline.mapping import Mapped, Received
from pipeline.parsing import parse_dates, parse_spans
from pipeline.references import map_references
from pipeline.theatres import Source, Theatre, precision_scales, theatres

PAIR = source_like("airwars", {"coordinate": "where"})
BLANK = {"latitude": "", "longitude": ""}


def _told(mapped: Mapped) -> list[tuple[str, str, str]]:
    return [(row["reason_code"], row["field"], row["value"]) for row in mapped.quarantine.to_pylist()]


def test_a_grid_square_wider_than_the_stated_precision_is_the_precision() -> None:
    rows = [airwars(**BLANK, where="37SCA3207", geolocation_accuracy="exact_location")]
    (strike,) = map_rows(PAIR, rows).rows.to_pylist()
    assert (strike["precision_basis"], strike["precision_stated"]) == ("grid square", "exact_location")
    assert strike["precision_m"] == pytest.approx(707, abs=1)


@pytest.mark.parametrize(
    ("stated", "metres", "basis"),
    [
        ("province/governorate", 40_000, "province/governorate"), ("village", 4_000, "gazetteer"),
        ("", 4_000, "gazetteer"),
    ],
)  # fmt: skip
def test_a_place_of_the_gazetteer_is_known_no_better_than_the_source_says(
    stated: str, metres: float, basis: str
) -> None:
    (strike,) = map_rows("airwars", [airwars(**BLANK, geolocation_accuracy=stated)], [ALEPPO]).rows.to_pylist()
    assert (strike["precision_m"], strike["precision_basis"]) == (metres, basis)


def test_two_columns_with_each_others_letters_are_swapped_and_a_pair_with_letters_is_not() -> None:
    rows = [airwars(latitude="37.1E", longitude="36.2N"), airwars(airwars_id="2", **BLANK, where="37.1E 36.2N")]
    mapped = map_rows(PAIR, rows)
    assert _told(mapped) == [("coordinate_swapped", "coordinate", "37.1E, 36.2N")]
    (strike,) = mapped.rows.to_pylist()
    assert (strike["latitude"], strike["longitude"]) == (36.2, 37.1)


@pytest.mark.parametrize("text", ["nan", "inf", "NaN", "1e999"])
def test_what_is_no_number_is_no_coordinate(text: str) -> None:
    assert _told(map_rows("airwars", [airwars(latitude=text)])) == [
        ("coordinate_unreadable", "coordinate", f"{text}, 37.1")
    ]


def test_each_date_at_fault_is_told_with_its_own_field_and_value() -> None:
    source = source_like("airwars", {"date_to": "until", "date_exact": "on"})
    mapped = map_rows(source, [airwars(date="0025-01-05", until="soon", on="2031-01-01")])
    assert _told(mapped) == [
        ("date_future", "date_exact", "2031-01-01"),
        ("date_too_early", "date_from", "0025-01-05"),
        ("date_unparsable", "date_to", "soon"),
    ]


def test_a_text_with_two_days_is_an_interval() -> None:
    source = source_like("airwars", {"date_from": "none", "dates": "date"})
    rows = [
        airwars(airwars_id=str(i), date=text)
        for i, text in enumerate(["2016-01-05/2016-01-08", "٢٠١٦-٠١-٠٥ – ٢٠١٦-٠١-٠٨", "2016-01-05 to 2016-01-08"])
    ]
    strikes = map_rows(source, rows).rows.to_pylist()
    found = {(row["date_from"], row["date_to"], row["date_basis"]) for row in strikes}
    assert len(strikes) == 3 and found == {(date(2016, 1, 5), date(2016, 1, 8), "interval")}
    assert _told(map_rows(source, [airwars(date="2016-01-05 or so")])) == [
        ("date_unparsable", "date_from", "2016-01-05 or so")
    ]


@given(st.dates(date(1000, 1, 1)), st.dates(date(1000, 1, 1)), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"]))
def test_a_span_reads_back_as_its_two_days(first: date, last: date, format_: str) -> None:
    texts = [f"{first:{format_}} – {last:{format_}}", f"{first:{format_}}/{last:{format_}}", f"{last:{format_}}"]
    starts, ends = parse_spans(pa.array(texts), [format_])
    assert starts.to_pylist() == [first, first, last] and ends.to_pylist() == [last] * 3


def test_milliseconds_with_a_decimal_point_are_milliseconds() -> None:
    texts = pa.array(["1647475200000", "1647475200000.0", "١٦٤٧٤٧٥٢٠٠٠٠٠", "1647475200000.5", "1e12"])
    assert parse_dates(texts, ["epoch_ms"]).to_pylist() == [date(2022, 3, 17)] * 3 + [None, None]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1.6474752e+12", date(2022, 3, 17)), ("1.6474752E12", date(2022, 3, 17)), ("16474752e5", date(2022, 3, 17)),
        ("1.647512e12", date(2022, 3, 17)), ("-3.0248640e11", date(1960, 6, 1)), ("1.6474752000005e12", None),
        ("1.647475e12", None), ("1.65e12", None), ("2.0220907e7", None), ("1.5e99", None), ("1e+999999999", None),
    ],
)  # fmt: skip
def test_milliseconds_with_an_exponent_are_read_unless_rounding_may_have_moved_the_day(
    text: str, day: date | None
) -> None:
    assert parse_dates(pa.array([text]), ["epoch_ms"]).to_pylist() == [day]


@given(st.dates(date(1980, 1, 1), date(2200, 1, 1)))
def test_every_midnight_is_read_however_its_milliseconds_are_written(day: date) -> None:
    milliseconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
    texts = pa.array([str(milliseconds), f"{milliseconds}.0", f"{milliseconds:.12e}", f"{milliseconds:.7e}"])
    assert parse_dates(texts, ["epoch_ms"]).to_pylist() == [day] * 4


@pytest.mark.parametrize(
    ("scale", "level", "metres"),
    [("ucdp_where_prec", "2", 25_000), ("ucdp_where_prec", "1.0", 2_000), ("acled_geo_precision", "3", 40_000)],
)
def test_a_level_of_a_published_scale_is_its_radius_and_is_kept_as_written(
    scale: str, level: str, metres: float
) -> None:
    source = source_like("airwars", precision_scale=scale)
    (strike,) = map_rows(source, [airwars(geolocation_accuracy=level)]).rows.to_pylist()
    assert (strike["precision_m"], strike["precision_stated"]) == (metres, level)


@pytest.mark.parametrize(("level", "reason"), [("6", "precision_too_wide"), ("8", "precision_unknown")])
def test_a_level_that_locates_nothing_is_refused_and_a_number_off_the_scale_is_no_radius(
    level: str, reason: str
) -> None:
    source = source_like("airwars", precision_scale="ucdp_where_prec")
    assert _told(map_rows(source, [airwars(geolocation_accuracy=level)])) == [(reason, "precision", level)]


def test_every_level_says_what_it_means_and_wider_levels_have_wider_radii() -> None:
    for scale in precision_scales().values():
        assert scale.codebook and all(level.means for level in scale.levels.values())
    codes = [level.metres for level in precision_scales()["acled_geo_precision"].levels.values()]
    assert codes == sorted(codes, key=lambda metres: metres or 0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"evidence_grading": "Rumoured"}, ("confidence_unknown", "confidence", "Rumoured")),
        ({"actor": "the Wombles"}, ("target_unknown", "claimed_actor", "the Wombles")),
        ({"holder": "Wombles"}, ("controller_unknown", "stated_holder", "Wombles")),
        ({"governorate": "Atlantis"}, ("province_unknown", "province", "Atlantis")),
        ({"evidence_grading": "Fair (disputed)"}, ("confidence_unknown", "confidence", "Fair (disputed)")),
        ({"actor": "militants (ISIS)"}, ("target_unknown", "claimed_actor", "militants (ISIS)")),
        ({"holder": "rebels (said by ISIS)"}, ("controller_unknown", "stated_holder", "rebels (said by ISIS)")),
        ({"governorate": "Aleppo [Idlib]"}, ("province_unknown", "province", "Aleppo [Idlib]")),
    ],
)
def test_a_word_in_no_vocabulary_is_refused_with_field_and_value(
    changes: dict[str, str], told: tuple[str, str, str]
) -> None:
    source = source_like("airwars", {"claimed_actor": "actor", "stated_holder": "holder"})
    assert _told(map_rows(source, [airwars(**changes)])) == [told]


def test_words_are_known_in_any_case_script_and_spelling() -> None:
    source = source_like("airwars", {"claimed_actor": "actor", "stated_holder": "holder"})
    rows = [
        airwars(evidence_grading="FAIR", actor="Militants", holder="داعش", governorate="حلب"),
        airwars(airwars_id="2", evidence_grading="unstated", actor="al Nusra", holder="-", governorate="ALEPPO"),
    ]
    strikes = map_rows(source, rows).rows.sort_by("source_key").to_pylist()
    names = ("confidence", "claimed_controller", "stated_holder", "province")
    assert [tuple(row[name] for name in names) for row in strikes] == [
        ("fair", "generic", "isis", "Aleppo"),
        ("unstated", "nusra", None, "Aleppo"),
    ]


@pytest.mark.parametrize("theatre", theatres().values(), ids=theatres())
def test_no_spelling_of_a_theatre_means_two_things(theatre: Theatre) -> None:
    assert theatre.province_aliases and theatre.target_aliases


def test_what_nobody_sees_is_taken_out_of_names() -> None:
    row = airwars(location_en="\u202eAl\u200beppo\x07\u2066 ", airwars_id="\ufeff1")
    (strike,) = map_rows("airwars", [row]).rows.to_pylist()
    assert (strike["place"], strike["source_key"]) == ("Aleppo", "1")
    assert reasons_of(map_rows("airwars", [airwars(airwars_id="\u202e")])) == ["key_missing"]


def _refer(source: str | Source, row: dict[str, str]) -> Mapped:
    source = SYRIA.sources[source] if isinstance(source, str) else source
    where = {"theatre": "syria", "source": source.name, "export_id": "e1"}
    record = where | {
        "record_id": "r1", "layer": "", "record_no": 1, "line_no": 2, "properties": json.dumps(row), "geometry": None,
    }  # fmt: skip
    export = where | {
        "sha256": "e1", "file_name": "g.csv", "format": "csv", "bytes": 1, "encoding": "utf-8", "crs": None,
        "record_count": 1, "received_at": datetime(2026, 1, 1, tzinfo=UTC), "problem_code": None, "problem": None,
    }  # fmt: skip
    records, exports = table("raw.records").conform([record]), table("raw.exports").conform([export])
    return map_references(SYRIA, source, Received(records, exports))


def _referred(source: str, row: dict[str, str]) -> list[tuple[str, str, str]]:
    return _told(_refer(source, row))


PLACE = {"place": "Aleppo", "province": "Aleppo", "lat": "36.2", "lon": "37.13"}


def _gazetteer(**changes: str) -> list[tuple[str, str, str]]:
    return _referred("gazetteer", PLACE | changes)


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        ("40.3", "34.1", "coordinate_swapped"), ("37.1E", "36.2N", "coordinate_swapped"),
        ("50.4", "30.5", "coordinate_outside"), ("36.2", "", "coordinate_unreadable"),
        # Both orders lie in Syria; only one of them in Aleppo.
        ("37.13", "36.2", "coordinate_swapped"),
    ],
)  # fmt: skip
def test_a_place_of_the_gazetteer_is_checked_as_strikes_are(latitude: str, longitude: str, reason: str) -> None:
    assert [code for code, _, _ in _gazetteer(lat=latitude, lon=longitude)] == [reason]
    assert _gazetteer() == []


@pytest.mark.parametrize("text", ["4 km", "about 2000", "city"])
def test_a_precision_of_the_gazetteer_that_cannot_be_read_is_refused(text: str) -> None:
    assert _gazetteer(precision_m=text) == [("precision_unknown", "precision", text)]


def test_a_place_of_the_gazetteer_is_no_more_precise_than_its_grid_square() -> None:
    source = source_like("gazetteer", {"coordinate": "mgrs"})
    row = {**PLACE, "lat": "", "lon": "", "mgrs": "37SCA21", "precision_m": "100"}
    (place,) = _refer(source, row).rows.to_pylist()
    assert place["precision_m"] == pytest.approx(7_071, abs=1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"published": "soon"}, ("date_unparsable", "published", "soon")),
        ({"period_start": "1899-12-30"}, ("date_null", "period_from", "1899-12-30")),
        ({"period_end": "2051-10-05"}, ("date_future", "period_to", "2051-10-05")),
    ],
)
def test_days_of_a_report_that_cannot_be_are_told(changes: dict[str, str], told: tuple[str, str, str]) -> None:
    row = {"url": "https://example.org/1", "title": "One", "period_start": "2015-10-01", "period_end": "2015-10-05"}
    assert _referred("isw_report_list", row) == []
    assert _referred("isw_report_list", row | changes) == [told]
