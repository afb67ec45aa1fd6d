"""The pictures: what they count, what they say, and that they are the same each time."""

from __future__ import annotations

import html
import re
import struct
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.pictures import PICTURES, draw_pictures
from pipeline.pictures.ground import land_bounds, region_bounds
from pipeline.pictures.headline import title_of
from pipeline.pictures.looks import bar_look, ground_look, order_of
from pipeline.pictures.scene import Scene, gather_scene
from pipeline.pictures.timeline import weekly_counts
from pipeline.theatres import Near, Region, theatres
from pipeline.work import Work

SYRIA = theatres()["syria"]


Frames = dict[str, pa.Table]


def replace(frames: Frames, name: str, rows: list[dict[str, Any]]) -> Frames:
    return {**frames, name: table(name).conform(rows)}


def changed(frames: Frames, name: str, **values: Any) -> Frames:
    """Frames with these values in every row of a table."""
    return replace(frames, name, [row | values for row in frames[name].to_pylist()])


def title_in(svg: Path) -> str:
    found = re.search(r"<dc:title>(.*?)</dc:title>", svg.read_text(encoding="utf-8"))
    assert found is not None
    return html.unescape(found[1])


def titles(frames: Frames, folder: Path, *names: str) -> dict[str, str]:
    """Titles in the SVGs of these pictures, by name."""
    scene = gather_scene(SYRIA, frames)
    assert scene is not None
    drawn = [path for name in names for path in PICTURES[name](scene, folder)]
    return {path.stem: title_in(path) for path in drawn if path.suffix == ".svg"}


@pytest.fixture(scope="module")
def frames() -> Frames:
    """The sample, with a second month, claims, and choices of method: one stands, one falls, one cannot be told."""
    claims = {"theatre": "syria", "source": "mod_claims", "window": "article", "sentence": "Of the claims we hold …"}
    named = {"claimed_controller": "isis", "claims": 30, "n": 24, "elsewhere": 14, "n_points": 22}
    generic = {"claimed_controller": "generic", "claims": 9, "n": 9, "n_points": 6}
    sample = sample_frames()
    rows = sample["marts.headline"].to_pylist()
    dates = {"window": "2015-11", "window_from": date(2015, 11, 1), "window_to": date(2015, 11, 30)}
    november = [row | dates for row in rows if row["window"] == "2015-10"]
    made = replace(
        replace(sample, "marts.headline", [*rows, *november]),
        "marts.claims_vs_control",
        [
            claims | named | {"holders": '{"opposition": 12, "isis": 10, "government": 2}'},
            claims | generic | {"holders": '{"opposition": 9}'},
        ],
    )
    choice = {"theatre": "syria", "source": "isw_reports", "window": "article", "choice": "c", "variant": "v", "n": 22}
    shares = ((0.7, None, True), (0.75, 2, True), (0.45, 1, False), (None, None, None))
    return replace(
        made,
        "marts.sensitivity",
        [
            choice
            | {
                "choice_no": number,
                "about": f"Choice {number}",
                "change_rank": rank,
                "finding_stands": stands,
                "is_secure": stands,
            }
            | {"not_focus_expected": share, "not_focus_lower_t10": 0.4, "not_focus_upper_t10": 0.9}
            | ({"not_focus_lower_t10": None, "not_focus_upper_t10": None} if rank == 2 else {})
            | {"change": None if share is None else share - 0.7}
            for number, (share, rank, stands) in enumerate(shares)
        ],
    )


@pytest.fixture(scope="module")
def drawn(frames: Frames, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_pictures(SYRIA, frames, tmp_path_factory.mktemp("pictures"))


def test_every_picture_is_drawn_as_png_and_svg_in_order(drawn: list[Path]) -> None:
    assert [path.name for path in drawn] == [f"{name}.{kind}" for name in PICTURES for kind in ("png", "svg")]


def test_pngs_have_their_width_and_no_date(drawn: list[Path]) -> None:
    for path in drawn[::2]:
        png = path.read_bytes()
        width, _ = struct.unpack(">II", png[16:24])
        assert width == 1600
        assert b"tIME" not in png and b"Creation Time" not in png and b"Matplotlib" not in png


def test_svgs_have_shapes_for_letters_and_no_date_or_link(drawn: list[Path]) -> None:
    for path in drawn[1::2]:
        svg = path.read_text(encoding="utf-8")
        assert "<text" not in svg and "<dc:date>" not in svg and "<image" not in svg
        outside = set(re.findall(r'https?://[^"<\s]+', svg))
        known = ("w3.org", "purl.org", "creativecommons.org", "matplotlib.org")
        assert all(any(host in address for host in known) for address in outside)
        assert "sorties" not in svg


def test_the_same_rows_give_the_same_bytes(frames: Frames, drawn: list[Path], tmp_path: Path) -> None:
    again = draw_pictures(SYRIA, frames, tmp_path)
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in drawn]


