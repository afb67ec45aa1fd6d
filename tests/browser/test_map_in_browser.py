"""The map and its time: what is drawn for the days chosen, by pointer and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from reader import Reader, ground, wait_for

pytestmark = pytest.mark.browser


def legend_counts(reader: Reader) -> int:
    """Locations that the legend counts, over all controllers."""
    return sum(int(item.inner_text()) for item in reader.page.locator("#legend li[data-controller] b").all())


def test_moving_the_last_day_changes_who_holds_the_ground(reader: Reader) -> None:
    reader.open("#theatre=syria&to=2016-02-03")
    wait_for(reader, lambda: ground(reader, "government") > 1000)
    before = ground(reader, "government"), ground(reader, "opposition")
    last = reader.page.get_by_role("slider", name="Last day shown")
    last.focus()
    reader.page.keyboard.press("ArrowRight")
    expect(last).to_have_attribute("aria-valuetext", "4 February 2016; ground: control map of that day")
    expect(reader.page.locator("#time .snapshot")).to_have_text("Shading: 4 Feb 2016, control map of that day")
    wait_for(reader, lambda: ground(reader, "government") > 1.3 * before[0])
    assert ground(reader, "opposition") < 0.8 * before[1]
    assert "to=2016-02-04" in reader.page.url


def test_handles_are_moved_by_keys_and_never_cross(reader: Reader) -> None:
    reader.open("#theatre=syria&from=2015-10-10&to=2015-10-12")
    first = reader.page.get_by_role("slider", name="First day shown")
    last = reader.page.get_by_role("slider", name="Last day shown")
    first.press("PageUp")
    expect(first).to_have_attribute("aria-valuetext", "12 October 2015")
    last.press("ArrowLeft")
    expect(reader.page.locator("#time .day")).to_have_text("12 Oct 2015")
    last.press("End")
    first.press("Home")
    expect(reader.page.locator("[data-width='all']")).to_have_attribute("aria-pressed", "true")
    assert "from=" not in reader.page.url
    assert "to=" not in reader.page.url


def test_a_stretch_is_dragged_whole(reader: Reader) -> None:
    reader.open("#theatre=syria&from=2015-11-01&to=2015-11-28")
    box = reader.page.locator("#time .chosen").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reader.page.mouse.move(*middle)
    reader.page.mouse.down()
    reader.page.mouse.move(middle[0] + 100, middle[1], steps=4)
    reader.page.mouse.up()
    first = reader.page.get_by_role("slider", name="First day shown")
    last = reader.page.get_by_role("slider", name="Last day shown")
    days = [int(str(handle.get_attribute("aria-valuenow"))) for handle in (first, last)]
    assert days[1] - days[0] == 27
    assert days[0] > 16740


def test_steps_and_widths_choose_days(reader: Reader) -> None:
    reader.open()
    everything = legend_counts(reader)
    reader.page.get_by_role("button", name="Week", exact=True).click()
    expect(reader.page.locator("#time .day")).to_have_text("1–7 Mar 2016")
    reader.page.get_by_role("button", name="One day back").click()
    expect(reader.page.locator("#time .day")).to_have_text("29 Feb – 6 Mar 2016")
    assert legend_counts(reader) < everything
    reader.page.get_by_role("button", name="Whole period").click()
    assert legend_counts(reader) == everything


def test_play_goes_on_by_itself_and_stops(reader: Reader) -> None:
    reader.open("#theatre=syria&from=2015-10-01&to=2015-10-07")
    reader.page.get_by_role("button", name="Play day by day").click()
    expect(reader.page.locator("#time .day")).not_to_have_text("1–7 Oct 2015")
    reader.page.get_by_role("button", name="Pause").click()
    shown = reader.page.locator("#time .day").inner_text()
    reader.page.wait_for_timeout(1800)
    expect(reader.page.locator("#time .day")).to_have_text(shown)


def test_a_day_without_a_control_map_says_so(reader: Reader) -> None:
    reader.open("#theatre=syria&period=all&to=2016-07-20")
    expect(reader.page.locator("#notice")).to_have_text("No control map was in force on 20 July 2016")
    reader.page.get_by_role("slider", name="Last day shown").press("End")
    reader.page.goto(f"{reader.address}/r/2026-11-01-sample/map/#theatre=syria&period=all&to=2015-12-31")
    expect(reader.page.locator("#notice")).to_be_hidden()


def test_names_turn_to_arabic_and_back(reader: Reader) -> None:
    reader.open()
    names = reader.page.get_by_role("button", name="العربية")
    before = reader.page.locator("#ground").screenshot()
    names.click()
    expect(names).to_have_attribute("aria-pressed", "true")
    assert "names=local" in reader.page.url
    wait_for(reader, lambda: reader.page.locator("#ground").screenshot() != before)
    names.click()
    assert "names=" not in reader.page.url


def test_the_tip_goes_when_the_evidence_comes(reader: Reader) -> None:
    reader.open("#theatre=syria&source=mod_claims")
    reader.page.click("#rows-button")
    reader.page.locator("#rows tbody button").first.click()
    panel = reader.page.locator("#evidence")
    expect(panel).to_be_visible()
    reader.page.wait_for_timeout(600)
    box, covered = reader.page.locator("#ground").bounding_box(), panel.bounding_box()
    assert box is not None
    assert covered is not None
    middle = (box["x"] + covered["x"]) / 2, box["y"] + box["height"] / 2
    reader.page.mouse.move(*middle)
    tip = reader.page.locator("#tip")
    expect(tip).to_be_visible()
    seen = tip.bounding_box()
    assert seen is not None
    assert seen["x"] + seen["width"] <= covered["x"]
    reader.page.mouse.click(*middle)
    expect(tip).to_be_hidden()
