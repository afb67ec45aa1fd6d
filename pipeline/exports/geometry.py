"""Building geometries from coordinates as text formats write them, or from WKB.

Belongs here: positions, rings and the nesting of GeoJSON; leaving measures out; the cap on vertices.
Does not belong here: repairing anything. An invalid ring passes, for the stages to judge;
what can't be a ring does not.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.exact_json import Digits
from pipeline.exports.crs import Geometries, not_finite
from pipeline.exports.types import over_cap
from pipeline.exports.wkb_nesting import HEADER, is_nested_over
from pipeline.settings import Settings

BYTE_ORDERS = (b"\0", b"\1")
NUMBERS = {int, float, Digits}
Positions = npt.NDArray[np.float64]


class ShapeError(ValueError):
    """Coordinates that make no geometry; the message says why."""


def positions(found: Any) -> Positions:
    """Positions as an array of x, y and, where they have it, z. A fourth number (a measure) is left out."""
    if not isinstance(found, list) or not all(isinstance(position, list) for position in found):
        raise ShapeError("a list of positions is missing")
    sizes = set(map(len, found))
    if len(sizes) > 1 or min(sizes, default=2) < 2:
        raise ShapeError(f"positions of {' and '.join(map(str, sorted(sizes)))} numbers")
    flat = [number for position in found for number in position]
    strange = set(map(type, flat)) - NUMBERS
    if strange:
        raise ShapeError(f"a coordinate is of type {sorted(kind.__name__ for kind in strange)[0]}, not a number")
    try:
        flat_array = np.array([float(number) for number in flat], dtype=np.float64)
    except OverflowError as error:
        raise ShapeError("a coordinate is too large") from error
    if not np.isfinite(flat_array).all():
        raise ShapeError("a coordinate is not finite")
    return flat_array.reshape(len(found), -1)[:, :3] if found else np.empty((0, 2))


def point(position: Positions) -> BaseGeometry:
    """A point; empty where there is no position."""
    return shapely.points(position[0]) if len(position) else shapely.Point()


def line(found: Positions) -> BaseGeometry:
    """A line; empty where there are no positions."""
    if len(found) == 1:
        raise ShapeError("a line of one position")
    return shapely.linestrings(found) if len(found) else shapely.LineString()


def polygon(rings: list[Positions]) -> BaseGeometry:
    """A polygon of its outer ring and its holes; empty where there are no positions."""
    if not any(map(len, rings)):
        return shapely.Polygon()
    for number, ring in enumerate(rings, start=1):
        if len(ring) < 4:
            raise ShapeError(f"ring {number} has {len(ring)} positions, a ring needs four")
        if (ring[0] != ring[-1]).any():
            raise ShapeError(f"ring {number} is not closed")
    if len({ring.shape[1] for ring in rings}) > 1:
        raise ShapeError("rings with and without heights")
    outer, *holes = (shapely.linearrings(ring) for ring in rings)
    return shapely.polygons(outer, holes or None)


def _point(found: Any) -> BaseGeometry:
    return point(positions([] if found == [] else [found]))


def _line(found: Any) -> BaseGeometry:
    return line(positions(found))


def _polygon(found: Any) -> BaseGeometry:
    return polygon([positions(ring) for ring in _list(found)])


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise ShapeError("coordinates are not a list")
    return found


def _many(part: Callable[[Any], BaseGeometry], whole: Callable[[Any], BaseGeometry]) -> Callable[[Any], BaseGeometry]:
    return lambda found: whole(np.array([part(item) for item in _list(found)], dtype=object))


_SHAPES: dict[str, Callable[[Any], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
    "MultiPoint": _many(_point, shapely.multipoints),
    "MultiLineString": _many(_line, shapely.multilinestrings),
    "MultiPolygon": _many(_polygon, shapely.multipolygons),
}
COLLECTION = "GeometryCollection"
TYPES = frozenset({*_SHAPES, COLLECTION})


def from_geojsons(settings: Settings, found: Iterable[Any]) -> tuple[Geometries, list[str | None]]:
    """Geometries as :func:`from_geojson` makes them, and what is wrong with each that can't be had, which is None then.

    Raises:
        RefusedError: one has more vertices than the cap.
    """
    made: list[BaseGeometry | None] = []
    problems: list[str | None] = []
    places, numbers = array("q"), array("d")  # points are made together, in a fraction of the time
    for at, one in enumerate(found):
        geometry = problem = None
        try:
            if _is_plain_point(one):
                places.append(at)
                numbers.extend(one["coordinates"])
            else:
                geometry = from_geojson(settings, one)
        except ShapeError as error:
            problem = f"geometry: {error}"
        made.append(geometry)
        problems.append(problem)
    geometries = np.empty(len(made), dtype=object)
    geometries[:] = made
    if places:
        geometries[np.asarray(places)] = shapely.points(np.asarray(numbers).reshape(-1, 2))
    return geometries, problems


def _is_plain_point(found: Any) -> bool:
    """Whether it is a point of two numbers that Python holds exactly, which are finite then."""
    if type(found) is not dict or found.get("type") != "Point":
        return False
    position = found.get("coordinates")
    return type(position) is list and [type(number) for number in position] == [float, float]


def from_geojson(settings: Settings, found: Any) -> BaseGeometry | None:
    """A geometry from a decoded GeoJSON geometry object, in its own coordinates.

    Raises:
        ShapeError: it is no geometry.
        RefusedError: it has more vertices than the cap.
    """
    if found is None:
        return None
    made = _from_geojson(found)
    check_vertices(settings, made)
    return made


def _from_geojson(found: Any) -> BaseGeometry:
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == COLLECTION:
        parts = [_from_geojson(part) for part in _list(found.get("geometries"))]
        return shapely.geometrycollections(np.array(parts, dtype=object))
    if not isinstance(kind, str) or kind not in _SHAPES:
        raise ShapeError(f"geometry type {kind!r} is not known")
    return _SHAPES[kind](found.get("coordinates"))


def without_measures(geometries: Geometries) -> Geometries:
    """Geometries without M, which GeoPackage, GeoParquet and shapely's own functions don't carry on."""
    result = geometries.copy()
    for has_z, dimension in ((False, 2), (True, 3)):
        chosen = shapely.has_m(geometries) & (shapely.has_z(geometries) == has_z)
        result[chosen] = shapely.from_wkb(shapely.to_wkb(geometries[chosen], output_dimension=dimension))
    return result


def from_wkb(settings: Settings, wkb: Sequence[bytes | None]) -> tuple[Geometries, list[str | None]]:
    """Geometries without measures, and what is wrong with each that can't be had, which is None then.

    Raises:
        RefusedError: one has more vertices than the cap, or is nested deeper than the cap.
    """
    given = np.empty(len(wkb), dtype=object)
    given[:] = [_checked(settings, source) for source in wkb]
    with np.errstate(invalid="ignore"):  # coordinates that are not numbers are told of below
        geometries = without_measures(shapely.from_wkb(given, on_invalid="ignore"))
    counts = shapely.get_num_coordinates(geometries)
    if counts.size and counts.max() > settings.max_vertices:
        check_vertices(settings, geometries[counts.argmax()])
    broken = not_finite(geometries)
    problems: list[str | None] = [
        "geometry: a coordinate is not finite"
        if is_broken
        else "geometry: the shape can't be read"
        if source is not None and geometry is None
        else None
        for source, geometry, is_broken in zip(wkb, geometries, broken, strict=True)
    ]
    geometries[broken] = None
    return geometries, problems


def _checked(settings: Settings, wkb: bytes | None) -> bytes | None:
    """WKB that is safe to read; None where it is none, such as WKB written as text, which shapely would read too."""
    if wkb is None or wkb[:1] not in BYTE_ORDERS:
        return None
    if len(wkb) > HEADER * settings.max_depth and is_nested_over(wkb, settings.max_depth):
        raise over_cap(settings, "max_depth", "a geometry nested too deeply")
    return wkb


def check_vertices(settings: Settings, geometry: BaseGeometry) -> None:
    """Refuse a geometry with more vertices than the cap."""
    count = shapely.get_num_coordinates(geometry)
    if count > settings.max_vertices:
        raise over_cap(settings, "max_vertices", f"a geometry of {count:,} vertices")