def test_titles_say_the_finding_with_its_numbers(frames: Frames, tmp_path: Path) -> None:
    headline = {"n": 62, "not_focus_lower_t10": 0.677, "not_focus_upper_t10": 0.852}
    told = titles(changed(frames, "marts.headline", **headline), tmp_path, "headline", "claims", "sensitivity")
    assert told["headline"] == "Most of 62 reported strike locations lay outside ISIS-held ground (68–85%)"
    assert told["claims"] == "14 of 24 claims naming ISIS as the target lay outside ISIS-held ground"
    assert told["sensitivity"] == "The finding stands under 1 of 2 other choices of method that can be told"


def test_two_months_are_set_against_each_other_only_where_their_bounds_are_apart(
    frames: Frames, tmp_path: Path
) -> None:
    def told(upper: float, *names: str) -> dict[str, str]:
        shares = ("not_focus_expected", "not_focus_lower_t10", "not_focus_upper_t10")
        months = {"2015-10": (0.82, 0.8, 0.9), "2015-11": (0.57, 0.5, upper)}
        rows = frames["marts.headline"].to_pylist()
        for row in rows:
            row |= dict(zip(shares, months.get(row["window"], ()), strict=False))
        return titles(replace(frames, "marts.headline", rows), tmp_path, *names)

    assert (
        told(0.65, "timeline")["timeline"]
        == "82% in October 2015 but 57% in November 2015 lay outside ISIS-held ground"
    )
    assert "%" not in told(0.85, "timeline")["timeline"]
    assert told(0.65, "months")["months"] == "In 1 of 2 months with 20 or more, most lay outside ISIS-held ground"


def test_nothing_is_drawn_without_a_headline(frames: Frames, tmp_path: Path) -> None:
    without = {**frames, "marts.headline": table("marts.headline").empty()}
    assert draw_pictures(SYRIA, without, tmp_path) == []
    assert draw_pictures(theatres()["ukraine"], frames, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_few_strikes_are_drawn_without_shares(frames: Frames, tmp_path: Path) -> None:
    shares = [name for name in table("marts.headline").columns if name.startswith("not_focus_")]
    few = changed(frames, "marts.headline", **dict.fromkeys(shares), split=None, n=3)
    few = changed(few, "marts.sensitivity", not_focus_expected=None, change_rank=None)
    told = titles(few, tmp_path, "headline", "timeline", "sensitivity")
    assert told["headline"] == "3 reported strike locations, too few for a share (fewer than 20)"
    assert "sensitivity" not in told
    assert not any("%" in title for title in told.values())


def test_the_timeline_counts_every_location_of_the_headline_once(showcase: Work) -> None:
    scene = gather_scene(SYRIA, showcase_frames(showcase))
    assert scene is not None
    assert sum(map(sum, weekly_counts(scene).values())) == scene.headline["n"]


def test_no_two_holders_look_alike_without_colour() -> None:
    """Bars and ground that touch differ in pattern or, where both are plain, clearly in brightness."""
    for theatre in theatres().values():
        for look in (bar_look, ground_look):
            looks = [look(theatre, name) for name in order_of(theatre)]
            patterned = [one["hatch"] for one in looks if one["hatch"] and one["hatch"] != "/////"]
            assert len(patterned) == len(set(patterned))
            plain = [one["facecolor"] for one in looks if not one["hatch"]]
            assert len(plain) == 2


@pytest.mark.parametrize(
    ("lower", "upper", "title"),
    [
        (0.6, 0.9, "Most of 22 reported strike locations lay outside ISIS-held ground (60–90%)"),
        (0.1, 0.4, "Most of 22 reported strike locations lay on ISIS-held ground (60–90%)"),
        (0.4, 0.9, "Whether most of 22 reported strike locations lay on ISIS-held ground cannot be told"),
        (None, None, "22 reported strike locations, no share: most of the ground is not known"),
    ],
)
def test_the_title_is_no_stronger_than_the_bounds(lower: float | None, upper: float | None, title: str) -> None:
    headline = {"n": 22, "not_focus_lower_t10": lower, "not_focus_upper_t10": upper}
    assert title_of(Scene(SYRIA, headline, {}, {})) == title


def test_a_source_has_its_own_noun() -> None:
    headline = {"n": 65, "not_focus_lower_t10": 0.72, "not_focus_upper_t10": 0.85}
    title = title_of(Scene(theatres()["ukraine"], headline, {}, {}))
    assert title == "Most of 65 reported incidents lay outside Russian-held ground (72–85%)"


def showcase_frames(showcase: Work) -> Frames:
    names = ("core.strikes", "core.attribution", "core.episodes", "marts.headline")
    return {name: showcase.lake.read(name, theatre="syria") for name in names}


def test_as_many_strikes_are_drawn_as_the_headline_counts(showcase: Work) -> None:
    scene = gather_scene(SYRIA, showcase_frames(showcase))
    assert scene is not None
    assert len(scene.strikes(scene.first_day, scene.last_day)) == scene.headline["n"]
    for month in scene.months():
        assert len(scene.strikes(month["window_from"], month["window_to"])) == month["n"]


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
