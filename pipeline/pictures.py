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


@dataclass(frozen=True)
class View:
    """A piece of the earth on the picture: bounds in degrees, and degrees of longitude and latitude a point."""

    west: float
    south: float
    east: float
    north: float
    points: tuple[float, float]


def _whole(theatre: Theatre) -> tuple[float, float, float, float]:
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    west, south, east, north = shapely.from_wkb(land(theatre)).bounds
    return west, south, east, north


def _region_bounds(theatre: Theatre, region: Region) -> tuple[float, float, float, float]:
    """Bounds of the part of a region that is the theatre's land."""
    import shapely  # noqa: PLC0415 - as above

    if region.box:
        shape = shapely.box(*region.box)
    elif region.near:
        height = region.near.km * 1000 / METRES_A_DEGREE
        width = height / math.cos(math.radians(region.near.latitude))
        centre = shapely.Point(region.near.longitude, region.near.latitude)
        shape = shapely.box(*shapely.buffer(centre, 1).bounds)
        shape = shapely.affinity.scale(shape, width, height)
    else:
        table = province_shapes(theatre)
        pairs = zip(table.column("province").to_pylist(), table.column("geometry").to_pylist(), strict=True)
        shape = shapely.union_all([shapely.from_wkb(wkb) for name, wkb in pairs if name in region.provinces])
    west, south, east, north = shapely.intersection(shape, shapely.from_wkb(land(theatre))).bounds
    return west, south, east, north


def _fit(bounds: tuple[float, float, float, float], part: tuple[float, float, float, float]) -> View:
    """The smallest view of a part's proportions that holds the bounds with a margin."""
    west, south, east, north = bounds
    width, height = (part[2] * SIZE_INCHES[0], part[3] * SIZE_INCHES[1])
    x, y = (west + east) / 2, (south + north) / 2
    squeeze = math.cos(math.radians(y))
    tall = max(north - south, (east - west) * squeeze * height / width) * 1.04
    wide = tall * width / height / squeeze
    scale = (wide / (width * POINTS_AN_INCH), tall / (height * POINTS_AN_INCH))
    return View(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, scale)


def _draw_map(
    figure: Any,
    scene: Scene,
    part: tuple[float, float, float, float],
    bounds: tuple[float, float, float, float],
    title: str | None,
) -> None:
    view = _fit(bounds, part)
    axes = figure.add_axes(part, facecolor=SEA if scene.theatre.backdrop else ABROAD)
    axes.set(xlim=(view.west, view.east), ylim=(view.south, view.north), xticks=[], yticks=[])
    axes.spines[:].set_color(FAINT)
    _draw_ground(axes, scene)
    _draw_strikes(axes, scene, view)
    _draw_towns(axes, scene.theatre, view)
    if title:
        axes.text(0.012, 0.975, title, transform=axes.transAxes, va="top", fontweight="bold", **_halo(2.0))


def _draw_ground(axes: Any, scene: Scene) -> None:
    theatre = scene.theatre
    countries = backdrop_shapes(theatre, "countries").column("geometry").to_pylist()
    _fill(axes, countries, facecolor=ABROAD, edgecolor="#d2d2cc", linewidth=0.4, zorder=1)
    # Ground of which nothing is known keeps the hatching; control areas are painted over it.
    _fill(axes, [land(theatre)], facecolor=OPEN_GROUND, edgecolor="#d4d4d4", hatch="/////", linewidth=0, zorder=2)
    for controller, shapes in _by(scene.areas, "controller").items():
        wkb = [row["geometry"] for row in shapes]
        hatch = {"hatch": "xxxxx", "edgecolor": FAINT} if controller == CONTESTED else {"edgecolor": "none"}
        _fill(axes, wkb, facecolor=_tint(_colour(theatre, controller)), linewidth=0, zorder=3, **hatch)
    _outline(axes, backdrop_shapes(theatre, "rivers"), color=WATER, linewidth=0.7, zorder=4)
    _fill(axes, backdrop_shapes(theatre, "lakes").column("geometry").to_pylist(), facecolor=WATER, zorder=4)
    provinces = province_shapes(theatre).column("geometry").to_pylist()
    _fill(axes, provinces, facecolor="none", edgecolor="#ffffff", linewidth=0.6, zorder=5)
    _fill(axes, [land(theatre)], facecolor="none", edgecolor="#6b6b6b", linewidth=0.7, zorder=6)


