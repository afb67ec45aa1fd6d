"""The headline picture: whose ground was hit, as a map, a five-way split and its bounds.

Belongs here: choosing what is shown, and composing it with words and numbers.
Does not belong here: drawing a map (``ground``), working out a figure (``pipeline.tables``).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.lake import run_sql
from pipeline.pictures.looks import (
    FAINT,
    INK,
    SOFT,
    UNKNOWN_GROUND,
    colour_of,
    halo,
    is_dark,
    label_of,
    marker_of,
    tint,
)
from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

DPI = 200
SIZE_INCHES = (8.0, 5.0)
# Left, bottom, width, height of each part, as shares of the picture.
MAP = (0.02, 0.147, 0.55, 0.683)
INSET = (0.592, 0.440, 0.388, 0.390)
SPLIT = (0.592, 0.303, 0.388, 0.055)
BOUNDS = (0.592, 0.158, 0.388, 0.050)
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 6.0,
    "text.color": INK,
    "axes.linewidth": 0.5,
    "hatch.linewidth": 0.4,
    "svg.fonttype": "path",
    "svg.hashsalt": "isw-strikes",
}
# A narrower share is named beside the bar, not in it.
NARROW = 0.13


@dataclass(frozen=True)
class Scene:
    """All that the picture is drawn from: rows of the tables, and the day on which the ground is shown."""

    theatre: Theatre
    headline: dict[str, Any]
    split: dict[str, float]
    strikes: list[dict[str, Any]]
    areas: list[dict[str, Any]]
    day: date


def draw_headline(theatre: Theatre, frames: Mapping[str, pa.Table], folder: Path) -> list[Path]:
    """Draw ``headline.png`` (1600 × 1000 pixels) and ``headline.svg``: map, inset, five-way split and bounds.

    Args:
        theatre: the theatre; its main source and main window are drawn, its first region is the inset.
        frames: core.strikes, core.attribution, core.episodes, core.control_areas, marts.headline and
            marts.headline_split; geometry as WKB, OGC:CRS84.
        folder: made where it is missing.

    Returns:
        The files; none where the headline is missing or counts nothing.
    """
    scene = _scene(theatre, frames)
    if scene is None:
        return []
    import matplotlib as mpl  # noqa: PLC0415 - loaded only for a picture

    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / "headline.png", folder / "headline.svg"
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = _compose(scene)
        figure.savefig(png, dpi=DPI, metadata={"Software": None, "Title": _title(scene)})
        about = {"Date": None, "Creator": "isw-strikes", "Title": _title(scene)}
        figure.savefig(svg, metadata={**about, "Description": scene.headline["sentence"]})
    return [png, svg]


def _scene(theatre: Theatre, frames: Mapping[str, pa.Table]) -> Scene | None:
    asked = {"theatre": theatre.name, "source": theatre.main_source}
    named = {**asked, "window": theatre.main_window, "filter": "all", "unit": "episode"}
    headline = next(iter(_rows(frames["marts.headline"], named)), None)
    if headline is None or not headline["n"]:
        return None
    first, last = headline["window_from"], headline["window_to"]
    # Control changes within the window: its middle is the day that is least far from all strikes.
    day = first + (last - first) // 2
    strikes = run_sql(
        "pictures/list_strikes",
        {**asked, "window_from": first, "window_to": last},
        strikes=frames["core.strikes"],
        attribution=frames["core.attribution"],
        episodes=frames["core.episodes"],
    )
    areas = run_sql(
        "pictures/list_areas",
        {"theatre": theatre.name, "source": headline["control_source"], "day": day},
        control_areas=frames["core.control_areas"],
    )
    split = {row["controller_group"]: row["expected_share"] for row in _rows(frames["marts.headline_split"], named)}
    told = {group: split[group] for group in theatre.groups if split.get(group) is not None}
    return Scene(theatre, headline, told, strikes.to_pylist(), areas.to_pylist(), day)


def _rows(frame: pa.Table, named: dict[str, str]) -> list[dict[str, Any]]:
    return [row for row in frame.to_pylist() if named.items() <= row.items()]


def _compose(scene: Scene) -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415 - loaded only for a picture

    from pipeline.pictures.ground import MapPanel, land_bounds, region_bounds  # noqa: PLC0415 - as above

    theatre = scene.theatre
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, facecolor="white")
    _write_words(figure, scene)
    whole = MapPanel.add(figure, MAP, theatre, land_bounds(theatre))
    panels = [whole]
    for region in list(theatre.regions.values())[:1]:
        inset = MapPanel.add(figure, INSET, theatre, region_bounds(theatre, region))
        whole.draw_frame(inset)
        _write_caption(inset.axes, region.title)
        panels.append(inset)
    for panel in panels:
        panel.draw_ground(scene.areas)
        panel.draw_strikes(scene.strikes)
        panel.draw_names()
    _draw_legend(figure, scene)
    if scene.split:
        _draw_split(figure, scene)
        _draw_bounds(figure, scene)
    return figure


def _title(scene: Scene) -> str:
    """The finding in a line, no stronger than its bounds."""
    focus = scene.theatre.controllers[scene.theatre.focus].label
    lower, upper = scene.headline["not_focus_lower_t10"], scene.headline["not_focus_upper_t10"]
    if lower is None:
        return "Too few reported strike locations for a share"
    if lower > 0.5:
        return f"Most reported strike locations lay outside {focus}-held ground"
    if upper < 0.5:
        return f"Most reported strike locations lay on {focus}-held ground"
    return f"Whether most reported strike locations lay on {focus}-held ground cannot be told"


def _write_words(figure: Any, scene: Scene) -> None:
    headline, sources = scene.headline, scene.theatre.sources
    figure.text(0.02, 0.957, _title(scene), fontsize=14.5, fontweight="bold", va="center")
    deck = "\n".join(textwrap.wrap(headline["sentence"], 158))
    figure.text(0.02, 0.921, deck, fontsize=6.6, color=SOFT, va="top", linespacing=1.4)
    note = (
        f"Each symbol is a reported strike location, repeats counted once, {_day(headline['window_from'])} – "
        f"{_day(headline['window_to'])}; it shows who held its centre on its own days. The ground is shown as it was "
        f"held on {_day(scene.day)}."
    )
    credited = {"Strikes": scene.theatre.main_source, "Control": headline["control_source"]}
    credits = [f"{what}: {sources[name].credit}." for what, name in credited.items() if name in sources]
    source = f"Sources. {' '.join(credits)} Base map: Natural Earth."
    lines = [*textwrap.wrap(note, 225), *textwrap.wrap(source, 225)]
    figure.text(0.02, 0.065, "\n".join(lines), fontsize=5.0, color=SOFT, va="top", linespacing=1.45)


def _write_caption(axes: Any, text: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0, "alpha": 0.9}
    axes.text(0.012, 0.972, text, transform=axes.transAxes, va="top", fontweight="bold", zorder=20, bbox=box)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _draw_legend(figure: Any, scene: Scene) -> None:
    from matplotlib.legend_handler import HandlerTuple  # noqa: PLC0415 - loaded only for a picture
    from matplotlib.lines import Line2D  # noqa: PLC0415 - as above
    from matplotlib.patches import Patch  # noqa: PLC0415 - as above

    theatre = scene.theatre
    seen = {row["controller"] for row in (*scene.strikes, *scene.areas)}
    look: dict[str, Any] = {"linestyle": "none", "markersize": 4.4, "markeredgecolor": "white", "markeredgewidth": 0.5}
    entries: list[tuple[Any, str]] = []
    for name in (name for name in (*theatre.controllers, CONTESTED, UNKNOWN) if name in seen):
        colour = colour_of(theatre, name)
        symbol = Line2D([], [], marker=marker_of(theatre, name), color=colour, **look)
        entries.append(((Patch(facecolor=tint(colour), linewidth=0), symbol), label_of(theatre, name)))
    hollow = {**look, "markerfacecolor": "white", "markeredgecolor": INK, "markeredgewidth": 0.9}
    disc = {**look, "markersize": 7.5, "markerfacecolor": "#0000001a", "markeredgecolor": INK}
    entries += [
        (Line2D([], [], marker="o", **hollow), "Uncertain"),
        (Line2D([], [], marker="o", **disc), "Somewhere in the circle"),
        (Patch(**UNKNOWN_GROUND, linewidth=0.4), "Holder not known"),
    ]
    figure.legend(
        handles=[handle for handle, _ in entries],
        labels=[label for _, label in entries],
        handler_map={tuple: HandlerTuple(ndivide=1, pad=0.0)},
        loc="upper left",
        bbox_to_anchor=(MAP[0] - 0.004, MAP[1] - 0.004),
        ncols=(len(entries) + 1) // 2,
        frameon=False,
        fontsize=5.6,
        handlelength=1.5,
        handletextpad=0.45,
        columnspacing=1.3,
        labelspacing=0.45,
        borderaxespad=0.2,
        borderpad=0.2,
    )


def _draw_split(figure: Any, scene: Scene) -> None:
    axes = _bare_axes(figure, SPLIT)
    left, small = 0.0, []
    for group, share in scene.split.items():
        colour = colour_of(scene.theatre, group if group in scene.theatre.controllers else UNKNOWN)
        label = label_of(scene.theatre, group)
        axes.barh(0, share, left=left, height=1, color=colour, edgecolor="white", linewidth=0.8)
        if share >= NARROW:
            ink = "white" if is_dark(colour) else INK
            axes.text(left + 0.012, -0.03, f"{share:.0%}", color=ink, va="center", fontsize=8.5, fontweight="bold")
            axes.text(left + 0.002, 0.6, label, va="bottom", fontsize=6.0)
        else:
            small.append(f"{label} {share:.0%}")
        left += share
    axes.set_ylim(-0.5, 0.5)
    axes.text(1, -0.6, ", ".join(small), ha="right", va="top", fontsize=5.6, color=SOFT)
    axes.text(0, 1.15, "Who held the ground", fontsize=7.2, fontweight="bold", va="bottom")


def _draw_bounds(figure: Any, scene: Scene) -> None:
    row = scene.headline
    share = row["not_focus_expected"]
    low, high = row["not_focus_lower_t10"], row["not_focus_upper_t10"]
    least, most = row["not_focus_lower_t0"], row["not_focus_upper_t0"]
    axes = _bare_axes(figure, BOUNDS)
    axes.set_ylim(-1, 1)
    axes.plot([0, 1], [0, 0], color="#d8d8d8", linewidth=0.8)
    axes.plot([0.5, 0.5], [-0.6, 0.45], color=FAINT, linewidth=0.7)
    axes.plot([least, most], [0, 0], color=INK, linewidth=0.9)
    axes.plot([low, high], [0, 0], color=INK, linewidth=5.0, solid_capstyle="butt", alpha=0.45)
    axes.plot(share, 0, marker="o", markersize=6.5, color=INK, markeredgecolor="white")
    axes.text(share, 0.5, f"{share:.1%}", ha="center", va="bottom", fontsize=8.5, fontweight="bold")
    marks = {"0%": 0.0, "half": 0.5, "100%": 1.0}
    for text, at in marks.items():
        axes.text(at, -0.75, text, ha={0.0: "left", 1.0: "right"}.get(at, "center"), va="top", fontsize=5.2, color=SOFT)
    for at, shift, side in ((least, -3, "right"), (most, 3, "left")):
        place = {"textcoords": "offset points", "ha": side, "va": "center", **halo(1.6)}
        axes.annotate(f"{at:.0%}", (at, 0), (shift, 0), fontsize=5.6, **place)
    focus = scene.theatre.controllers[scene.theatre.focus].label
    axes.text(0, 0.7, f"Outside {focus}-held ground", fontsize=7.2, fontweight="bold", va="bottom")
    told = (
        f"Thick bar, {low:.0%} to {high:.0%}: locations of which more than a tenth is in doubt, counted against and "
        f"then for. Thin line, {least:.0%} to {most:.0%}: all of which any part is in doubt."
    )
    axes.text(0, -1.8, "\n".join(textwrap.wrap(told, 84)), va="top", fontsize=5.2, color=SOFT, linespacing=1.4)


def _bare_axes(figure: Any, part: tuple[float, float, float, float]) -> Any:
    axes = figure.add_axes(part)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    return axes
