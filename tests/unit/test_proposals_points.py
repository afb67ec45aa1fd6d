"""Where the rows of a proposed source lie: columns of coordinates, which is which, and what decides it."""

from __future__ import annotations

from pathlib import Path

import pytest
from proposing import SYRIA, Try, doubts, good_rows, names, proposer, table

from pipeline.settings import Settings


@pytest.fixture
def tried(settings: Settings, tmp_path: Path) -> Try:
    return proposer(settings, tmp_path)


def test_swapped_columns_are_exchanged_and_said(tried: Try) -> None:
    content = table(*good_rows(lat=lambda i: f"{38 + i / 100}", lon=lambda i: f"{34 + i / 100}"))
    proposal, trial = tried(content, theatre=SYRIA)
    assert (names(proposal)["latitude"], names(proposal)["longitude"]) == ("lon", "lat")
    assert "hold each other's values (20 of 20" in doubts(proposal, "latitude, longitude")
    assert trial.accepted == 20


def test_a_few_swapped_rows_leave_the_order_alone(tried: Try) -> None:
    content = table(*good_rows(lat=lambda i: "38.5" if i < 2 else "34.1", lon=lambda i: "34.1" if i < 2 else "38.5"))
    proposal, trial = tried(content, theatre=SYRIA)
    assert names(proposal)["latitude"] == "lat"
    assert "2 rows look swapped" in doubts(proposal, "latitude, longitude")
    assert [(found.code, found.count) for found in trial.findings] == [("coordinate_swapped", 2)]


# Both orders of these lie in Syria; only one of them in Aleppo.
def test_columns_swapped_by_their_province_are_exchanged_and_said(tried: Try) -> None:
    proposal, trial = tried(table(*good_rows(lat="37.1", lon="36.2")), theatre=SYRIA)
    assert (names(proposal)["latitude"], names(proposal)["longitude"]) == ("lon", "lat")
    assert "hold each other's values (20 of 20" in doubts(proposal, "latitude, longitude")
    assert trial.accepted == 20


def test_a_few_rows_swapped_by_their_province_are_told(tried: Try) -> None:
    content = table(*good_rows(lat=lambda i: "37.1" if i < 2 else "36.2", lon=lambda i: "36.2" if i < 2 else "37.1"))
    proposal, trial = tried(content, theatre=SYRIA)
    assert "2 rows look swapped" in doubts(proposal, "latitude, longitude")
    assert [(found.code, found.count) for found in trial.findings] == [("coordinate_swapped", 2)]


@pytest.mark.parametrize(
    ("row", "order", "doubted"),
    [
        ({"at": "37.1, 36.2", "governorate": "Aleppo"}, "lon_lat", False),
        ({"at": "36.2, 37.1", "governorate": "Aleppo"}, "lat_lon", False),
        ({"at": "37.1, 36.2"}, "lat_lon", True),
    ],
)
def test_the_province_settles_the_order_of_a_pair_and_without_one_it_is_doubted(
    row: dict[str, str], order: str, doubted: bool, tried: Try
) -> None:
    rows = [{"id": f"A{i}", "date": "2015-10-13", **row} for i in range(20)]
    proposal, trial = tried(table(*rows), theatre=SYRIA)
    assert proposal.source.coordinate_order == order and trial.accepted == 20
    assert ("20 of 20 rows of `at` lie in syria in either order" in doubts(proposal, "coordinate_order")) == doubted


def test_coordinates_are_found_by_values_where_names_say_nothing(tried: Try) -> None:
    rows = [{"a": f"A{i}", "b": "2015-10-13", "c": f"{38.1 + i / 50}", "d": f"{33.1 + i / 50}"} for i in range(20)]
    proposal, trial = tried(table(*rows))
    assert (names(proposal)["latitude"], names(proposal)["longitude"]) == ("d", "c")
    assert "no names say which they are" in doubts(proposal, "latitude, longitude")
    assert trial.accepted == 20


@pytest.mark.parametrize("order", ["lat_lon", "lon_lat"])
def test_one_column_of_both_coordinates_is_read_in_its_order(order: str, tried: Try) -> None:
    pairs = [(f"34.{i:02d}", f"38.{i:02d}") for i in range(20)]
    texts = [", ".join(pair if order == "lat_lon" else reversed(pair)) for pair in pairs]
    rows = [{"id": f"A{i}", "date": "2015-10-13", "location": text} for i, text in enumerate(texts)]
    proposal, trial = tried(table(*rows))
    assert names(proposal)["coordinate"] == "location" and proposal.source.coordinate_order == order
    assert [(row["latitude"], row["longitude"]) for row in trial.rows][1] == (34.01, 38.01)
