"""What a person corrects by hand: which records it reaches, what is refused, and what stays as received."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.catalogue import table
from pipeline.identity import identify, spell_key
from pipeline.mapping import Received, extract
from pipeline.overrides import EMPTIED, GIVEN, apply_overrides, fields_to_override, write_value
from pipeline.strikes import MappedStrikes, map_strikes
from pipeline.theatres import FIELDS, FieldSource, Source, theatres

SYRIA = theatres()["syria"]
AIRWARS = SYRIA.sources["airwars"]
GOOD = {
    "airwars_id": "k1", "date": "2016-01-05", "location_en": "Aleppo", "governorate": "Aleppo",
    "latitude": "36.20", "longitude": "37.10", "geolocation_accuracy": "city",
}  # fmt: skip
SWAPPED = {**GOOD, "airwars_id": "k2", "latitude": "37.10", "longitude": "36.20"}
Given = tuple[str | None, str | None, str | None]  # record, field, value


def _raw(exports: Sequence[Sequence[dict[str, str]]]) -> tuple[pa.Table, pa.Table]:
    """Exports received a day apart."""
    records, received = [], []
    for day, rows in enumerate(exports, 1):
        where = {"theatre": "syria", "source": "airwars", "export_id": f"e{day}"}
        received.append(
            {
                **where, "sha256": f"e{day}", "file_name": f"{day}.csv", "format": "csv", "bytes": 1,
                "encoding": "utf-8", "crs": None, "record_count": len(rows), "problem_code": None, "problem": None,
                "received_at": datetime(2026, 1, day, tzinfo=UTC),
            }
        )  # fmt: skip
        records += [
            {
                **where, "record_id": f"e{day}::{number}", "layer": "", "record_no": number, "line_no": number + 1,
                "properties": json.dumps(row), "geometry": None,
            }
            for number, row in enumerate(rows, 1)
        ]  # fmt: skip
    return table("raw.records").conform(records), table("raw.exports").conform(received)


def _given(overrides: Sequence[Given], who: str | None = "A. Reader") -> pa.Table:
    rows = [
        {"file_name": "fix.csv", "line_no": line, "record": record, "field": field, "value": value, "who": who,
         "why": "The photo shows it", "given_when": None, "was": None}
        for line, (record, field, value) in enumerate(overrides, 2)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=GIVEN)


def _map(exports: Sequence[Sequence[dict[str, str]]], overrides: pa.Table | None = None) -> MappedStrikes:
    references = [table(name).empty() for name in ("core.places", "core.reports", "core.report_additions")]
    return map_strikes(SYRIA, AIRWARS, Received(*_raw(exports), overrides=overrides), *references)


def _outcomes(mapped: MappedStrikes) -> dict[str, str]:
    return {row["record_id"]: row["outcome"] for row in mapped.outcomes.to_pylist()}


def _states(mapped: MappedStrikes) -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason_code"]) for row in mapped.overrides.to_pylist()]


def _without_place_in_file(overrides: pa.Table) -> list[str]:
    return sorted(str(sorted(row.items())) for row in overrides.drop_columns(["line_no"]).to_pylist())


SWAP = [("k2", "latitude", "36.2"), ("k2", "longitude", "37.1")]


def test_a_refused_row_is_a_strike_once_a_person_corrects_it() -> None:
    assert _outcomes(_map([[GOOD, SWAPPED]])) == {"e1::1": "accepted", "e1::2": "quarantined"}
    mapped = _map([[GOOD, SWAPPED]], _given(SWAP))
    assert _outcomes(mapped) == {"e1::1": "accepted", "e1::2": "accepted"}
    assert mapped.quarantine.num_rows == 0
    fixed = {row["source_key"]: row for row in mapped.rows.to_pylist()}["k2"]
    assert (fixed["latitude"], fixed["longitude"]) == (36.2, 37.1)
    told = mapped.overrides.to_pylist()[0]
    assert (told["state"], told["record_id"], told["export_id"]) == ("applied", "e1::2", "e1")
    assert (told["value_before"], told["value_after"]) == ("37.10", "36.2")
    assert (told["who"], told["why"], told["file_name"], told["line_no"]) == (
        "A. Reader", "The photo shows it", "fix.csv", 2,
    )  # fmt: skip


def test_by_key_an_override_counts_in_every_export_and_by_record_id_in_one_row() -> None:
    by_key = _map([[SWAPPED], [SWAPPED]], _given(SWAP))
    assert _outcomes(by_key) == {"e1::1": "accepted", "e2::1": "duplicate"}
    assert len(by_key.overrides) == 4
    by_id = _map([[SWAPPED], [SWAPPED]], _given([("e1::1", field, value) for _, field, value in SWAP]))
    assert _outcomes(by_id) == {"e1::1": "accepted", "e2::1": "quarantined"}


def _states_by_record(source: Source, raw: tuple[pa.Table, pa.Table], lines: Sequence[Given]) -> list[tuple[str, str]]:
    """What became of overrides: record (or the reason where refused) and state."""
    records, exports = raw
    told = apply_overrides(SYRIA, source, extract(source, records, exports), exports, _given(lines)).overrides
    return [(row["record_id"] or row["reason_code"], row["state"]) for row in told.to_pylist()]


def _of_the_same_bytes(raw: tuple[pa.Table, pa.Table]) -> tuple[pa.Table, pa.Table]:
    records, exports = raw
    same = pa.array(["e1"] * exports.num_rows, pa.string())
    return records, exports.set_column(exports.column_names.index("sha256"), "sha256", same)


def test_by_record_id_an_override_counts_for_that_row_of_the_same_bytes_in_every_receipt() -> None:
    raw = _of_the_same_bytes(_raw([[GOOD, SWAPPED], [GOOD, SWAPPED]]))
    for named in ("e1::2", "e2::2"):
        assert _states_by_record(AIRWARS, raw, [(named, "latitude", "36.2")]) == [
            ("e1::2", "applied"), ("e2::2", "applied"),
        ]  # fmt: skip
    by_name = AIRWARS.model_copy(update={"fields": {**AIRWARS.fields, "note": FieldSource(file_name=True)}})
    assert _states_by_record(by_name, raw, [("e1::2", "latitude", "36.2")]) == [("e1::2", "applied")]


def test_overrides_of_copies_of_one_row_are_one_where_they_say_the_same() -> None:
    raw = _of_the_same_bytes(_raw([[SWAPPED], [SWAPPED]]))
    alike: list[Given] = [("e1::1", "latitude", "36.2"), ("e2::1", "latitude", "36.2")]
    assert _states_by_record(AIRWARS, raw, alike) == [("e1::1", "applied"), ("e2::1", "applied")] * 2
    refused = [("override_repeated", "refused")] * 2
    assert _states_by_record(AIRWARS, raw, [alike[0], ("e2::1", "latitude", "36.3")]) == refused
    assert _states_by_record(AIRWARS, raw, [alike[0], alike[0]]) == refused


def test_of_a_source_without_a_key_an_id_outlasts_a_wider_mapping_and_counts_for_what_says_the_same() -> None:
    unkeyed = AIRWARS.model_copy(update={"key": ()})
    wider = unkeyed.model_copy(update={"fields": {**AIRWARS.fields, "report_title": FieldSource(names=("date",))}})
    raw = _raw([[GOOD, SWAPPED], [SWAPPED, GOOD]])
    for source in (unkeyed, wider):
        assert _states_by_record(source, raw, [("e1::2", "latitude", "36.2")]) == [
            ("e1::2", "applied"), ("e2::1", "applied"),
        ]  # fmt: skip


def test_an_override_made_against_a_value_yields_when_the_source_corrects_itself() -> None:
    corrected = {**SWAPPED, "latitude": "36.25", "longitude": "37.15"}
    bound = _given(SWAP).set_column(8, "was", pa.array(["37.10", "36.20"]))
    mapped = _map([[SWAPPED], [corrected]], bound)
    assert _outcomes(mapped) == {"e1::1": "superseded", "e2::1": "accepted"}
    (strike,) = mapped.rows.to_pylist()
    assert (strike["latitude"], strike["longitude"]) == (36.25, 37.15)
    told = {(row["record_id"], row["field"], row["state"], row["value_before"]) for row in mapped.overrides.to_pylist()}
    assert told == {
        ("e1::1", "latitude", "applied", "37.10"), ("e1::1", "longitude", "applied", "36.20"),
        ("e2::1", "latitude", "outdated", "36.25"), ("e2::1", "longitude", "outdated", "37.15"),
    }  # fmt: skip
    (masked,) = _map([[SWAPPED], [corrected]], _given(SWAP)).rows.to_pylist()
    assert (masked["latitude"], masked["longitude"]) == (36.2, 37.1)


@pytest.mark.parametrize(
    ("field", "was", "said", "state"),
    [
        ("latitude", "36.20", "36.2", "applied"),
        ("latitude", "36.20", "36°12'00\"N", "applied"),
        ("latitude", "36.20", "36.21", "outdated"),
        ("latitude", "x", "x", "applied"),
        ("date", "2016-01-05", "5/1/2016", "applied"),
        ("date", "05/01/2016", "2016-01-05", "applied"),
        ("date", "2016-01-05", "2016-01-06", "outdated"),
        ("date", "soon", "2016-01-06", "outdated"),
        ("latitude", EMPTIED, "", "applied"),
        ("latitude", EMPTIED, "36.20", "outdated"),
        ("location_en", "Aleppo  city ", "Aleppo city", "applied"),
        ("location_en", "Zīta", normalize("NFD", "Zīta"), "applied"),
        ("location_en", "Zita", "Zīta", "outdated"),
    ],
)
def test_what_an_override_was_made_against_counts_in_any_spelling(field: str, was: str, said: str, state: str) -> None:
    source = AIRWARS.model_copy(update={"date_formats": ("%Y-%m-%d", "%d/%m/%Y")})
    lines = {"latitude": ("latitude", "36.9"), "date": ("date_from", "2016-01-09"), "location_en": ("place", "x")}
    line = ("k1", *lines[field])
    records, exports = _raw([[{**GOOD, field: said}]])
    bound = _given([line]).set_column(8, "was", pa.array([was]))
    fields = extract(source, records, exports)
    (told,) = apply_overrides(SYRIA, source, fields, exports, bound).overrides.to_pylist()
    assert told["state"] == state


WINDOW: list[Given] = [("k1", "period_from", "2016-01-01"), ("k1", "period_to", "2016-01-10")]


@pytest.mark.parametrize(
    ("line", "emptied", "found"),
    [
        (("k1", "coordinate", "36.5, 37.5"), ["latitude", "longitude"], ("36.5", "37.5", "2016-01-05", "2016-01-05")),
        (("k1", "dates", "2016-01-08/2016-01-09"), ["date_from"], ("36.2", "37.1", "2016-01-08", "2016-01-09")),
        (("k1", "date_exact", "2016-01-09"), ["date_from"], ("36.2", "37.1", "2016-01-09", "2016-01-09")),
    ],
)
def test_an_override_of_a_field_counts_once_what_is_read_in_its_place_is_emptied(
    line: Given, emptied: list[str], found: tuple[str, str, str, str]
) -> None:
    alone = _map([[GOOD]], _given([line]))
    (told,) = alone.overrides.to_pylist()
    assert (told["state"], told["value_after"]) == ("outranked", told["value_before"])
    assert alone.rows == _map([[GOOD]]).rows
    for lines in ([line, *(("k1", name, EMPTIED) for name in emptied)], [*(("k1", n, EMPTIED) for n in emptied), line]):
        mapped = _map([[GOOD]], _given(lines))
        (strike,) = mapped.rows.to_pylist()
        assert tuple(str(strike[name]) for name in ("latitude", "longitude", "date_from", "date_to")) == found
        assert {row["state"] for row in mapped.overrides.to_pylist()} == {"applied"}


def test_an_exact_day_counts_within_the_window_of_a_report() -> None:
    mapped = _map([[GOOD]], _given([*WINDOW, ("k1", "date_exact", "2016-01-09")]))
    (strike,) = mapped.rows.to_pylist()
    assert str(strike["date_from"]) == "2016-01-09"
    assert {row["state"] for row in mapped.overrides.to_pylist()} == {"applied"}


def test_what_a_person_says_goes_through_the_same_rules() -> None:
    mapped = _map([[GOOD]], _given([("k1", "latitude", "51.5"), ("k1", "province", "Nowhere")]))
    refused = [(row["reason_code"], row["value"]) for row in mapped.quarantine.to_pylist()]
    assert refused == [("coordinate_outside", "51.5, 37.10"), ("province_unknown", "Nowhere")]


def test_a_key_that_ends_in_an_empty_part_is_named_as_it_is_listed() -> None:
    source = AIRWARS.model_copy(update={"key": ("date_exact", "place", "note")})
    records, exports = _raw([[GOOD]])
    fields = extract(source, records, exports)
    (key,) = identify(source, fields, FIELDS["strikes"])["source_key"].to_pylist()
    assert key.endswith(" | ")
    told = apply_overrides(
        SYRIA, source, fields, exports, _given([(key.strip(), "place", "Azaz")])
    ).overrides.to_pylist()
    assert [row["state"] for row in told] == ["applied"]


def test_a_key_may_be_written_as_the_source_spells_it() -> None:
    numbered = {**GOOD, "airwars_id": "12.0"}
    for record in ("12.0", "12"):
        assert _states(_map([[numbered]], _given([(record, "latitude", "36.9")]))) == [("applied", None)]
    several = AIRWARS.model_copy(update={"key": ("id", "latitude", "date_from")})
    assert spell_key(several, "12.0 | 36.20 | 2016-01-05") == "12 | 36.2 | 2016-01-05"


def test_a_field_can_be_emptied_but_not_by_forgetting_it() -> None:
    mapped = _map([[GOOD]], _given([("k1", "precision", EMPTIED)]))
    assert mapped.rows.to_pylist()[0]["precision_basis"] == "default of the source"
    assert _states(_map([[GOOD]], _given([("k1", "precision", None)]))) == [("refused", "override_incomplete")]


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ((None, "latitude", "36.2"), "override_incomplete"),
        (("k1", None, "36.2"), "override_incomplete"),
        (("k1", "lat", "36.2"), "override_field_unknown"),
        (("k1", "latitude_text", "36.2"), "override_field_unknown"),
        (("k9", "latitude", "36.2"), "override_record_unknown"),
        (("k1", "latitude", "north of town"), "override_value_unreadable"),
        (("k1", "latitude", "362"), "override_value_unreadable"),
        (("k1", "date_exact", "05/01/2016"), "override_value_unreadable"),
    ],
)
def test_an_override_that_cannot_be_followed_is_refused_with_a_reason(override: Given, code: str) -> None:
    mapped = _map([[GOOD]], _given([override]))
    (told,) = mapped.overrides.to_pylist()
    assert (told["state"], told["reason_code"], told["record_id"]) == ("refused", code, None)
    assert told["hint"]
    assert mapped.rows.equals(_map([[GOOD]]).rows)


def test_nobody_overrides_without_a_name() -> None:
    assert _states(_map([[GOOD]], _given([("k1", "latitude", "36.1")], who=None))) == [
        ("refused", "override_incomplete")
    ]


def test_two_overrides_of_one_field_of_one_record_are_both_refused_however_they_name_it() -> None:
    both = _map([[GOOD]], _given([("k1", "place", "Azaz"), ("e1::1", "place", "Azaz"), ("k1", "latitude", "36.3")]))
    assert _states(both) == [("refused", "override_repeated"), ("refused", "override_repeated"), ("applied", None)]
    (strike,) = both.rows.to_pylist()
    assert (strike["place"], strike["latitude"]) == ("Aleppo", 36.3)


def test_in_which_order_overrides_stand_decides_nothing() -> None:
    lines: list[Given] = [*SWAP, ("k1", "place", "Azaz"), ("e1::1", "place", "Kobani"), ("k9", "place", "Azaz")]
    first = _map([[GOOD, SWAPPED]], _given(lines))
    for order in (lines[::-1], *(lines[turn:] + lines[:turn] for turn in range(1, len(lines)))):
        again = _map([[GOOD, SWAPPED]], _given(order))
        assert (again.rows, again.outcomes, again.quarantine) == (first.rows, first.outcomes, first.quarantine)
        assert _without_place_in_file(again.overrides) == _without_place_in_file(first.overrides)


@settings(deadline=None, max_examples=30)
@given(st.sets(st.sampled_from(fields_to_override(AIRWARS))), st.sampled_from(["k1", "e1::1"]))
def test_an_override_that_says_what_the_record_says_changes_nothing(names: set[str], record: str) -> None:
    records, exports = _raw([[GOOD]])
    fields = extract(AIRWARS, records, exports)
    (row,) = fields.select(FIELDS["strikes"]).to_pylist()
    lines = [(record, name, row[name] or EMPTIED) for name in sorted(names)]
    overridden = apply_overrides(SYRIA, AIRWARS, fields, exports, _given(lines))
    assert overridden.fields == fields
    assert overridden.overrides.column("state").to_pylist() == ["unneeded"] * len(names)


@pytest.mark.parametrize(
    ("formats", "value", "before", "written"),
    [
        (("%d/%m/%Y",), "2016-02-01", "1/2/2016", "1/2/2016"),  # the same day: its own spelling stays
        (("%d/%m/%Y",), "2016-02-03", "1/2/2016", "03/02/2016"),
        (("%d/%m/%Y",), "03/02/2016", None, "03/02/2016"),
        (("epoch_ms",), "2022-03-17", "soon", "1647475200000"),
        (("%b%d", "%Y-%m-%d"), "2022-05-26", None, "2022-05-26"),
    ],
)
def test_a_day_is_written_as_the_source_writes_it(
    formats: tuple[str, ...], value: str, before: str | None, written: str
) -> None:
    source = AIRWARS.model_copy(update={"date_formats": formats})
    assert write_value(source, "date_exact", value, before) == written


def test_the_same_degrees_in_another_spelling_keep_the_sources() -> None:
    assert write_value(AIRWARS, "latitude", "36.2", "36°12'00\"N") == "36°12'00\"N"
    assert write_value(AIRWARS, "latitude", "36.3", "36°12'00\"N") == "36.3"


def test_a_row_is_refused_since_the_first_export_and_until_the_last_that_holds_it() -> None:
    other = {**SWAPPED, "airwars_id": "k3", "date": "soon"}
    mapped = _map([[SWAPPED], [SWAPPED, other], [GOOD]])
    seen: dict[str, Any] = {
        f"{row['source_key']} {row['reason_code']}": (row["first_seen"].day, row["last_seen"].day)
        for row in mapped.quarantine.to_pylist()
    }
    assert seen == {"k2 coordinate_swapped": (1, 2), "k3 coordinate_swapped": (2, 2), "k3 date_unparsable": (2, 2)}


def test_rows_that_have_no_key_are_refused_since_they_say_what_they_say() -> None:
    torn, other = ({"_problem": "record_malformed", "_problem_text": text} for text in ("too many cells", "one cell"))
    nameless, later = ({**GOOD, "airwars_id": "", "date": day} for day in ("2016-01-05", "2016-01-06"))
    seen = [
        (row["record_id"], row["first_seen"].day, row["last_seen"].day)
        for row in _map([[torn, nameless], [torn], [other, later]]).quarantine.to_pylist()
    ]
    assert seen == [("e1::1", 1, 2), ("e1::2", 1, 1), ("e2::1", 1, 2), ("e3::1", 3, 3), ("e3::2", 3, 3)]
