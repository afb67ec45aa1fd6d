"""The page as a reader meets it: in a browser, with a pointer, a keyboard, a phone."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from reader import Reader, ground, pixels, wait_for
from sample_frames import sample_frames

from pipeline.theatres import theatres

pytestmark = pytest.mark.browser

SYRIA = theatres()["syria"]


def test_it_loads_without_an_error_or_a_request_to_another_host(reader: Reader) -> None:
    reader.open()
    assert reader.page.url.startswith(f"{reader.address}/r/2026-11-01-sample/map/#theatre=syria")
    wait_for(reader, lambda: ground(reader, "isis") > 5000)
    expect(reader.page.locator("#question")).to_have_text(SYRIA.question)
    expect(reader.page.locator("#release")).to_contain_text("2026-11-01-sample")
    assert any(url.endswith("syria.pmtiles") for url in reader.asked)
    assert reader.errors == []
    assert reader.foreign == []


def test_the_finding_is_the_published_one(reader: Reader) -> None:
    reader.open()
    row = next(
        row
        for row in sample_frames()["marts.headline"].to_pylist()
        if (row["source"], row["window"], row["unit"]) == ("isw_reports", "article", "episode")
    )
    finding = reader.page.locator("#finding")
    expect(finding.locator(".big")).to_have_text(f"{row['not_focus_expected']:.0%}")
    expect(finding.locator(".claim")).to_contain_text(f"of {row['n']} reported strike locations")
    expect(finding.locator("blockquote")).to_have_text(row["sentence"])
    shown = [item.inner_text() for item in finding.locator(".split + .shares b").all()]
    assert shown == [f"{share:.0%}" for share in json.loads(row["split"]).values()]
    reader.page.select_option("#source", "mod_claims")
    expect(finding.locator(".big")).to_have_text("6")
    expect(finding).to_contain_text("too few for a share")


def test_the_legend_counts_what_the_data_hold(reader: Reader) -> None:
    frames = sample_frames()
    held = {row["strike_id"]: row["controller"] for row in frames["core.attribution"].to_pylist()}
    episodes = {row["strike_id"]: row["episode_id"] for row in frames["core.episodes"].to_pylist()}
    window = SYRIA.windows[SYRIA.main_window]
    counted = {
        episodes[row["strike_id"]]: held[episodes[row["strike_id"]]]
        for row in frames["core.strikes"].to_pylist()
        if row["source"] == "isw_reports"
        and not row["is_background"]
        and window.start <= row["date_from"] <= window.end
    }
    reader.open()
    keys = reader.page.locator("#legend li[data-controller]")
    shown = {str(key.get_attribute("data-controller")): int(key.locator("b").inner_text()) for key in keys.all()}
    assert {name: n for name, n in shown.items() if n} == Counter(counted.values())
    expect(reader.page.locator("#legend")).to_contain_text(f"{len(counted)} reported strike locations")


def test_clicking_a_strike_shows_the_row_that_it_came_from(reader: Reader) -> None:
    reader.open("#theatre=syria&from=2015-11-12&to=2015-11-12")
    colour = SYRIA.controllers["opposition"].colour
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])

    def dot() -> np.ndarray:
        return np.argwhere(np.abs(pixels(reader) - wanted).max(axis=2) <= 2)

    wait_for(reader, lambda: len(dot()) > 20)
    row, column = dot().mean(axis=0)
    reader.page.locator("#ground").click(position={"x": float(column), "y": float(row)})
    panel = reader.page.locator("#evidence")
    expect(panel.locator("h2")).to_have_text("al-Hader")
    expect(panel.locator(".holder")).to_contain_text("Opposition at its centre; firm.")
    expect(panel.locator(".facts").first).to_contain_text("At the centre: opposition.")
    expect(panel.locator(".source-row")).to_contain_text("isw_reports.csv, line 17")
    expect(panel.locator(".source-row tr", has_text="place")).to_contain_text("al-Hader")
    expect(panel.locator("a")).to_have_attribute("href", "https://example.org/reports/2015-11-12")
    reader.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert reader.errors == []


def test_data_never_become_html(reader: Reader) -> None:
    reader.open("#theatre=syria&source=mod_claims")
    reader.page.click("#rows-button")
    rows = reader.page.locator("#rows")
    expect(rows.get_by_role("button", name="<b>al-Bab</b> & surroundings")).to_be_visible()
    assert rows.locator("tbody b").count() == 0
    rows.get_by_role("button", name="<b>al-Bab</b> & surroundings").click()
    expect(reader.page.locator("#evidence h2")).to_have_text("<b>al-Bab</b> & surroundings")
    assert reader.page.locator("#evidence .source-row b").count() == 0


def test_the_table_has_every_row_of_the_map_and_leads_to_the_evidence(reader: Reader) -> None:
    reader.open()
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")
    table = reader.page.locator("#rows table")
    expect(table).to_be_visible()
    assert table.locator("tbody tr").count() == 22
    table.get_by_role("button", name="Talbisah").nth(1).press("Enter")
    expect(reader.page.locator("#rows")).to_be_hidden()
    panel = reader.page.locator("#evidence")
    expect(panel.locator("h2")).to_have_text("Talbisah")
    expect(panel.locator(".where")).to_contain_text("30 Sept – 1 Oct 2015")
    expect(panel).to_be_focused()
    expect(panel.locator(".stepper")).to_contain_text("2 of 2 here")
    panel.get_by_role("button", name="Next at this place").click()
    expect(panel.locator(".where")).to_contain_text("Homs · 30 Sept 2015")


def test_a_view_can_be_linked_to(reader: Reader) -> None:
    reader.open("#theatre=syria&source=mod_claims&period=article&from=2015-10-06&to=2015-10-12&names=local")
    expect(reader.page.locator("#source")).to_have_value("mod_claims")
    expect(reader.page.locator("#time .day")).to_have_text("6–12 Oct 2015")
    expect(reader.page.locator("[data-width='7']")).to_have_attribute("aria-pressed", "true")
    expect(reader.page.locator("#names")).to_have_attribute("aria-pressed", "true")
    reader.open("#theatre=nowhere&source=x&period=y&from=2015-99-99&to=1&names=z&strike=no")
    expect(reader.page.locator("#source")).to_have_value("isw_reports")
    assert reader.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_wider_than_the_screen(reader: Reader, scheme: str) -> None:
    reader.page.set_viewport_size({"width": 390, "height": 844})
    reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    reader.open()
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 390
    box = reader.page.locator("#ground").bounding_box()
    assert box is not None
    assert box["height"] > 250
    assert box["y"] + box["height"] <= 844
    assert reader.errors == []


def test_any_static_host_will_do_even_one_without_ranges(reader: Reader, release: Path) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(release))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        reader.page.goto(f"http://127.0.0.1:{server.server_port}/map/")
        reader.page.wait_for_selector("html[data-ready]")
        wait_for(reader, lambda: ground(reader, "isis") > 5000)
    finally:
        server.shutdown()
        server.server_close()
    assert reader.errors == []
