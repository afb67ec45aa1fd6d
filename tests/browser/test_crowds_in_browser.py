"""A map with more strikes than can be shown one by one: hexagons, what they hold, and the way to the rows."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from crowded_frames import crowd
from playwright.sync_api import expect
from reader import Reader, wait_for
from sample_frames import sample_frames

pytestmark = pytest.mark.browser


def rows_by_confidence(source: str) -> Counter[str]:
    """Rows of a source that a figure counts, by confidence."""
    strikes = crowd(sample_frames(), 400)["core.strikes"].to_pylist()
    return Counter(row["confidence"] for row in strikes if row["source"] == source and not row["is_background"])


def gathered(reader: Reader) -> int:
    """How many rows the page says that hexagons stand for; 0 where there are none."""
    note = reader.page.locator("#gathered")
    if note.is_hidden():
        return 0
    said = re.match(r"([\d,]+) rows in view are gathered into hexagons", note.inner_text())
    assert said is not None
    return int(said[1].replace(",", ""))


def middle_of_a_cell(reader: Reader) -> tuple[float, float]:
    """A point of the screen at which a hexagon lies: found by the tip that it shows."""
    box = reader.page.locator("#map").bounding_box()
    assert box is not None
    for down in range(1, 12):
        for right in range(1, 12):
            x, y = box["x"] + box["width"] * right / 12, box["y"] + box["height"] * down / 12
            reader.page.mouse.move(x, y)
            if reader.page.locator("#tip").is_visible():
                return x, y
    raise AssertionError("no hexagon was found under the pointer")


def test_hexagons_stand_for_every_row_of_the_choice_and_follow_it(crowded_reader: Reader) -> None:
    expected = rows_by_confidence("isw_reports")
    crowded_reader.open("#theatre=syria&source=isw_reports&period=all")
    assert gathered(crowded_reader) == expected.total() > 5000
    many = max(expected, key=lambda confidence: expected[confidence])
    crowded_reader.page.goto(f"{crowded_reader.page.url}&confidence={many}")
    wait_for(crowded_reader, lambda: gathered(crowded_reader) == (expected[many] if expected[many] > 5000 else 0))
    assert not crowded_reader.errors


def test_a_hexagon_says_what_it_holds_and_opens_its_rows(crowded_reader: Reader) -> None:
    crowded_reader.open("#theatre=syria&source=isw_reports&period=all")
    crowded_reader.page.wait_for_timeout(1500)
    where = middle_of_a_cell(crowded_reader)
    said = re.match(r"([\d,]+) rows: \w+", crowded_reader.page.locator("#tip").inner_text())
    assert said is not None
    crowded_reader.page.mouse.click(*where)
    expect(crowded_reader.page.locator("#rows-title")).to_contain_text(f"{said[1]} rows telling of")
    expect(crowded_reader.page.locator("#rows")).to_contain_text("In one hexagon of the map")
    crowded_reader.page.locator("#rows tbody button").first.click()
    expect(crowded_reader.page.locator("#evidence")).to_be_visible()
    assert not crowded_reader.errors


def test_few_enough_are_shown_one_by_one(crowded_reader: Reader) -> None:
    crowded_reader.open("#theatre=syria&source=isw_reports&period=all")
    assert gathered(crowded_reader) > 0
    crowded_reader.page.get_by_role("button", name="Day", exact=True).click()
    wait_for(crowded_reader, lambda: gathered(crowded_reader) == 0)
    crowded_reader.page.get_by_role("button", name="Whole period").click()
    wait_for(crowded_reader, lambda: gathered(crowded_reader) > 0)
    for _ in range(6):
        crowded_reader.page.get_by_role("button", name="Zoom in").click()
        crowded_reader.page.wait_for_timeout(400)
    wait_for(crowded_reader, lambda: gathered(crowded_reader) == 0)


def test_a_hexagon_counts_whole_at_the_edge_of_the_screen(crowded_reader: Reader) -> None:
    crowded_reader.open("#theatre=syria&source=isw_reports&period=all")
    crowded_reader.page.locator("#map canvas").focus()
    crowded_reader.page.keyboard.press("ArrowRight")
    crowded_reader.page.wait_for_timeout(800)
    assert gathered(crowded_reader) > 0
    crowded_reader.page.get_by_role("button", name="list them").click()
    numbers = crowded_reader.page.locator("#rows tbody th button")
    listed = [int(text.replace(",", "")) for text in numbers.all_inner_texts()]
    assert listed == sorted(listed, reverse=True)
    assert sum(listed) >= gathered(crowded_reader)
    for at in (0, len(listed) - 1):
        numbers.nth(at).click()
        expect(crowded_reader.page.locator("#rows-title")).to_contain_text(f"{listed[at]:,} row")
        crowded_reader.page.locator("#rows .close").click()
        crowded_reader.page.get_by_role("button", name="list them").click()


def test_the_table_goes_on_to_the_last_row(crowded_reader: Reader) -> None:
    rows = rows_by_confidence("isw_reports").total()
    crowded_reader.open("#theatre=syria&source=isw_reports&period=all")
    crowded_reader.page.click("#rows-button")
    more = crowded_reader.page.locator("#more-rows")
    expect(more).to_contain_text(f"2,000 of {rows:,} rows are shown")
    while more.is_visible():
        more.click()
    expect(crowded_reader.page.locator("#rows tbody tr")).to_have_count(rows)
