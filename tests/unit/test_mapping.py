"""Dates, coordinates, and what becomes of each record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import mapping
from pipeline.catalogue import table
from pipeline.exact_json import decode
from pipeline.history import settle
from pipeline.identity import identify
from pipeline.mapping import extract, refusals
from pipeline.parsing import parse_dates
from pipeline.theatres import Source


def _source(**changes: object) -> Source:
    body: dict[str, object] = {
        "name": "paper", "kind": "places", "title": "t", "publisher": "p", "credit": "c", "terms": "t",
        "key": ["place"], "fields": {"place": "name", "credit": "says"},
    }  # fmt: skip
    return Source(**{**body, **changes})


def _records(exports: Sequence[Sequence[Mapping[str, object]]]) -> tuple[pa.Table, pa.Table]:
    """Exports received a day apart, each a list of records' properties."""
    records, received = [], []
    for day, rows in enumerate(exports, start=1):
        where = {"theatre": "syria", "source": "paper", "export_id": f"e{day}"}
        received.append(
            {
                **where, "sha256": f"e{day}",
                "file_name": f"{day}.csv", "format": "csv", "bytes": 1, "encoding": "utf-8", "crs": None,
                "record_count": len(rows), "received_at": datetime(2026, 1, day, tzinfo=UTC),
                "problem_code": None, "problem": None,
            }
        )  # fmt: skip
        records += [
            {
                **where, "record_id": f"e{day}::{i}", "layer": "", "record_no": i, "line_no": i + 1,
                "properties": json.dumps(row), "geometry": None,
            }
            for i, row in enumerate(rows, start=1)
        ]  # fmt: skip
    return table("raw.records").conform(records), table("raw.exports").conform(received)


def _with_properties(properties: list[str]) -> tuple[pa.Table, pa.Table]:
    records, received = _records([[{}] * len(properties)])
    return records.set_column(records.column_names.index("properties"), "properties", pa.array(properties)), received


def _outcomes(exports: Sequence[Sequence[Mapping[str, object]]], source: Source | None = None) -> dict[str, str]:
    source = source or _source()
    records, received = _records(exports)
    fields = identify(source, extract(source, records, received), ["place", "credit"])
    settled = settle(source, "syria", fields, refusals([]), received)
    return {row["record_id"]: row["outcome"] for row in settled.outcomes.to_pylist()}


def test_days_are_read_by_the_declared_formats_only() -> None:
    texts = pa.array(["01/02/2016", "2016-02-01", "1647475200000", "soon", None, "١٥/٠١/٢٠١٦"])
    assert parse_dates(texts, ["%d/%m/%Y"]).to_pylist() == [
        date(2016, 2, 1),
        None,
        None,
        None,
        None,
        date(2016, 1, 15),
    ]
    assert parse_dates(texts, ["epoch_ms"]).to_pylist()[2] == date(2022, 3, 17)
    assert parse_dates(pa.array(["MAY26"]), ["%b%d"], default_year=2022).to_pylist() == [date(2022, 5, 26)]


def test_a_day_written_together_is_no_milliseconds_and_is_read_whole_or_not_at_all() -> None:
    texts = pa.array(["20220907", "1662508800000", "0", "2015111", "20150111", "201511", "202209071230"])
    days = [date(2022, 9, 7), date(2022, 9, 7), date(1970, 1, 1), None, date(2015, 1, 11), None]
    assert parse_dates(texts[:-1], ["epoch_ms", "%Y%m%d"]).to_pylist() == days
    assert parse_dates(texts, ["%Y%m%d%H%M"]).to_pylist() == [None] * 6 + [date(2022, 9, 7)]
    assert parse_dates(pa.array(["111", "0111"]), ["%m%d"], 2015).to_pylist() == [None, date(2015, 1, 11)]


def test_a_number_keeps_the_digits_of_its_file() -> None:
    numbers = ["1.10", "1.1", "36.20000000000000284", "1e5", "1.0", "7", '[1.10,"a"]', "-0.00", "12345678901234567890"]
    properties = [f'{{"name":{number},"says":"1.10"}}' for number in numbers]
    fields = extract(_source(), *_with_properties(properties))
    assert fields.column("place").to_pylist() == numbers
    assert set(fields.column("credit").to_pylist()) == {"1.10"}