def _draw_strikes(axes: Any, scene: Scene, view: View) -> None:
    """Area-level locations as light discs of their true size, others as symbols; uncertain ones are hollow."""
    import numpy as np  # noqa: PLC0415 - as above
    from matplotlib.patches import Ellipse  # noqa: PLC0415 - as above

    spots: dict[tuple[float, float], int] = defaultdict(int)
    kinds: dict[tuple[str, bool], list[tuple[float, float]]] = defaultdict(list)
    size = 20.0 * min(1.0, (150 / len(scene.strikes)) ** 0.5)
    for strike in scene.strikes:
        x, y, controller = strike["longitude"], strike["latitude"], strike["controller"]
        if strike["is_area"]:
            tall = 2 * strike["precision_m"] / METRES_A_DEGREE
            wide = tall / math.cos(math.radians(y))
            colour = _colour(scene.theatre, controller)
            axes.add_patch(Ellipse((x, y), wide, tall, facecolor=colour, alpha=0.10, linewidth=0, zorder=7))
            axes.add_patch(Ellipse((x, y), wide, tall, fill=False, edgecolor=colour, linewidth=0.5, zorder=8))
        # Several at one coordinate are fanned out as the seeds of a sunflower, so that none hides another.
        turn = spots[x, y]
        spots[x, y] += 1
        away = 0.75 * size**0.5 * turn**0.5
        x += away * math.cos(2.399963 * turn) * view.points[0]
        y += away * math.sin(2.399963 * turn) * view.points[1]
        kinds[controller, strike["is_uncertain"]].append((x, y))
    for (controller, is_uncertain), places in sorted(kinds.items()):
        colour = _colour(scene.theatre, controller)
        axes.scatter(
            *np.transpose(places),
            s=size,
            marker=_marker(scene.theatre, controller),
            facecolor="white" if is_uncertain else colour,
            edgecolor=colour if is_uncertain else "white",
            linewidth=1.0 if is_uncertain else 0.5,
            zorder=10,
        )


def _draw_towns(axes: Any, theatre: Theatre, view: View) -> None:
    """Names of the theatre's towns where they fit, in the order of the theatre file."""
    import shapely  # noqa: PLC0415 - as above

    towns = backdrop_shapes(theatre, "towns")
    found = dict(zip(towns.column("name").to_pylist(), towns.column("geometry").to_pylist(), strict=True))
    taken: list[tuple[float, float]] = []
    for label, town in theatre.towns.items():
        for shape in (found[name] for name in town.shapes if name in found):
            point = shapely.from_wkb(shape)
            x, y = point.x, point.y
            inside = view.west < x < view.east - 40 * view.points[0] and view.south < y < view.north
            near = any(abs(x - u) < 34 * view.points[0] and abs(y - v) < 9 * view.points[1] for u, v in taken)
            if inside and not near:
                taken.append((x, y))
                axes.plot(x, y, marker="s", markersize=1.6, color=INK, zorder=11)
                axes.annotate(
                    label, (x, y), (3, -1), textcoords="offset points", fontsize=5.2, va="top", zorder=12, **_halo(1.6)
                )


def _draw_legend(figure: Any, scene: Scene) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - as above
    from matplotlib.patches import Patch  # noqa: PLC0415 - as above

    theatre = scene.theatre
    seen = {row["controller"] for row in scene.strikes}
    names = [name for name in (*theatre.controllers, CONTESTED, UNKNOWN) if name in seen]
    look = {"linestyle": "none", "markersize": 4.6, "markeredgewidth": 0.5}
    handles = [
        Line2D(
            [],
            [],
            marker=_marker(theatre, name),
            color=_colour(theatre, name),
            markeredgecolor="white",
            label=_label(theatre, name),
            **look,
        )
        for name in names
    ]
    hollow = {**look, "markeredgewidth": 0.9}
    handles += [
        Line2D([], [], marker="o", markerfacecolor="white", markeredgecolor=INK, label="Uncertain", **hollow),
        Line2D(
            [],
            [],
            marker="o",
            markersize=8,
            markerfacecolor="#00000018",
            markeredgecolor=INK,
            markeredgewidth=0.5,
            linestyle="none",
            label="Somewhere in the circle",
        ),
        Patch(facecolor=OPEN_GROUND, edgecolor="#c4c4c4", hatch="/////", linewidth=0.4, label="Not known who held it"),
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(MAP[0] - 0.006, MAP[1] - 0.003),
        ncols=len(handles),
        frameon=False,
        fontsize=5.6,
        handletextpad=0.4,
        columnspacing=1.3,
        borderaxespad=0.2,
    )


