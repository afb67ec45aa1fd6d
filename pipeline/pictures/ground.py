"""A map within a picture: ground, strikes and towns.

Belongs here: everything that is placed by longitude and latitude (OGC:CRS84). Does not belong here: words, numbers.

Maps are plate carrée, squeezed so that a kilometre is as long east as north in their middle.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
import shapely.affinity

from pipeline.base_map import backdrop_shapes, land, province_shapes
from pipeline.pictures.looks import (
    ABROAD,
    FAINT,
    INK,
    SEA,
    SOFT,
    UNKNOWN_GROUND,
    WATER,
    colour_of,
    ground_look,
    halo,
    marker_of,
)
from pipeline.theatres import Region, Theatre

METRES_A_DEGREE = 111_320.0
POINTS_AN_INCH = 72.0
# Turning by this angle each time, no two seeds of a sunflower lie behind one another.
GOLDEN_ANGLE = 2.399963
SYMBOL = 20.0
MOST_AT_FULL_SIZE = 150
NAME_POINTS = (34.0, 9.0)
TOWN: dict[str, Any] = {"marker": "+", "markersize": 3.6, "markeredgewidth": 0.8, "color": INK, "linestyle": "none"}

Box = tuple[float, float, float, float]


def land_bounds(theatre: Theatre) -> Box:
    """West, south, east and north of the theatre's land, degrees."""
    west, south, east, north = shapely.from_wkb(land(theatre)).bounds
    return west, south, east, north


def region_bounds(theatre: Theatre, region: Region) -> Box:
    """West, south, east and north of the theatre's land within a region, degrees."""
    if region.box:
        shape = shapely.box(*region.box)
    elif region.near:
        tall = region.near.km * 1000 / METRES_A_DEGREE
        circle = shapely.Point(region.near.longitude, region.near.latitude).buffer(1)
        shape = shapely.affinity.scale(circle, tall / math.cos(math.radians(region.near.latitude)), tall)
    else:
        table = province_shapes(theatre)
        pairs = zip(table.column("province").to_pylist(), table.column("geometry").to_pylist(), strict=True)
        shape = shapely.union_all([shapely.from_wkb(wkb) for name, wkb in pairs if name in region.provinces])
    west, south, east, north = shapely.intersection(shape, shapely.from_wkb(land(theatre))).bounds
    return west, south, east, north


