"""Sentences: a row of the headline in plain English."""

from __future__ import annotations

from typing import Any

import pytest
from strike_rows import Row

from pipeline.tables.sentences import percent, tell
from pipeline.theatres import Theatre, theatres


@pytest.fixture
def syria() -> Theatre:
    return theatres()["syria"]


def headline_row(**given_: Any) -> Row:
    return {
        "source": "isw_reports", "window": "article", "filter": "all", "unit": "episode", "n": 65,
        "not_focus_at_point": 0.754, "not_focus_expected": 0.775, "not_focus_lower_t10": 0.72,
        "not_focus_upper_t10": 0.85, "place_lower": 0.63, "place_upper": 0.9, "map_lower": 0.62, "map_upper": 0.91,
    } | given_  # fmt: skip


SPLIT = {"opposition": 0.56, "isis": 0.22, "government": 0.17, "kurdish": 0.02, "contested_or_unknown": 0.03}


def test_a_sentence_says_source_window_count_figures_and_split(syria: Theatre) -> None:
    assert tell(syria, headline_row(), SPLIT) == (
        "Locations that ISW's published reports name (30 September 2015 – 7 March 2016): of 65 reported "
        "strike locations, 77.5% (72–85%, given the control map) lay outside ISIS-held ground, 75.4% by "
        "their centres alone; 63–90% had other places been named, 62–91% had the map been drawn from other "
        "places too. Who held the ground: Opposition 56%, ISIS 22%, Government 17%, Kurdish 2%, contested or "
        "unknown 3%."
    )


@pytest.mark.parametrize(
    ("given_", "scope"),
    [
        ({"window": "2015-10"}, "(October 2015): of 65"),
        ({"unit": "row", "n": 1065}, "(30 September 2015 – 7 March 2016; repeats counted): of 1,065"),
        ({"filter": "confidence:high"}, "(30 September 2015 – 7 March 2016; confidence high): of 65"),
        ({"filter": "points_only"}, "; only places known to within 5 km): of 65"),
        ({"filter": "region:aleppo_governorate"}, "; Aleppo governorate): of 65"),
        ({"filter": "confidence:low|points_only"}, "; confidence low; only places known to within 5 km): of 65"),
    ],
)
def test_a_sentence_says_what_is_counted(syria: Theatre, given_: Row, scope: str) -> None:
    assert scope in tell(syria, headline_row(**given_), SPLIT)


@pytest.mark.parametrize(
    ("n", "end"),
    [
        (0, ": no reported strike location."),
        (1, ": 1 reported strike location, too few for a share (fewer than 20)."),
        (19, ": 19 reported strike locations, too few for a share (fewer than 20)."),
        (20, ": 20 reported strike locations, no share: most of the ground is not known."),
    ],
)
def test_a_sentence_without_a_share(syria: Theatre, n: int, end: str) -> None:
    assert tell(syria, headline_row(n=n), None).endswith(end)


def test_a_sentence_of_another_theatre_speaks_its_words() -> None:
    told = tell(
        theatres()["ukraine"],
        headline_row(source="bellingcat", window="kharkiv_counteroffensive", map_lower=None, map_upper=None),
        {"ukrainian": 0.775, "russian": 0.225, "contested_or_unknown": 0.0},
    )
    assert told == (
        "Bellingcat's incidents of civilian harm (1 – 30 September 2022): of 65 reported incidents, "
        "77.5% (72–85%, given the control map) lay outside Russian-held ground, 75.4% by their centres "
        "alone; 63–90% had other places been named. Who held the ground: Ukrainian 78%, Russian 22%, contested "
        "or unknown 0%."
    )


def test_a_span_that_is_nearly_all_is_not_said_to_be_all(syria: Theatre) -> None:
    told = tell(syria, headline_row(place_lower=0.978, place_upper=0.99999), SPLIT)
    assert "98% to >99% had other places been named" in told


@pytest.mark.parametrize(
    ("share", "decimals", "said"),
    [
        (0.775, 1, "77.5%"), (0.7746, 0, "77%"), (0.0, 0, "0%"), (1.0, 1, "100.0%"), (0.999, 0, ">99%"),
        (0.9996, 1, ">99.9%"), (0.004, 0, "<1%"), (0.0004, 1, "<0.1%"),
    ],
)  # fmt: skip
def test_percent(share: float, decimals: int, said: str) -> None:
    assert percent(share, decimals) == said
