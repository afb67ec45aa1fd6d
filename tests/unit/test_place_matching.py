"""Names matched to the gazetteer: above a score, with a lead, within the province; else reported and never guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from raw_strikes import airwars, map_rows, source_like
from strike_rows import place

from pipeline.names import fold_name


def _places() -> list[dict[str, Any]]:
    return [
        place("Ma'arrat an-Nu'man", 35.64, 36.67, province="Idlib", aliases=json.dumps(["معرة النعمان"])),
        place("Kafr Nabl", 35.61, 36.56, province="Idlib"),
        place("Khan Shaykhun", 35.44, 36.65, province="Idlib"),
        place("Northern Idlib countryside", 36.1, 36.6, province="Idlib"),
        place("Hass [Idlib]", 35.58, 36.57, province="Idlib"),
        place("Idlib", 35.93, 36.63, province="Idlib"),
        place("Kafr Hamrah", 36.25, 37.08),
        place("Kafr Hamra", 36.40, 37.20),
    ]


def _match(name: str, province: str = "Idlib", **rule: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows = [airwars(location_en=name, governorate=province, latitude="", longitude="")]
    mapped = map_rows(source_like("airwars", place_match=rule or {}), rows, _places())
    return mapped.rows.to_pylist(), mapped.quarantine.to_pylist()


@pytest.mark.parametrize(
    ("name", "matched", "basis"),
    [
        ("Kafr Nabl", "Kafr Nabl", "spelled"),
        ("Maarrat al-Numan", "Ma'arrat an-Nu'man", "folded"),
        ("مَعَرَّةُ النُّعمان", "معرة النعمان", "folded"),
        ("معره النعمـان", "معرة النعمان", "folded"),
        ("Khan Sheykhun", "Khan Shaykhun", "similar"),
        ("Kafr Nabl (Idleb)", "Kafr Nabl", "folded"),
        ("Hass", "Hass [Idlib]", "folded"),
    ],
)
def test_a_spelling_of_one_place_is_matched_and_says_how(name: str, matched: str, basis: str) -> None:
    (strike,), refused = _match(name)
    assert not refused
    assert (strike["place_matched"], strike["place_basis"]) == (matched, basis)
    assert strike["place"] == name and strike["location_basis"] == "gazetteer"
    assert (strike["place_score"] == 100) == (basis != "similar") and strike["place_score"] >= 92


@pytest.mark.parametrize(
    "name",
    [
        "Kafr Naha", "Southern Idlib countryside", "Khan", "???", "Kafr Nabl (southern countryside)",
        "Kafr Nabl [camp]", "Kafr Nabl (Hass)", "Kafr Nabl (20 km south)", "Kafr Nabl (Aleppo)", "Idlib (Idlib)",
    ],
)  # fmt: skip
def test_an_unlike_name_or_another_side_of_the_same_area_is_not_guessed(name: str) -> None:
    strikes, refused = _match(name)
    assert not strikes and [row["reason_code"] for row in refused] == ["place_unknown"]


def test_two_places_as_like_are_told_and_neither_is_taken() -> None:
    strikes, refused = _match("Kafar Hamrah", "Aleppo", min_score=85)
    assert not strikes
    (row,) = refused
    assert row["reason_code"] == "place_ambiguous"
    assert "Kafr Hamrah" in row["value"] and "Kafr Hamra " in row["value"]


def test_likeness_does_not_cross_a_border_of_provinces_nor_hold_without_one() -> None:
    for province in ("Hama", ""):
        strikes, refused = _match("Khan Sheykhun", province)
        assert not strikes and [row["reason_code"] for row in refused] == ["place_unknown"]


def test_a_source_that_does_not_ask_for_it_is_not_matched() -> None:
    rows = [airwars(location_en="Khan Sheykhun", governorate="Idlib", latitude="", longitude="")]
    mapped = map_rows(source_like("airwars", place_match=None), rows, _places())
    assert [row["reason_code"] for row in mapped.quarantine.to_pylist()] == ["place_unknown"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ma'arrat an-Nu'mān (city)", "MAARRAT AL NUMAN [City]"), ("الباب", "باب"),
        ("أعزاز", "اعزاز"), ("حماة", "حماه"), ("إدلب", "ادلب"), ("مضايا", "مضايــا"), ("Ar-Raqqah", "al Raqqah"),
        ("Al Ḩamīdīyah", "Hamidiyah"),
    ],
)  # fmt: skip
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other) != ""


@given(st.text(max_size=30))
@example("𝖠")
@example("ʼn")
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)
