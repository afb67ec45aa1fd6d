"""The evidence behind a number, and what a reader takes away or sends on: rows, files, links, citations, pictures."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import duckdb
import matplotlib.image
import pytest
from playwright.sync_api import Download, Route, expect
from reader import Reader, wait_for

pytestmark = pytest.mark.browser

RELEASE = "2026-11-01-sample"


def rows_of(download: Download) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(download.path().read_text(encoding="utf-8"), newline="")))


def test_the_rows_behind_a_number_are_those_that_it_counts(drawn_reader: Reader, drawn_release: Path) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=isw_reports&from=2015-11-05&to=2016-02-05&confidence=high")
    page.locator("#finding .claim .rows-behind").click()
    with page.expect_download() as taken:
        page.click("#take-csv")
    rows = rows_of(taken.value)
    database = duckdb.connect(str(drawn_release / "strikes.duckdb"), read_only=True)
    expected = database.execute(
        """SELECT strike_id, focus_share, date_from::VARCHAR FROM core.strikes JOIN core.attribution USING (strike_id)
        WHERE core.strikes.source = 'isw_reports' AND NOT is_background AND confidence = 'high'
        AND date_from BETWEEN '2015-11-05' AND '2016-02-05'"""
    ).fetchall()
    assert sorted((r["strike_id"], float(r["focus_share"]), r["date_from"]) for r in rows) == sorted(expected)
    assert {row["file_name"] for row in rows} == {"isw_reports.csv"}
    (cited,) = {row["citation"] for row in rows}
    assert RELEASE in cited
    assert "confidence=high" in cited
    episodes = len({row["episode_id"] for row in rows})
    expect(page.locator("#rows-title")).to_have_text(
        f"{len(rows)} rows telling of {episodes} reported strike locations"
    )
    assert taken.value.suggested_filename == f"syria_isw_reports_2015-11-05_2016-02-05_high_{RELEASE}.csv"


def test_rows_can_be_copied_and_had_as_geojson(reader: Reader) -> None:
    page = reader.page
    reader.open("#theatre=syria&source=mod_claims")
    page.locator("#finding .figure .rows-behind").click()
    page.get_by_role("button", name="Copy as CSV").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = list(csv.DictReader(io.StringIO(page.evaluate("navigator.clipboard.readText()"), newline="")))
    assert "<b>al-Bab</b> & surroundings" in {row["place"] for row in copied}
    with page.expect_download() as taken:
        page.click("#take-geojson")
    collection = json.loads(taken.value.path().read_text(encoding="utf-8"))
    assert "Whose ground was hit?" in collection["citation"]
    points = {tuple(f["geometry"]["coordinates"]) for f in collection["features"]}
    assert points == {(float(row["longitude"]), float(row["latitude"])) for row in copied}
    assert len(collection["features"]) == len(copied) == 6


def test_no_cell_is_run_by_a_spreadsheet(reader: Reader) -> None:
    reader.open()
    made = reader.page.evaluate(
        """async () => {
            const { toCsv } = await import("./rows.js");
            const row = { strike_id: "=1+1", episode_id: "+x", source: "-5",
                place: "@sum", province: "\\tx", latitude: -5.5, longitude: 'say "x", y',
                precision_m: null, date_from: "\uff1d1" };
            return toCsv([row], "=c");
        }"""
    )
    row = next(csv.reader(io.StringIO(made.split("\r\n", 1)[1], newline="")))
    assert row[:9] == ["'=1+1", "'+x", "'-5", "'@sum", "'\tx", "-5.5", 'say "x", y', "", "'\uff1d1"]
    assert row[-1] == "'=c"


def test_all_strikes_of_a_point_can_be_reached(reader: Reader) -> None:
    page = reader.page
    reader.open()
    page.click("#rows-button")
    page.locator("#rows").get_by_role("button", name="Talbisah").first.click()
    panel = page.locator("#evidence")
    panel.get_by_text("List all 2").click()
    expect(panel.locator(".others li")).to_have_count(2)
    panel.locator(".others button").nth(1).press("Enter")
    expect(panel.locator(".where")).to_contain_text("30 Sept – 1 Oct 2015")
    for link in panel.locator("a[href]").all():
        assert str(link.get_attribute("href")).startswith("https://")
        assert "noopener" in str(link.get_attribute("rel"))


def test_a_link_brings_back_the_whole_state(drawn_reader: Reader) -> None:
    page = drawn_reader.page
    asked = (
        "#theatre=syria&source=airwars&period=article&from=2015-10-20&to=2016-02-01&confidence=weak"
        "&region=province%3AHoms&beside=source%3Aisw_reports"
    )
    drawn_reader.open(asked)
    page.click("#cite summary")
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert f"release={RELEASE}" in link
    said = page.locator("#finding .figure, #finding .shares, blockquote").all_inner_texts()
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector("html[data-ready]")
    page.click("#cite summary")
    assert page.locator("#finding .figure, #finding .shares, blockquote").all_inner_texts() == said
    assert page.url == link
    page.click("#narrowed")
    for control, value in {
        "source": "airwars", "from": "2015-10-20", "to": "2016-02-01", "confidence": "weak",
        "region": "province:Homs", "beside": "source:isw_reports",
    }.items():  # fmt: skip
        expect(page.locator(f"#{control}")).to_have_value(value)
    expect(page.locator("#other-release")).to_be_hidden()


def test_back_and_forward_go_through_what_was_chosen(reader: Reader) -> None:
    page = reader.page
    reader.open("#theatre=syria&source=isw_reports")
    page.locator("#source").select_option("mod_claims")
    page.locator("#finding .figure .rows-behind").click()
    page.locator("#rows").get_by_role("button", name="Raqqa").click()
    expect(page.locator("#evidence h2")).to_have_text("Raqqa")
    page.go_back()
    expect(page.locator("#evidence")).to_be_hidden()
    expect(page.locator("#source")).to_have_value("mod_claims")
    page.go_back()
    expect(page.locator("#source")).to_have_value("isw_reports")
    page.go_forward()
    page.go_forward()
    expect(page.locator("#evidence h2")).to_have_text("Raqqa")
    assert reader.errors == []


def test_an_answer_that_comes_late_opens_nothing(drawn_reader: Reader, drawn_release: Path) -> None:
    """Two addresses in a row: what the first asked for is not shown under the second."""
    with duckdb.connect(str(drawn_release / "strikes.duckdb"), read_only=True) as database:
        found = database.execute("SELECT strike_id FROM core.strikes WHERE source = 'airwars' LIMIT 1").fetchone()
    assert found is not None
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=isw_reports")

    def later(route: Route) -> None:
        page.wait_for_timeout(1500)
        route.continue_()

    page.route("**/*.columns", later)
    page.evaluate(f"location.hash = 'theatre=syria&source=airwars&strike={found[0]}'")
    page.wait_for_timeout(200)
    page.evaluate("location.hash = 'theatre=syria&source=isw_reports'")
    page.wait_for_timeout(2500)
    expect(page.locator("#evidence")).to_be_hidden()
    assert "strike=" not in page.url


def test_what_failed_once_can_be_had_again(drawn_reader: Reader) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=airwars")
    page.route("**/data/syria/*.json", lambda route: route.abort())
    page.click("#rows-button")
    page.locator("#rows tbody button").first.click()
    expect(page.locator("#notice")).to_contain_text("could not be loaded")
    page.unroute("**/data/syria/*.json")
    page.click("#rows-button")
    page.locator("#rows tbody button").first.click()
    expect(page.locator("#evidence")).to_be_visible()
    page.route("**/*.columns", lambda route: route.abort())
    page.click("#rows-button")
    page.click("#take-csv")
    expect(page.locator("#notice")).to_contain_text("The rows could not be loaded")
    page.unroute("**/*.columns")
    page.click("#rows-button")
    with page.expect_download():
        page.click("#take-csv")


def test_rows_of_a_month_are_cited_by_the_address_of_that_month(drawn_reader: Reader) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=airwars")
    page.locator("#months-table tbody tr", has_text="October").locator(".rows-behind").click()
    title = page.locator("#rows-title").inner_text()
    with page.expect_download() as taken:
        page.click("#take-csv")
    row = next(csv.DictReader(taken.value.path().open(encoding="utf-8", newline="")))
    address = re.search(r"http\S+", row["citation"])
    assert address is not None
    page.goto("about:blank")
    page.goto(address[0])
    page.click("#rows-button")
    expect(page.locator("#rows-title")).to_have_text(title)


def test_a_link_made_on_another_release_says_so(reader: Reader) -> None:
    reader.open("#theatre=syria&source=isw_reports&release=2025-01-01-older")
    other = reader.page.locator("#other-release")
    expect(other).to_contain_text("made on release 2025-01-01-older. You are reading release 2026-11-01-sample")


def test_the_citation_has_all_that_another_reader_needs(reader: Reader) -> None:
    page = reader.page
    reader.open("#theatre=syria&source=isw_reports&period=article")
    page.click("#cite summary")
    cited = page.locator("#citation").inner_text()
    for part in (
        "Whose ground was hit?",
        "of 21 reported strike locations",
        "given the control map",
        RELEASE,
        page.url,
        "Facts from ISW",
    ):
        assert part in cited


def test_the_picture_is_of_the_map_and_names_itself(reader: Reader) -> None:
    page = reader.page
    reader.open("#theatre=syria&source=isw_reports")
    page.click("#cite summary")
    wait_for(reader, lambda: bool(page.evaluate("document.querySelector('#map canvas').width > 300")))
    with page.expect_download() as taken:
        page.click("#picture")
    assert taken.value.suggested_filename.endswith(f"{RELEASE}.png")
    image = matplotlib.image.imread(taken.value.path())
    box = page.locator("#map").bounding_box()
    assert box is not None
    assert image.shape[1] >= box["width"]
    assert image.shape[0] > image.shape[1] * box["height"] / box["width"] + 150
    # The map itself, below the words, is of many colours: a canvas that cannot be read would be blank.
    middle = (image[200:-120, :, :3] * 255).astype(int)
    assert len({tuple(colour) for colour in middle[::7, ::7].reshape(-1, 3)}) > 20
    assert reader.errors == []


def test_everything_can_be_done_by_keyboard(drawn_reader: Reader) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=airwars")
    page.locator("#narrowed").focus()
    page.keyboard.press("Enter")
    names = []
    for _ in range(13):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.id"))
    assert [name for name in dict.fromkeys(names) if name] == [
        "from",
        "to",
        "region",
        "draw-box",
        "view-box",
        "confidence",
        "beside",
    ]
    page.locator("#finding .claim .rows-behind").press("Enter")
    expect(page.locator("#rows")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rows")).to_be_hidden()
    expect(page.locator("#finding .claim .rows-behind")).to_be_focused()
