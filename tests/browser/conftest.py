"""Pages made of the sample and of the drawn frames, served, and headless Chromium to read them with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from crowded_frames import crowd
from drawn_frames import drawn_frames
from live_server import serving
from playwright.sync_api import Browser, sync_playwright
from reader import Reader
from sample_frames import sample_frames

from pipeline.map_page import write_map_page
from pipeline.release.database import write_database
from pipeline.release.manifest import released
from pipeline.settings import Settings
from pipeline.theatres import theatres
from pipeline.tiles import write_tiles

CHROMIUM = Path("/usr/bin/chromium")
# WebGL is drawn in software: no machine needs a graphics card.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def publish(data: Path, frames: dict[str, pa.Table]) -> Path:
    """A release in a data folder, with tiles and the page, named in a manifest."""
    folder = data / "releases" / "2026-11-01-sample"
    write_tiles(theatres()["syria"], frames, folder / "tiles" / "syria.pmtiles")
    write_map_page(folder / "map", {"syria": theatres()["syria"]}, {"syria": frames})
    manifest = {"release": folder.name, "as_of": "2026-11-01T00:00:00Z"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (data / "latest").symlink_to(f"releases/{folder.name}")
    return folder


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the sample frames."""
    return publish(tmp_path_factory.mktemp("data"), sample_frames())


@pytest.fixture(scope="session")
def address(release: Path) -> Iterator[str]:
    with serving(release.parents[1]) as client:
        yield client.address


@pytest.fixture(scope="session")
def drawn_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the drawn frames, with its DuckDB file."""
    frames = drawn_frames()
    folder = publish(tmp_path_factory.mktemp("drawn"), frames)
    shown = {name: frame for name, frame in frames.items() if name in released()}
    write_database(folder / "strikes.duckdb", shown, Settings())
    return folder


@pytest.fixture(scope="session")
def drawn_address(drawn_release: Path) -> Iterator[str]:
    with serving(drawn_release.parents[1]) as client:
        yield client.address


@pytest.fixture(scope="session")
def crowded_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of more strikes than a map can show one by one."""
    return publish(tmp_path_factory.mktemp("crowded"), crowd(sample_frames(), 400))


@pytest.fixture(scope="session")
def crowded_address(crowded_release: Path) -> Iterator[str]:
    with serving(crowded_release.parents[1]) as client:
        yield client.address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: the page is not tested in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def reading(chromium: Browser, address: str) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": 1200, "height": 800}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    reader = Reader(context.new_page(), address)
    reader.page.set_default_timeout(20_000)
    reader.page.on("console", lambda m: reader.errors.append(m.text) if m.type == "error" else None)
    reader.page.on("pageerror", lambda error: reader.errors.append(str(error)))
    reader.page.on("request", lambda request: reader.asked.append(request.url))
    yield reader
    context.close()


@pytest.fixture
def reader(chromium: Browser, address: str) -> Iterator[Reader]:
    with reading(chromium, address) as reader:
        yield reader


@pytest.fixture
def crowded_reader(chromium: Browser, crowded_address: str) -> Iterator[Reader]:
    with reading(chromium, crowded_address) as reader:
        yield reader


@pytest.fixture
def drawn_reader(chromium: Browser, drawn_address: str) -> Iterator[Reader]:
    with reading(chromium, drawn_address) as reader:
        yield reader