@given(st.lists(st.decimals(-180, 180, places=20).map(str) | st.floats(-180, 180).map(repr), min_size=1, max_size=20))
@settings(deadline=None)
def test_a_number_of_any_length_keeps_its_digits(numbers: list[str]) -> None:
    properties = [f'{{"name":{number},"says":"{number}"}}' for number in numbers]
    fields = extract(_source(), *_with_properties(properties))
    assert fields.column("place").to_pylist() == fields.column("credit").to_pylist() == numbers


def test_only_records_that_sql_would_write_otherwise_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes many times as long and as much memory."""
    decoded: list[str] = []

    def record(text: str) -> object:
        decoded.append(text)
        return decode(text)

    monkeypatch.setattr(mapping, "DECODED_AT_ONCE", 2)
    monkeypatch.setattr(mapping, "decode", record)
    numbers = [repr(36 + 1 / 7), "36.12345678901234567", "37.10", repr(-37 - 1 / 7), "1e5"]
    assert min(len(numbers[0]), len(numbers[3])) >= 17
    fields = extract(_source(), *_with_properties([f'{{"name":{number}}}' for number in numbers]))
    assert fields.column("place").to_pylist() == numbers
    assert decoded == [f'{{"name":{number}}}' for number in ("36.12345678901234567", "37.10", "1e5")]


def test_the_geometry_says_where_only_if_no_column_does() -> None:
    fields: dict[str, object] = {
        "place": "name", "coordinate": "at", "latitude": {"names": ["lat"], "geometry": True},
        "longitude": {"names": ["lon"], "geometry": True},
    }  # fmt: skip
    written = [("36", "37", ""), ("36", "", ""), ("", "", "36, 37"), ("", "", "")]
    rows: list[dict[str, object]] = [{"lat": lat, "lon": lon, "at": at} for lat, lon, at in written]
    records, received = _records([rows])
    point = bytes(shapely.to_wkb(shapely.Point(38.5, 35.5)))
    records = records.set_column(records.column_names.index("geometry"), "geometry", pa.array([point] * 4))
    found = extract(_source(fields=fields), records, received)
    assert found.column("latitude").to_pylist() == ["36", "36", None, "35.5"]
    assert found.column("longitude").to_pylist() == ["37", None, None, "38.5"]


def test_the_first_non_empty_property_counts_and_text_is_trimmed() -> None:
    source = _source(fields={"place": ["name", "label"]})
    fields = extract(source, *_records([[{"name": "  ", "label": " Kobani "}, {"label": None}]]))
    assert fields.column("place").to_pylist() == ["Kobani", None]


def test_a_reissue_is_a_duplicate_and_a_correction_supersedes() -> None:
    old, new = {"name": "Kobani", "says": "a"}, {"name": "Kobani", "says": "b"}
    assert _outcomes([[old], [old]]) == {"e1::1": "accepted", "e2::1": "duplicate"}
    assert _outcomes([[old], [new]]) == {"e1::1": "superseded", "e2::1": "accepted"}


def test_a_bar_in_a_part_of_a_key_makes_no_other_key() -> None:
    rows = [{"name": "P | Aleppo", "says": "x"}, {"name": "P", "says": "Aleppo | x"}]
    outcomes = _outcomes([[row] for row in rows], _source(key=["place", "credit"]))
    assert set(outcomes.values()) == {"accepted"}


def test_no_mapped_text_steers_a_terminal() -> None:
    records, received = _records([[{"name": "\x1b]0;owned\x07\x1b[31mAl-Bab\x1b[0m", "says": "a\u202eb"}]])
    fields = extract(_source(), records, received)
    assert (fields["place"].to_pylist(), fields["credit"].to_pylist()) == (["Al-Bab"], ["ab"])


def test_two_tales_of_one_key_in_one_export_are_a_conflict_unless_they_are_sightings() -> None:
    both = [{"name": "Kobani", "says": "a"}, {"name": "Kobani", "says": "b"}]
    assert _outcomes([both]) == {"e1::1": "accepted", "e1::2": "quarantined"}
    assert _outcomes([both], _source(key_fold=True)) == {"e1::1": "accepted", "e1::2": "duplicate"}


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.lists(
            st.fixed_dictionaries({"name": st.sampled_from("abc"), "says": st.sampled_from("xyz")}),
            max_size=6,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_every_record_has_one_outcome_and_every_key_one_accepted_record(
    exports: Sequence[Sequence[Mapping[str, object]]],
) -> None:
    found = _outcomes(exports)
    assert len(found) == sum(len(rows) for rows in exports)
    keys = {str(row["name"]) for rows in exports for row in rows}
    assert sum(outcome == "accepted" for outcome in found.values()) == len(keys)
