"""The page for readers with a keyboard, a screen reader, a phone, right-to-left names, or less motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from drawn_frames import drawn_frames
from playwright.sync_api import Browser, ViewportSize, expect
from reader import SYRIA, Reader

from pipeline.pages import write_pages, write_report

pytestmark = pytest.mark.browser

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
GRAVE = {"serious", "critical"}
WIDE: ViewportSize = {"width": 1400, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report, walk and methods of the drawn frames, without pictures."""
    folder = tmp_path_factory.mktemp("documents")
    syria = {"syria": SYRIA}
    frames = {"syria": drawn_frames()}
    write_pages(folder, syria, frames)
    told = {"release": "sample", "as_of": "2026-11-01T00:00:00Z", "inputs": [], "tables": {}, "checks": []}
    write_report(folder / "report.html", syria, frames, {}, told)
    return folder


def grave(reader: Reader) -> list[dict[str, Any]]:
    """What axe-core finds that is serious or critical: rule and the elements that break it."""
    found = Axe().run(reader.page, options=RULES).response["violations"]
    return [
        {"rule": rule["id"], "at": [node["html"][:160] for node in rule["nodes"]]}
        for rule in found
        if rule["impact"] in GRAVE
    ]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(reader: Reader, scheme: str, size: Any) -> None:
    reader.page.set_viewport_size(size)
    reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    reader.open()
    assert grave(reader) == []
    reader.page.click("#rows-button")
    assert grave(reader) == []
    reader.page.locator("#rows tbody button").first.click()
    expect(reader.page.locator("#evidence")).to_be_visible()
    assert grave(reader) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_where_all_is_open(drawn_reader: Reader, scheme: str) -> None:
    drawn_reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    drawn_reader.open(
        "#theatre=syria&source=airwars&confidence=weak&region=province:Homs&beside=source:isw_reports&names=local"
    )
    drawn_reader.page.evaluate("document.querySelectorAll('details').forEach((at) => { at.open = true; })")
    assert grave(drawn_reader) == []


@pytest.mark.parametrize("name", ["report.html", "walk.html", "methods.html"])
def test_axe_finds_nothing_serious_in_the_documents(chromium: Browser, documents: Path, name: str) -> None:
    for size in (WIDE, PHONE):
        page = chromium.new_page(viewport=size)
        page.goto((documents / name).as_uri())
        assert grave(Reader(page, "")) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.close()


def test_all_can_be_done_with_the_keyboard_alone(reader: Reader) -> None:
    reader.open()
    reached = set()
    for _ in range(60):
        reader.page.keyboard.press("Tab")
        reached.add(
            reader.page.evaluate(
                "() => { const at = document.activeElement; return at.id || at.getAttribute('aria-label')"
                " || at.getAttribute('data-width') || at.className; }"
            )
        )
    wanted = {"skip", "source", "window", "rows-button", "Map", "names", "7", "Play day by day"}
    assert wanted | {"First day shown", "Last day shown, and day of the shading"} <= reached


def test_focus_can_be_seen_on_the_handles(reader: Reader) -> None:
    reader.open()
    handle = reader.page.get_by_role("slider", name="First day shown")
    handle.press("ArrowRight")
    style = handle.evaluate("at => getComputedStyle(at, '::after').outlineStyle")
    assert style == "solid"


def test_what_is_touched_is_large_enough(reader: Reader) -> None:
    """WCAG 2.2, 2.5.8: at least 24 by 24 pixels, but for links within a line of text."""
    reader.page.set_viewport_size({"width": 390, "height": 844})
    reader.open()
    small = reader.page.evaluate("""
        () => [...document.querySelectorAll("button, select, summary, [role=slider]")]
          .filter((at) => at.checkVisibility())
          .map((at) => [at.outerHTML.slice(0, 80), at.getBoundingClientRect()])
          .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
          .map(([html]) => html)
    """)
    assert small == []


def test_nothing_moves_once_it_is_there(reader: Reader) -> None:
    reader.page.add_init_script("""
        window.shifted = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shifted += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
    """)
    reader.open()
    reader.page.wait_for_timeout(1000)
    assert reader.page.evaluate("window.shifted") < 0.1


@pytest.mark.parametrize("hash_", ["#theatre=syria", "#theatre=syria&names=local"], ids=["latin", "arabic"])
@pytest.mark.parametrize("size", [(1400, 900), (1024, 768), (390, 844)], ids=["wide", "middle", "phone"])
def test_nothing_is_wider_than_the_screen_or_covers_another(reader: Reader, size: tuple[int, int], hash_: str) -> None:
    reader.page.set_viewport_size({"width": size[0], "height": size[1]})
    reader.open(hash_)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    outside = reader.page.evaluate("""
        () => [...document.querySelectorAll("#stage button, #stage [role=slider], #time p, .maplibregl-ctrl")]
          .map((at) => [at.outerHTML.slice(0, 80), at.getBoundingClientRect()])
          .filter(([, box]) => box.width > 0 && (box.left < 0 || box.right > innerWidth + 0.5))
          .map(([html]) => html)
    """)
    assert outside == []


def test_on_a_phone_the_finding_and_the_map_are_seen_at_once(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 390, "height": 844})
    reader.open()
    finding = reader.page.locator("#finding .big").bounding_box()
    ground = reader.page.locator("#ground").bounding_box()
    assert finding is not None
    assert ground is not None
    assert finding["y"] + finding["height"] < ground["y"]
    assert ground["y"] + ground["height"] <= 844
    assert ground["height"] > 250