def _draw_split(figure: Any, scene: Scene) -> None:
    axes = _plain_axes(figure, SPLIT)
    left, small = 0.0, []
    for group, share in scene.split.items():
        known = group in scene.theatre.controllers
        colour = _colour(scene.theatre, group if known else UNKNOWN)
        axes.barh(0, share, left=left, height=1, color=colour, edgecolor="white", linewidth=0.8)
        label = _label(scene.theatre, group)
        if share >= 0.13:
            ink = "white" if _is_dark(colour) else INK
            axes.text(left + 0.012, 0, f"{share:.0%}", color=ink, va="center", fontsize=8.5, fontweight="bold")
            axes.text(left + 0.002, 0.62, label, va="bottom", fontsize=6.0)
        else:
            small.append(f"{label} {share:.0%}")
        left += share
    axes.set_ylim(-0.5, 0.5)
    axes.text(1, -0.62, ", ".join(small), ha="right", va="top", fontsize=5.8, color=SOFT)
    axes.text(0, 1.55, "Who held the ground", fontsize=7.2, fontweight="bold", va="bottom")


def _draw_bounds(figure: Any, scene: Scene) -> None:
    row = scene.headline
    focus = scene.theatre.controllers[scene.theatre.focus].label
    low, high, least, most = (row[f"not_focus_{name}"] for name in ("lower_t10", "upper_t10", "lower_t0", "upper_t0"))
    axes = _plain_axes(figure, BOUNDS)
    axes.axvline(0.5, color=FAINT, linewidth=0.6, linestyle=(0, (3, 2)))
    axes.text(0.5, -1.0, "half", ha="center", va="top", fontsize=5.4, color=SOFT)
    axes.plot([0, 1], [0, 0], color="#d8d8d8", linewidth=0.8)
    axes.plot([least, most], [0, 0], color=INK, linewidth=0.9)
    axes.plot([low, high], [0, 0], color=INK, linewidth=5.0, solid_capstyle="butt", alpha=0.45)
    axes.plot(row["not_focus_expected"], 0, marker="o", markersize=6.5, color=INK, markeredgecolor="white")
    axes.text(
        row["not_focus_expected"],
        0.55,
        f"{row['not_focus_expected']:.1%}",
        ha="center",
        va="bottom",
        fontsize=8.5,
        fontweight="bold",
    )
    for value, side in ((least, "right"), (most, "left")):
        axes.annotate(
            f"{value:.0%}",
            (value, 0),
            (-3 if side == "right" else 3, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=5.8,
        )
    axes.text(0, 0.75, f"Outside {focus}-held ground", fontsize=7.2, fontweight="bold", va="bottom")
    axes.set_ylim(-1, 1)


def _plain_axes(figure: Any, part: tuple[float, float, float, float]) -> Any:
    axes = figure.add_axes(part)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    return axes


def _by(rows: list[dict[str, Any]], column: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _fill(axes: Any, shapes: list[bytes], **look: Any) -> None:
    """Paint polygons, holes left open."""
    import numpy as np  # noqa: PLC0415 - as above
    import shapely  # noqa: PLC0415 - as above
    from matplotlib.patches import PathPatch  # noqa: PLC0415 - as above
    from matplotlib.path import Path as Outline  # noqa: PLC0415 - as above

    polygons = shapely.get_parts(shapely.get_parts(shapely.from_wkb(np.array(shapes, dtype=object))))
    for polygon in polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON]:
        rings = [Outline(shapely.get_coordinates(ring), closed=True) for ring in shapely.get_rings(polygon)]
        axes.add_patch(PathPatch(Outline.make_compound_path(*rings), **look))


def _outline(axes: Any, table: pa.Table, **look: Any) -> None:
    import shapely  # noqa: PLC0415 - as above

    for shape in shapely.get_parts(shapely.from_wkb(table.column("geometry").to_pylist())):
        axes.plot(*shapely.get_coordinates(shape).T, **look)


def _halo(width: float) -> dict[str, Any]:
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - as above

    return {"path_effects": [withStroke(linewidth=width, foreground="white")]}


def _marker(theatre: Theatre, controller: str) -> str:
    order = [*theatre.controllers, CONTESTED, UNKNOWN]
    return MARKERS[order.index(controller) % len(MARKERS)]


def _colour(theatre: Theatre, controller: str) -> str:
    known = theatre.controllers.get(controller)
    return known.colour if known else {CONTESTED: "#9467bd"}.get(controller, "#b8b8b8")


def _label(theatre: Theatre, name: str) -> str:
    known = theatre.controllers.get(name)
    return known.label if known else name.replace("_", " ").capitalize()


def _tint(colour: str) -> tuple[float, ...]:
    """A colour thinned with white: opaque, so that what lies below does not shine through."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415 - as above

    return tuple(1 - 0.38 * (1 - channel) for channel in to_rgb(colour))


def _is_dark(colour: str) -> bool:
    from matplotlib.colors import to_rgb  # noqa: PLC0415 - as above

    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.6
