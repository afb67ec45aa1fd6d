"""Slips in a source's mapping are told of when the theatre is read, not by a stack trace in the middle of a run."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.theatres import Source

BLOCK = {
    "kind": "strikes", "title": "t", "publisher": "p", "credit": "c", "terms": "t", "key": ["id"],
    "fields": {"id": "id", "date_from": "d"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"fields": {"id": {"names": "id", "pattern": "("}}}, "is no regular expression"),
        ({"fields": {"id": {"names": "id", "pattern": "abc"}}}, "keeps nothing"),
        ({"only": {"id": "["}}, "is no regular expression"),
        ({"date_formats": ["%Y-%m-%d", "%Q"]}, "'%Q' writes no day"),
        ({"date_formats": ["%Y-%m"]}, "'%Y-%m' writes no day"),
        ({"date_formats": ["%d/%m/%Y", "%m/%d/%Y"]}, "'%d/%m/%Y' and '%m/%d/%Y' read the same text as different days"),
        ({"date_formats": ["%Y-%m-%d", "%y.%m.%d", "%d.%m.%y"]}, "'%y.%m.%d' and '%d.%m.%y' read the same text"),
        ({"date_formats": ["%d%b", "%m-%d", "%d-%m"], "default_year": 2022}, "'%m-%d' and '%d-%m' read the same text"),
    ],
)
def test_a_slip_in_a_mapping_is_told_in_words(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Source.model_validate({**BLOCK, **changed})


@pytest.mark.parametrize("format_", ["epoch_ms", "%b%d", "%d/%m/%y", "%Y-%m-%d %H:%M:%S%z", "%B %d, %Y %I:%M %p"])
def test_formats_that_name_a_day_are_taken(format_: str) -> None:
    assert Source.model_validate({**BLOCK, "date_formats": [format_]}).date_formats == (format_,)


@pytest.mark.parametrize(
    "formats",
    [
        ("%d/%m/%Y", "%d/%m/%y", "%m-%d-%Y"), ("%Y%m%d", "%d%m%Y"), ("%d %b %Y", "%d %B %Y", "%Y-%m-%d", "epoch_ms"),
        ("%d/%m/%Y %H:%M", "%d/%m/%Y"),
    ],
)  # fmt: skip
def test_formats_that_never_read_one_text_as_two_days_are_taken_together(formats: tuple[str, ...]) -> None:
    assert Source.model_validate({**BLOCK, "date_formats": formats}).date_formats == formats
