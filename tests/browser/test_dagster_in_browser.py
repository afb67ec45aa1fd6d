"""Dagster's own UI, as `isw-strikes ui` serves it, in headless Chromium: months that were never made are backfilled."""

from __future__ import annotations

from collections.abc import Iterator
from shutil import copytree, rmtree

import pytest
from live_dagster import LiveDagster, stop_sensors, ui_over, wait_until
from playwright.sync_api import Browser, Page, expect

from pipeline.settings import Settings
from pipeline.work import Work

pytestmark = pytest.mark.browser

MONTHS = ["2015-11", "2015-12", "2016-01"]


@pytest.fixture
def mapped(showcase: Work, settings: Settings) -> Settings:
    """The showcase as it is before any month is made; the sensors are stopped, or they would make all of them."""
    copytree(showcase.settings.root, settings.root)
    for step in ("strikes", "attribution"):
        rmtree(settings.root / "ledger" / "syria" / step)
        rmtree(settings.lake_dir / f"core.{step}")
    stop_sensors(settings)
    return settings


@pytest.fixture
def dagster(chromium: Browser, mapped: Settings) -> Iterator[LiveDagster]:
    with ui_over(mapped) as live:
        yield live


@pytest.fixture
def page(chromium: Browser, dagster: LiveDagster) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, base_url=dagster.address)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def test_a_range_of_months_is_backfilled_from_the_ui(page: Page, dagster: LiveDagster, mapped: Settings) -> None:
    expect.set_options(timeout=60_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    # A data engineer sees the assets,
    page.goto("/locations/isw_strikes/asset-groups/syria_mapping")
    for asset in ("mapped_strikes", "control", "references"):
        expect(page.get_by_text(asset, exact=True).first).to_be_visible()

    # launches a backfill of a range in the dialog of the job,
    page.goto("/locations/isw_strikes/jobs/syria_months")
    page.get_by_role("button", name="Materialize all").click()
    # Dagster did not see the showcase being mapped, and asks.
    page.get_by_role("button", name="Confirm").click()
    dialog = page.get_by_role("dialog").filter(has_text="Partition selection")
    months = dialog.get_by_placeholder("ex: 2015-09")
    months.fill(f"[{MONTHS[0]}...{MONTHS[-1]}]")
    months.press("Enter")
    expect(dialog.get_by_text("3 partitions")).to_be_visible()
    dialog.get_by_role("button", name="Launch backfill").click()

    # sees it succeed,
    page.get_by_role("link", name="View", exact=True).click()
    page.wait_for_url("**/runs/b/*")
    backfill = page.url.rpartition("/")[2]
    wait_until(lambda: {run["status"] for run in dagster.runs_of(backfill)} == {"SUCCESS"})
    page.reload()
    expect(page.get_by_text("100% completed")).to_be_visible()

    # and what the checks found.
    rows = Work(mapped).lake.read("core.attribution", columns=["month"]).column("month").to_pylist()
    assert set(rows) == set(MONTHS)
    for asset in ("strikes", "attribution"):
        page.goto(f"/assets/syria/{asset}?view=checks&checkDetail=contract_{asset}")
        expect(page.get_by_text("All expectations met.")).to_be_visible()
        expect(page.get_by_role("row", name=f"rows {len(rows)}", exact=True)).to_be_visible()

    (run,) = dagster.runs_of(backfill)
    assert run["jobName"] == "syria_months"
    assert not [url for url in asked if not url.startswith((dagster.address, "data:", "blob:"))]
