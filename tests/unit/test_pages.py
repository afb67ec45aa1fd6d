"""The pages to read: the same bytes, nothing from elsewhere, data as text, and what the walk says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from html_page import HOSTILE, Page
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.explain import PARTS
from pipeline.pages import write_pages
from pipeline.pages.walk import take_turns
from pipeline.theatres import theatres


def frames(hostile: bool = False) -> dict[str, pa.Table]:
    """The sample, with explanations that put every ISW strike near one limit or another."""
    made = sample_frames()
    rows = made["marts.explanations"].to_pylist()
    for number, row in enumerate(rows):
        row["doubts"] = json.dumps({("disc", "front", "stated_holder")[number % 3]: (number % 10) / 10})
        row.update(dict.fromkeys(PARTS, HOSTILE) if hostile else {})
    made["marts.explanations"] = table("marts.explanations").conform(rows)
    if hostile:
        strikes = [row | {"place": HOSTILE} for row in made["core.strikes"].to_pylist()]
        records = [row | {"properties": json.dumps({HOSTILE: HOSTILE})} for row in made["raw.records"].to_pylist()]
        exports = [row | {"file_name": HOSTILE} for row in made["raw.exports"].to_pylist()]
        made["core.strikes"] = table("core.strikes").conform(strikes)
        made["raw.records"] = table("raw.records").conform(records)
        made["raw.exports"] = table("raw.exports").conform(exports)
    return made


def write(folder: Path, **given: Any) -> dict[str, Page]:
    made = frames(**given)
    none = {name: frame.slice(0, 0) for name, frame in made.items()}
    paths = write_pages(folder, theatres(), {"syria": made, "ukraine": none})
    return {path.name: Page(path) for path in paths}


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Page]:
    return write(tmp_path)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder)
    for name in ("methods.html", "walk.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_pages_hold_all_that_they_need_and_run_nothing(pages: dict[str, Page]) -> None:
    for page in pages.values():
        tags = {tag for tag, _ in page.elements}
        assert not tags & {"script", "link", "img", "iframe", "object", "form", "base"}
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        targets = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
        assert targets <= {"../map/", "../report.html", "methods.html", "walk.html", "#syria"}


def test_hostile_text_in_a_strike_appears_as_text(tmp_path: Path) -> None:
    page = write(tmp_path, hostile=True)["walk.html"]
    assert not {tag for tag, _ in page.elements} & {"script", "img"}
    assert page.text.count(HOSTILE) > 10


def test_the_methods_page_says_the_critics_points_first(pages: dict[str, Page]) -> None:
    headings = [tag for tag, _ in pages["methods.html"].elements if tag in ("h1", "h2")]
    assert headings[0] == "h1"
    text = pages["methods.html"].text
    assert text.index("Before you quote a number") < text.index("What is counted")
    assert "table" in {tag for tag, _ in pages["methods.html"].elements}


def test_the_walk_goes_from_the_sentence_to_the_number(pages: dict[str, Page]) -> None:
    text, made = pages["walk.html"].text, frames()
    syria = theatres()["syria"]
    assert syria.claim is not None
    assert syria.claim.text in text
    (total,) = [
        row
        for row in made["marts.headline"].to_pylist()
        if (row["source"], row["window"], row["filter"], row["unit"]) == ("isw_reports", "article", "all", "episode")
    ]
    assert f"of {total['n']} reported strike locations lay outside ISIS-held ground" in text
    assert f"{total['not_focus_expected']:.0%}" in text
    assert "Civilian harm in Ukraine" not in text


def choice(number: int, variant: str, **given_: Any) -> dict[str, Any]:
    return {
        "theatre": "syria", "source": "isw_reports", "window": "article", "choice_no": number,
        "choice": "reach" if number else "baseline", "variant": variant, "about": f"About {variant}", "n": 65,
        "not_focus_expected": 0.7, "not_focus_lower_t10": 0.6, "not_focus_upper_t10": 0.8, "change": 0.0,
        "finding_stands": True,
    } | given_  # fmt: skip


def test_the_walk_tells_first_what_moves_the_finding_most_and_counts_what_says_nothing_apart(tmp_path: Path) -> None:
    made = frames()
    made["marts.sensitivity"] = table("marts.sensitivity").conform(
        [
            choice(0, "as published"),
            choice(1, "silent", finding_stands=None, change=0.3),
            choice(2, "little", change_rank=3, change=0.01),
            choice(3, "centres", change_rank=2, change=-0.02, not_focus_lower_t10=None, not_focus_upper_t10=None),
            choice(4, "most", change_rank=1, change=-0.25, not_focus_expected=0.45, finding_stands=False),
            choice(5, "too few", n=3, not_focus_expected=None, finding_stands=None),
        ]
    )
    write_pages(tmp_path, {"syria": theatres()["syria"]}, {"syria": made})
    text = Page(tmp_path / "walk.html").text
    assert "lie outside ISIS-held ground, stands under 2 of 3 other method choices; 1 more leaves most ground" in text
    told = [text.index(f"reach: {variant}") for variant in ("most", "centres", "little", "silent")]
    assert told == sorted(told)
    assert "reach: too few" not in text
    bounds = text[text.index("reach: centres") : text.index("reach: little")]
    assert " to " not in bounds


def test_strikes_that_could_be_argued_are_shown_with_their_explanation_and_raw_row(pages: dict[str, Page]) -> None:
    page = pages["walk.html"]
    assert sum(tag == "article" for tag, _ in page.elements) == 5
    shown = [row for row in frames()["marts.explanations"].to_pylist() if row["strike_id"] in page.text]
    assert len(shown) == 5
    for row in shown:
        assert all(row[part] in page.text for part in PARTS)
    assert page.text.count("isw_reports.csv, record") == 5


def test_reasons_take_turns_and_a_place_comes_once() -> None:
    rows = [
        {"reason": reason, "coordinate": place}
        for reason, place in [("a", "1"), ("a", "2"), ("b", "1"), ("a", "3"), ("b", "2"), ("b", "4"), ("c", "3")]
    ]
    taken = [(row["reason"], row["coordinate"]) for row in take_turns(rows, 5)]
    assert taken == [("a", "1"), ("b", "2"), ("c", "3"), ("b", "4")]
    assert len(take_turns(rows, 2)) == 2
    assert take_turns([], 5) == []
