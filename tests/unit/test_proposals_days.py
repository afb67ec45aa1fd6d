"""When the rows of a proposed source were: columns of days, their formats, and what decides between two."""

from __future__ import annotations

from pathlib import Path

import pytest
from proposing import SYRIA, Try, doubts, good_rows, names, proposer, table

from pipeline.settings import Settings


@pytest.fixture
def tried(settings: Settings, tmp_path: Path) -> Try:
    return proposer(settings, tmp_path)


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("%Y-%m-%dT%H:%M:%S%z", "2015-10-13T05:00:00Z"),
        ("%d/%m/%Y", "13/10/2015"),
        ("%m/%d/%Y", "10/13/2015"),
        ("%d %B %Y", "13 October 2015"),
        ("%d.%m.%Y", "13.10.2015"),
        ("%Y%m%d", "20151013"),
        ("epoch_ms", "1444694400000"),
    ],
)
def test_the_format_that_reads_all_values_is_found(format_: str, text: str, tried: Try) -> None:
    proposal, trial = tried(table(*good_rows(date=text)))
    assert proposal.source.date_formats == (format_,)
    assert not doubts(proposal, "date_formats")
    assert {str(row["date_from"]) for row in trial.rows} == {"2015-10-13"}


def test_the_theatres_months_decide_between_day_and_month(tried: Try) -> None:
    proposal, _ = tried(table(*good_rows(date="11/03/2016")), theatre=SYRIA)
    assert proposal.source.date_formats == ("%d/%m/%Y",)
    assert "20 rows of `date`" in doubts(proposal, "date_formats") and "speak for" in doubts(proposal, "date_formats")


def test_a_date_that_nothing_decides_is_said(tried: Try) -> None:
    proposal, _ = tried(table(*good_rows(date="10/11/2015")), theatre=SYRIA)
    said = doubts(proposal, "date_formats")
    assert "'10/11/2015'" in said and "nothing decides: check it" in said


def test_two_formats_in_one_column_are_both_taken_and_the_rest_is_said(tried: Try) -> None:
    texts = ["2015-10-13"] * 12 + ["13 Oct 2015"] * 7 + ["last week"]
    proposal, trial = tried(table(*good_rows(date=lambda i: texts[i])))
    assert proposal.source.date_formats == ("%Y-%m-%d", "%d %b %Y")
    assert "'last week' (1)" in doubts(proposal, "date_from")
    assert [(found.code, found.value) for found in trial.findings] == [("date_unparsable", "last week")]


def test_when_a_row_was_edited_is_no_day_of_an_event(tried: Try) -> None:
    rows = [{"modified": "2025-01-01", **row} for row in good_rows()]
    rows = [{("happened" if k == "date" else k): v for k, v in row.items()} for row in rows]
    proposal, _ = tried(table(*rows))
    assert names(proposal)["date_from"] == "happened"
    assert "no name says which column it is" in doubts(proposal, "date_from")
