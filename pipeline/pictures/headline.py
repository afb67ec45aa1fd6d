"""The headline picture: whose ground was hit, as a map, a five-way split and its bounds.

Belongs here: choosing what is shown, and composing it with words and numbers.
Does not belong here: drawing a map (``ground``), working out a figure (``pipeline.tables``).
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from pipeline.pictures.canvas import Words, bare_axes, draw, said
from pipeline.pictures.looks import (
    FAINT,
    INK,
    SOFT,
    bar_look,
    colour_of,
    ground_look,
    halo,
    is_dark,
    label_of,
    marker_of,
    order_of,
)
from pipeline.pictures.scene import Row, Scene, middle_day
from pipeline.tables.sentences import count_of, percent, span, why_no_share
from pipeline.theatres import UNKNOWN, Theatre

HEIGHT_INCHES = 5.0
# Left, bottom, width, height of each part, as shares of the picture.
MAP = (0.02, 0.147, 0.55, 0.683)
INSET = (0.592, 0.440, 0.388, 0.390)
SPLIT = (0.592, 0.303, 0.388, 0.055)
BOUNDS = (0.592, 0.158, 0.388, 0.050)
# A narrower share is named beside the bar, not in it.
NARROW = 0.13


def draw_headline(scene: Scene, folder: Path) -> list[Path]:
    """Draw ``headline.png`` (1600 × 1000 pixels) and ``headline.svg``: map, inset, five-way split and bounds."""
    return draw(folder, "headline", _words(scene), HEIGHT_INCHES, lambda figure: _compose(figure, scene))


def _compose(figure: Any, scene: Scene) -> None:
    from pipeline.pictures.ground import MapPanel, land_bounds, region_bounds  # noqa: PLC0415 - loaded for a map

    theatre = scene.theatre
    strikes = scene.strikes(scene.first_day, scene.last_day)
    areas = scene.areas(middle_day(scene.first_day, scene.last_day))
    whole = MapPanel.add(figure, MAP, theatre, land_bounds(theatre))
    panels = [whole]
    for region in list(theatre.regions.values())[:1]:
        inset = MapPanel.add(figure, INSET, theatre, region_bounds(theatre, region))
        whole.draw_frame(inset)
        _write_caption(inset.axes, region.title)
        panels.append(inset)
    for panel in panels:
        panel.draw_ground(areas)
        panel.draw_strikes(strikes)
        panel.draw_names()
    draw_legend(figure, theatre, [*strikes, *areas], (MAP[0] - 0.004, MAP[1] - 0.004), bool(theatre.towns))
    if scene.split:
        _draw_split(figure, scene)
        _draw_bounds(figure, scene)


def _words(scene: Scene) -> Words:
    note = (
        f"Each symbol is a {scene.noun}, repeats counted once, {said(scene.first_day)} – {said(scene.last_day)}; it "
        "shows who held its centre on its own days. The ground is shown as it was held on "
        f"{said(middle_day(scene.first_day, scene.last_day))}."
    )
    return Words(title_of(scene), scene.headline["sentence"], note, f"{scene.credits} Base map: Natural Earth.")


def title_of(scene: Scene) -> str:
    """The finding in a line, no stronger than its bounds; without a share where there are too few."""
    row = scene.headline
    counted = count_of(row["n"], scene.noun)
    lower, upper = row["not_focus_lower_t10"], row["not_focus_upper_t10"]
    if lower is None:
        return f"{counted}, {why_no_share(row['n'])}"
    if lower > 0.5:
        return f"Most of {counted} lay outside {scene.focus}-held ground ({span(lower, upper)})"
    if upper < 0.5:
        return f"Most of {counted} lay on {scene.focus}-held ground ({span(1 - upper, 1 - lower)})"
    return f"Whether most of {counted} lay on {scene.focus}-held ground cannot be told"


def _write_caption(axes: Any, text: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0, "alpha": 0.9}
    axes.text(0.012, 0.972, text, transform=axes.transAxes, va="top", fontweight="bold", zorder=20, bbox=box)


def draw_legend(
    figure: Any, theatre: Theatre, shown: list[Row], corner: tuple[float, float], with_towns: bool = True
) -> None:
    """Say what the symbols and the ground of a map mean, for the controllers shown; below the corner given."""
    from matplotlib.legend_handler import HandlerTuple  # noqa: PLC0415 - loaded only for a picture
    from matplotlib.lines import Line2D  # noqa: PLC0415 - as above
    from matplotlib.patches import Patch  # noqa: PLC0415 - as above

    from pipeline.pictures.ground import TOWN  # noqa: PLC0415 - as above

    seen = {row["controller"] for row in shown}
    look: dict[str, Any] = {"linestyle": "none", "markersize": 4.4, "markeredgecolor": "white", "markeredgewidth": 0.5}
    entries: list[tuple[Any, str]] = []
    for name in (name for name in order_of(theatre) if name in seen or name == UNKNOWN):
        colour = colour_of(theatre, name)
        symbol = Line2D([], [], marker=marker_of(theatre, name), color=colour, **look)
        label = "Holder not known" if name == UNKNOWN else label_of(theatre, name)
        rim = 0.4 if name == UNKNOWN else 0.0
        entries.append(((Patch(**ground_look(theatre, name), linewidth=rim), symbol), label))
    hollow = {**look, "markerfacecolor": "white", "markeredgecolor": INK, "markeredgewidth": 0.9}
    disc = {**look, "markersize": 7.5, "markerfacecolor": "#0000001a", "markeredgecolor": INK}
    entries += [
        (Line2D([], [], marker="o", **hollow), "Uncertain"),
        (Line2D([], [], marker="o", **disc), "Somewhere in the circle"),
    ]
    if with_towns:
        entries.append((Line2D([], [], **TOWN), "Town"))
    figure.legend(
        handles=[handle for handle, _ in entries],
        labels=[label for _, label in entries],
        handler_map={tuple: HandlerTuple(ndivide=1, pad=0.0)},
        loc="upper left",
        bbox_to_anchor=corner,
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
    axes = bare_axes(figure, SPLIT)
    left, small = 0.0, []
    for group, share in scene.split.items():
        look = bar_look(scene.theatre, group if group in scene.theatre.controllers else UNKNOWN)
        label = label_of(scene.theatre, group)
        axes.barh(0, share, left=left, height=1, **look)
        if share >= NARROW:
            ink = {"color": "white" if is_dark(look["facecolor"]) else INK, **halo(2.5, look["facecolor"])}
            axes.text(left + 0.012, -0.03, percent(share), va="center", fontsize=8.5, fontweight="bold", **ink)
            axes.text(left + 0.002, 0.6, label, va="bottom", fontsize=6.0)
        else:
            small.append(f"{label} {percent(share)}")
        left += share
    axes.set_ylim(-0.5, 0.5)
    axes.text(1, -0.6, ", ".join(small), ha="right", va="top", fontsize=5.6, color=SOFT)
    axes.text(0, 1.15, "Who held the ground", fontsize=7.2, fontweight="bold", va="bottom")


def _draw_bounds(figure: Any, scene: Scene) -> None:
    row = scene.headline
    share = row["not_focus_expected"]
    low, high = row["not_focus_lower_t10"], row["not_focus_upper_t10"]
    least, most = row["not_focus_lower_t0"], row["not_focus_upper_t0"]
    axes = bare_axes(figure, BOUNDS)
    axes.set_ylim(-1, 1)
    axes.plot([0, 1], [0, 0], color="#d8d8d8", linewidth=0.8)
    axes.plot([0.5, 0.5], [-0.6, -0.2], color=FAINT, linewidth=0.7)
    axes.plot([least, most], [0, 0], color=INK, linewidth=0.9)
    axes.plot([low, high], [0, 0], color=INK, linewidth=5.0, solid_capstyle="butt", alpha=0.45)
    axes.plot(share, 0, marker="o", markersize=6.5, color=INK, markeredgecolor="white")
    axes.text(share, 0.5, percent(share, 1), ha="center", va="bottom", fontsize=8.5, fontweight="bold")
    marks = {"0%": 0.0, "half": 0.5, "100%": 1.0}
    for text, at in marks.items():
        axes.text(at, -0.75, text, ha={0.0: "left", 1.0: "right"}.get(at, "center"), va="top", fontsize=5.2, color=SOFT)
    for at, shift, side in ((least, -3, "right"), (most, 3, "left")):
        place = {"textcoords": "offset points", "ha": side, "va": "center", **halo(1.6)}
        axes.annotate(percent(at), (at, 0), (shift, 0), fontsize=5.6, **place)
    axes.text(0, 0.7, f"Outside {scene.focus}-held ground", fontsize=7.2, fontweight="bold", va="bottom")
    told = (
        f"Thick bar, {percent(low)} to {percent(high)}: those of which more than a tenth is in doubt, counted "
        f"against and then for. Thin line, {percent(least)} to {percent(most)}: all of which any part is in doubt."
    )
    axes.text(0, -1.8, "\n".join(textwrap.wrap(told, 84)), va="top", fontsize=5.2, color=SOFT, linespacing=1.4)
