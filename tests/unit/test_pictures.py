"""The headline picture: what it counts, what it says, and that it is the same each time."""

from __future__ import annotations

import re
import struct
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.lake import run_sql
from pipeline.pictures import draw_headline
from pipeline.pictures.ground import land_bounds, region_bounds
from pipeline.pictures.headline import Scene, _title
from pipeline.theatres import Near, Region, theatres
from pipeline.work import Work

SYRIA = theatres()["syria"]


@pytest.fixture(scope="module")
def frames() -> dict[str, pa.Table]:
    return sample_frames()


@pytest.fixture(scope="module")
def drawn(frames: dict[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_headline(SYRIA, frames, tmp_path_factory.mktemp("pictures"))


def test_png_has_its_size_and_no_date(drawn: list[Path]) -> None:
    png = drawn[0].read_bytes()
    assert struct.unpack(">II", png[16:24]) == (1600, 1000)
    assert b"tIME" not in png and b"Creation Time" not in png and b"Matplotlib" not in png


def test_svg_has_shapes_for_letters_and_no_date_or_link(drawn: list[Path]) -> None:
    svg = drawn[1].read_text(encoding="utf-8")
    assert "<text" not in svg and "<dc:date>" not in svg and "<image" not in svg
    outside = set(re.findall(r'https?://[^"<\s]+', svg))
    assert all("w3.org" in u or "purl.org" in u or "creativecommons.org" in u or "matplotlib.org" in u for u in outside)
    assert "sorties" not in svg


def test_the_same_rows_give_the_same_bytes(frames: dict[str, pa.Table], drawn: list[Path], tmp_path: Path) -> None:
    again = draw_headline(SYRIA, frames, tmp_path)
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in drawn]


def test_nothing_is_drawn_without_a_headline(frames: dict[str, pa.Table], tmp_path: Path) -> None:
    without = {**frames, "marts.headline": table("marts.headline").empty()}
    assert draw_headline(SYRIA, without, tmp_path) == []
    assert draw_headline(theatres()["ukraine"], frames, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_few_strikes_are_drawn_without_shares(frames: dict[str, pa.Table], tmp_path: Path) -> None:
    rows = frames["marts.headline"].to_pylist()
    shares = [name for name in table("marts.headline").columns if name.startswith("not_focus_")]
    few = [{**row, **dict.fromkeys(shares), "split": None, "n": 3} for row in rows]
    split = [{**row, "expected_share": None} for row in frames["marts.headline_split"].to_pylist()]
    changed = {
        "marts.headline": table("marts.headline").conform(few),
        "marts.headline_split": table("marts.headline_split").conform(split),
    }
    assert len(draw_headline(SYRIA, {**frames, **changed}, tmp_path)) == 2


@pytest.mark.parametrize(
    ("lower", "upper", "title"),
    [
        (0.6, 0.9, "Most reported strike locations lay outside ISIS-held ground"),
        (0.1, 0.4, "Most reported strike locations lay on ISIS-held ground"),
        (0.4, 0.9, "Whether most reported strike locations lay on ISIS-held ground cannot be told"),
        (None, None, "Too few reported strike locations for a share"),
    ],
)
def test_the_title_is_no_stronger_than_the_bounds(lower: float | None, upper: float | None, title: str) -> None:
    headline = {"not_focus_lower_t10": lower, "not_focus_upper_t10": upper}
    assert _title(Scene(SYRIA, headline, {}, [], [], date(2015, 12, 18))) == title


def test_as_many_strikes_are_drawn_as_the_headline_counts(showcase: Work) -> None:
    frames = {n: showcase.lake.read(n, theatre="syria") for n in ("core.strikes", "core.attribution", "core.episodes")}
    headline = next(
        row
        for row in showcase.lake.read("marts.headline", theatre="syria").to_pylist()
        if (row["source"], row["window"], row["filter"], row["unit"]) == ("isw_reports", "article", "all", "episode")
    )
    drawn = run_sql(
        "pictures/list_strikes",
        {
            "theatre": "syria",
            "source": "isw_reports",
            "window_from": headline["window_from"],
            "window_to": headline["window_to"],
        },
        strikes=frames["core.strikes"],
        attribution=frames["core.attribution"],
        episodes=frames["core.episodes"],
    )
    assert drawn.num_rows == headline["n"]


def test_the_inset_is_the_land_of_its_region() -> None:
    whole = land_bounds(SYRIA)
    west, south, east, north = region_bounds(SYRIA, SYRIA.regions["north_west_box"])
    assert south == pytest.approx(35.0) and east == pytest.approx(37.5)
    assert west >= whole[0] and north <= whole[3]
    circle = Region(title="circle", near=Near(latitude=36.2, longitude=37.13, km=25))
    west, south, east, north = region_bounds(SYRIA, circle)
    assert (north - south) * 111.32 == pytest.approx(50, rel=0.01)
    assert (east - west) * 111.32 * 0.807 == pytest.approx(50, rel=0.01)
    provinces = region_bounds(SYRIA, SYRIA.regions["aleppo_governorate"])
    assert provinces[0] > whole[0] and provinces[2] < whole[2]
