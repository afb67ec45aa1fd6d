"""Which records are one: a program that saves a list again spells its values in its own way."""

from __future__ import annotations

from unicodedata import normalize

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.identity import identify, spell
from pipeline.theatres import theatres

ARCHIVE = theatres()["syria"].sources["syrian_archive"]
CONTENT = ("place", "latitude", "longitude", "note", "date_from")


def _fields(**texts: str | None) -> pa.Table:
    row = dict.fromkeys({*CONTENT, *ARCHIVE.key})
    row |= {"place_text": "Aleppo: Kafr", "date_from": "2015-10-01", "latitude": "35.7874440", "longitude": "36.70"}
    row |= texts
    row |= {"latitude_text": row["latitude"], "longitude_text": row["longitude"]}
    return pa.table({name: pa.array([value], pa.string()) for name, value in row.items()}).append_column(
        "geometry", pa.array([None], pa.binary())
    )


def _identity(**texts: str | None) -> tuple[str, str]:
    unfolded = ARCHIVE.model_copy(update={"key_fold": False})
    known = identify(unfolded, _fields(**texts), CONTENT).to_pylist()[0]
    return known["source_key"], known["content_digest"]


@pytest.mark.parametrize(
    "texts",
    [
        {"latitude": "35.787444", "longitude": "36.7"},  # a spreadsheet drops last zeros
        {"latitude": "35,7874440", "longitude": "+36,70"},  # and writes the comma of its country
        {"latitude": "35.78744400000001"},  # a binary number, written out
        {"date_from": "2015-10-01 00:00:00+0000"},
        {"place_text": "Aleppo:  Kafr\u00a0"},
    ],
)
def test_a_list_that_was_saved_again_tells_of_the_same_records(texts: dict[str, str]) -> None:
    assert _identity(**texts) == _identity()


def test_letters_that_are_composed_otherwise_are_the_same_letters() -> None:
    composed, apart = (normalize(form, "Kafr Zītā") for form in ("NFC", "NFD"))
    assert composed != apart
    assert _identity(place_text=composed, note=composed) == _identity(place_text=apart, note=apart)


@pytest.mark.parametrize(
    "texts",
    [
        {"latitude": "35.787445"},
        {"latitude": "35.78744401"},
        {"latitude": None},
        {"date_from": "2015-10-02"},
        {"place_text": "aleppo: Kafr"},
    ],
)
def test_what_differs_by_more_than_its_spelling_is_another_record(texts: dict[str, str | None]) -> None:
    assert _identity(**texts)[0] != _identity()[0]


def test_of_a_source_without_a_key_the_hour_tells_two_strikes_of_a_day_apart() -> None:
    hourly = ARCHIVE.model_copy(update={"date_formats": ("%Y-%m-%d %H:%M",), "key": (), "key_fold": False})
    days = [f"2015-10-01 {hour}" for hour in ("08:00", "22:30", "08:00")]
    keys = [identify(hourly, _fields(date_from=day), CONTENT).to_pylist()[0]["source_key"] for day in days]
    assert keys[0] == keys[2] != keys[1]


def test_numbers_of_a_list_stay_numbers_and_sections_stay_apart() -> None:
    texts = pa.array(["1.0", "1", "-7.00", "3.10", "3.1", "007", "1.0a", " 12.0 ", None])
    assert spell(ARCHIVE, "id", texts).to_pylist() == ["1", "1", "-7", "3.10", "3.1", "007", "1.0a", "12", None]


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.sampled_from(["id", "latitude", "date_from"]))
def test_the_one_spelling_of_a_value_is_its_own(texts: list[str], name: str) -> None:
    once = spell(ARCHIVE, name, pa.array(texts, pa.string()))
    assert spell(ARCHIVE, name, once).to_pylist() == once.to_pylist()