@dataclass(frozen=True)
class MapPanel:
    """A map drawn into one part of a figure.

    Attributes:
        axes: matplotlib's axes.
        theatre: the theatre.
        view: west, south, east, north of what is seen, degrees.
        point: degrees of longitude and of latitude that one typographic point is.
    """

    axes: Any
    theatre: Theatre
    view: Box
    point: tuple[float, float]

    @classmethod
    def add(cls, figure: Any, part: Box, theatre: Theatre, bounds: Box) -> MapPanel:
        """Add a map to a figure: the smallest that holds the bounds and has the part's proportions.

        Args:
            figure: matplotlib's figure.
            part: left, bottom, width and height, as shares of the figure.
            theatre: the theatre.
            bounds: west, south, east and north, degrees.
        """
        west, south, east, north = bounds
        width, height = part[2] * figure.get_figwidth(), part[3] * figure.get_figheight()
        x, y = (west + east) / 2, (south + north) / 2
        squeeze = math.cos(math.radians(y))
        tall = max(north - south, (east - west) * squeeze * height / width) * 1.04
        wide = tall * width / height / squeeze
        view = (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
        axes = figure.add_axes(part, facecolor=SEA if theatre.backdrop else ABROAD)
        axes.set(xlim=(view[0], view[2]), ylim=(view[1], view[3]), xticks=[], yticks=[], autoscale_on=False)
        axes.spines[:].set(color=FAINT, visible=True)
        return cls(axes, theatre, view, (wide / width / POINTS_AN_INCH, tall / height / POINTS_AN_INCH))

    def draw_ground(self, areas: list[dict[str, Any]]) -> None:
        """Draw countries, who held which ground (``controller`` and ``geometry``), water, provinces and the border."""
        theatre = self.theatre
        self._fill(_shapes(backdrop_shapes(theatre, "countries")), facecolor=ABROAD, edgecolor="#d2d2cc", zorder=1)
        # Ground of which nothing is known keeps its lines; control areas are painted over it.
        self._fill([land(theatre)], **UNKNOWN_GROUND, linewidth=0, zorder=2)
        for area in areas:
            self._fill([area["geometry"]], **ground_look(theatre, area["controller"]), linewidth=0, zorder=3)
        for river in shapely.get_parts(shapely.from_wkb(_shapes(backdrop_shapes(theatre, "rivers")))):
            self.axes.plot(*shapely.get_coordinates(river).T, color=WATER, linewidth=0.7, zorder=4)
        self._fill(_shapes(backdrop_shapes(theatre, "lakes")), facecolor=WATER, linewidth=0, zorder=4)
        self._fill(_shapes(province_shapes(theatre)), fill=False, edgecolor="white", linewidth=0.5, zorder=5)
        self._fill([land(theatre)], fill=False, edgecolor="#6b6b6b", linewidth=0.7, zorder=6)

    def draw_strikes(self, strikes: list[dict[str, Any]], scale: float = 1.0) -> None:
        """Draw strikes by who held the ground: areas as light discs of their true size; hollow where uncertain.

        Several at one coordinate are fanned out as the seeds of a sunflower, so that none hides another.

        Args:
            strikes: where they are, how well that is known, and who held it.
            scale: size of the symbols where the map is small.
        """
        seeds: dict[tuple[float, float], int] = defaultdict(int)
        kinds: dict[tuple[str, bool, bool], list[tuple[float, float]]] = defaultdict(list)
        size = scale * SYMBOL * min(1.0, (MOST_AT_FULL_SIZE / max(len(strikes), 1)) ** 0.5)
        for strike in strikes:
            x, y = strike["longitude"], strike["latitude"]
            if strike["is_area"]:
                self._disc(x, y, strike["precision_m"], colour_of(self.theatre, strike["controller"]))
            turn = seeds[x, y]
            seeds[x, y] += 1
            away = 0.75 * size**0.5 * turn**0.5
            place = (
                x + away * math.cos(GOLDEN_ANGLE * turn) * self.point[0],
                y + away * math.sin(GOLDEN_ANGLE * turn) * self.point[1],
            )
            kinds[strike["controller"], strike["is_uncertain"], strike["is_area"]].append(place)
        for (controller, is_uncertain, is_area), places in sorted(kinds.items()):
            colour = colour_of(self.theatre, controller)
            self.axes.scatter(
                *np.transpose(places),
                s=size * (0.45 if is_area else 1.0),
                marker=marker_of(self.theatre, controller),
                facecolor="white" if is_uncertain else colour,
                edgecolor=colour if is_uncertain else "white",
                linewidth=0.9 if is_uncertain else 0.5,
                zorder=9 if is_area else 10,
            )

    def draw_names(self) -> None:
        """Name the theatre's towns (its provinces where it has none) where they fit, in the theatre file's order."""
        towns, provinces = backdrop_shapes(self.theatre, "towns"), province_shapes(self.theatre)
        points = dict(zip(towns.column("name").to_pylist(), shapely.from_wkb(_shapes(towns)), strict=True))
        named = [(label, points[n]) for label, town in self.theatre.towns.items() for n in town.shapes if n in points]
        within = shapely.point_on_surface(shapely.from_wkb(_shapes(provinces)))
        taken: list[tuple[float, float]] = []
        # A town's name stands right of it, a province's about its middle.
        room = (0.0, NAME_POINTS[0]) if named else (NAME_POINTS[0] / 2, NAME_POINTS[0] / 2)
        for label, point in named or zip(provinces.column("province").to_pylist(), within, strict=True):
            x, y = point.x, point.y
            if self._holds(x, y, *room) and not any(self._touch(x - u, y - v) for u, v in taken):
                taken.append((x, y))
                self._name(label, x, y, is_town=bool(named))

    def draw_frame(self, other: MapPanel) -> None:
        """Draw the outline of what another map shows."""
        outline = shapely.to_wkb(shapely.box(*other.view))
        self._fill([outline], fill=False, edgecolor=INK, linewidth=0.6, linestyle=(0, (4, 2)), zorder=8)

    def _holds(self, x: float, y: float, left: float, right: float) -> bool:
        """True where a name of so many points to the left and right of a place is wholly seen."""
        west, south, east, north = self.view
        wide, tall = self.point
        return west + left * wide < x < east - right * wide and south < y < north - NAME_POINTS[1] * tall

    def _touch(self, dx: float, dy: float) -> bool:
        return abs(dx) < NAME_POINTS[0] * self.point[0] and abs(dy) < NAME_POINTS[1] * self.point[1]

    def _name(self, label: str, x: float, y: float, is_town: bool) -> None:
        look: dict[str, Any] = {"fontsize": 5.2, "zorder": 12, "textcoords": "offset points", **halo(1.6)}
        if is_town:
            # A cross, as filled and hollow shapes stand for strikes.
            self.axes.plot(x, y, **TOWN, **halo(1.4), zorder=11)
            self.axes.annotate(label, (x, y), (3, -1), va="top", **look)
        else:
            self.axes.annotate(label, (x, y), (0, 0), va="center", ha="center", color=SOFT, **look)

    def _disc(self, x: float, y: float, radius_m: float, colour: str) -> None:
        from matplotlib.patches import Ellipse  # noqa: PLC0415 - loaded only for a picture

        tall = 2 * radius_m / METRES_A_DEGREE
        wide = tall / math.cos(math.radians(y))
        self.axes.add_artist(Ellipse((x, y), wide, tall, facecolor=colour, alpha=0.10, linewidth=0, zorder=7))
        self.axes.add_artist(Ellipse((x, y), wide, tall, fill=False, edgecolor=colour, linewidth=0.5, zorder=8))

    def _fill(self, shapes: list[bytes], **look: Any) -> None:
        """Paint polygons, holes left open, no finer than can be printed."""
        from matplotlib.patches import PathPatch  # noqa: PLC0415 - loaded only for a picture
        from matplotlib.path import Path  # noqa: PLC0415 - as above

        seen = shapely.from_wkb(np.array(shapes, dtype=object))
        seen = shapely.simplify(seen[shapely.intersects(seen, shapely.box(*self.view))], 0.1 * self.point[1])
        parts = shapely.get_parts(shapely.get_parts(seen))
        for polygon in parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]:
            rings = [Path(shapely.get_coordinates(ring), closed=True) for ring in shapely.get_rings(polygon)]
            self.axes.add_artist(PathPatch(Path.make_compound_path(*rings), **look))


def _shapes(table: pa.Table) -> list[bytes]:
    shapes: list[bytes] = table.column("geometry").to_pylist()
    return shapes
