"""Pictures: the finding as a map with its numbers, to print (PNG) and to edit (SVG).

Belongs here: drawing what the tables say. Does not belong here: any figure that is not in a table.

Byte-identical from run to run: no date in the files, a fixed salt for ids, glyphs as paths, matplotlib's own font.
"""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.base_map import backdrop_shapes, land, province_shapes
from pipeline.lake import run_sql
from pipeline.theatres import CONTESTED, UNKNOWN, Region, Theatre

DPI = 200
SIZE_INCHES = (8.0, 5.0)
# Left, bottom, width, height of each part, as shares of the picture.
MAP = (0.02, 0.115, 0.55, 0.675)
INSET = (0.592, 0.405, 0.388, 0.385)
SPLIT = (0.592, 0.265, 0.388, 0.052)
BOUNDS = (0.592, 0.118, 0.388, 0.062)
INK, SOFT, FAINT = "#1c1c1c", "#555555", "#8a8a8a"
SEA, ABROAD, OPEN_GROUND, WATER = "#e3ebf0", "#efefec", "#ffffff", "#a9c3d3"
# Shapes tell controllers apart where colours cannot be.
MARKERS = ("o", "s", "^", "v", "D", "p", "h")
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 6.0,
    "text.color": INK,
    "axes.linewidth": 0.5,
    "hatch.linewidth": 0.4,
    "svg.fonttype": "path",
    "svg.hashsalt": "isw-strikes",
}
METRES_A_DEGREE = 111_320.0
POINTS_AN_INCH = 72.0


@dataclass(frozen=True)
class Scene:
    """All that the picture is drawn from."""

    theatre: Theatre
    headline: dict[str, Any]
    split: dict[str, float]
    strikes: list[dict[str, Any]]
    areas: list[dict[str, Any]]
    day: date


def draw_headline(theatre: Theatre, frames: Mapping[str, pa.Table], folder: Path) -> list[Path]:
    """Draw ``headline.png`` (1600 × 1000 pixels) and ``headline.svg``: map, inset, five-way split and bounds.

    Args:
        theatre: the theatre; its main source and main window are drawn.
        frames: core.strikes, core.attribution, core.episodes, core.control_areas, marts.headline and
            marts.headline_split; geometry as WKB, OGC:CRS84.
        folder: made where it is missing.

    Returns:
        The files; none where there is no headline or it counts nothing.
    """
    scene = _scene(theatre, frames)
    if scene is None:
        return []
    import matplotlib as mpl  # noqa: PLC0415 - half a second, only for a picture
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / "headline.png", folder / "headline.svg"
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=SIZE_INCHES, dpi=DPI, facecolor="white")
        _draw_words(figure, scene)
        _draw_map(figure, scene, MAP, _whole(theatre), None)
        name, region = next(iter(theatre.regions.items()), (None, None))
        if name and region:
            _draw_map(figure, scene, INSET, _region_bounds(theatre, region), region.title)
        _draw_legend(figure, scene)
        if scene.split:
            _draw_split(figure, scene)
            _draw_bounds(figure, scene)
        figure.savefig(png, dpi=DPI, metadata={"Software": None, "Title": _title(scene)})
        about = {"Date": None, "Creator": "isw-strikes", "Title": _title(scene)}
        figure.savefig(svg, metadata={**about, "Description": scene.headline["sentence"]})
    return [png, svg]


def _scene(theatre: Theatre, frames: Mapping[str, pa.Table]) -> Scene | None:
    wanted = {
        "theatre": theatre.name,
        "source": theatre.main_source,
        "window": theatre.main_window,
        "filter": "all",
        "unit": "episode",
    }

    def rows(name: str) -> list[dict[str, Any]]:
        return [row for row in frames[name].to_pylist() if wanted.items() <= row.items()]

    found = rows("marts.headline")
    if not found or not found[0]["n"]:
        return None
    headline = found[0]
    # Control changes within the window: its middle is the day that is least far from every strike.
    day = headline["window_from"] + (headline["window_to"] - headline["window_from"]) // 2
    asked = {"theatre": theatre.name, "source": theatre.main_source}
    strikes = run_sql(
        "pictures/list_strikes",
        {**asked, "window_from": headline["window_from"], "window_to": headline["window_to"]},
        strikes=frames["core.strikes"],
        attribution=frames["core.attribution"],
        episodes=frames["core.episodes"],
    )
    areas = run_sql(
        "pictures/list_areas",
        {"theatre": theatre.name, "source": headline["control_source"], "day": day},
        control_areas=frames["core.control_areas"],
    )
    shares = {row["controller_group"]: row["expected_share"] for row in rows("marts.headline_split")}
    split = {group: shares[group] for group in theatre.groups if shares.get(group) is not None}
    return Scene(theatre, headline, split, strikes.to_pylist(), areas.to_pylist(), day)


def _title(scene: Scene) -> str:
    """The finding in a line: no stronger than its bounds."""
    focus = scene.theatre.controllers[scene.theatre.focus].label
    lower, upper = scene.headline["not_focus_lower_t10"], scene.headline["not_focus_upper_t10"]
    if lower is None:
        return "Too few reported strike locations for a share"
    if lower > 0.5:
        return f"Most reported strike locations lay outside {focus}-held ground"
    if upper < 0.5:
        return f"Most reported strike locations lay on {focus}-held ground"
    return f"Whether most reported strike locations lay on {focus}-held ground cannot be told"


def _draw_words(figure: Any, scene: Scene) -> None:
    theatre, sources = scene.theatre, scene.theatre.sources
    figure.text(0.02, 0.957, _title(scene), fontsize=14.5, fontweight="bold", va="center")
    deck = "\n".join(textwrap.wrap(scene.headline["sentence"], 148))
    figure.text(0.02, 0.917, deck, fontsize=7.2, color=SOFT, va="top", linespacing=1.35)
    main, control = sources.get(theatre.main_source), sources.get(scene.headline["control_source"])
    credits = [f"Strikes: {main.credit}"] if main else []
    credits += [f"Control: {control.credit}"] if control else []
    note = (
        f"Each symbol is a reported strike location, repeats counted once, {_span(scene)}; it shows who held the "
        f"ground on its own days. Ground is drawn as held on {_day(scene.day)}."
    )
    source = f"Sources: {'. '.join(credits)}. Base map: Natural Earth."
    lines = [*textwrap.wrap(note, 190), *textwrap.wrap(source, 190)]
    figure.text(0.02, 0.058, "\n".join(lines), fontsize=5.0, color=SOFT, va="top", linespacing=1.4)


def _span(scene: Scene) -> str:
    return f"{_day(scene.headline['window_from'])} – {_day(scene.headline['window_to'])}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
