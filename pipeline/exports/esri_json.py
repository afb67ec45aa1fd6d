"""Esri JSON: the feature sets that ArcGIS servers answer with and ArcGIS programs save.

Belongs here: attributes, Esri's geometries and spatial references. Coded values stay as they are; a domain's words are
no part of a record.
Does not belong here: decoding JSON (``pipeline.exact_json``), asking a server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeGuard

import numpy as np
import pyproj
import shapely
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from pipeline.exact_json import encode
from pipeline.exports.crs import ASSUMED, Geometries, place, refuse_metres, short_name, told_crs
from pipeline.exports.geometry import Positions, ShapeError, check_vertices, line, point, positions
from pipeline.exports.json_text import Item, plain
from pipeline.exports.types import Content, Given, Record, RefusedError
from pipeline.property_names import GEOMETRY_TEXT, SOURCE_TEXT, name_properties

NAME = "esrijson"
WORDS = re.compile(r'"(?:esriGeometry[A-Z]\w+|esriFieldType\w+)"|"attributes"\s*:\s*\{')
# Members of a document that say it is a feature set, even one without features.
TELLING = frozenset({"geometryType", "spatialReference", "fields", "objectIdFieldName"})
NESTED_RINGS = 64
# Pairs of a ring and a larger one around whose box it lies: on average of all rings, and at once.
PAIRS_PER_RING = 256
PAIRS_AT_ONCE = 2**20
MEMBERS = ("attributes", "geometry")
CURVES = ("curveRings", "curvePaths")


def is_feature_set(document: dict[str, Any] | list[Item]) -> TypeGuard[dict[str, Any]]:
    """Whether a document is an Esri feature set: features with attributes, and no type of GeoJSON's."""
    if not isinstance(document, dict) or "type" in document or not isinstance(document.get("features"), list):
        return False
    has_attributes = any(isinstance(i.value, dict) and "attributes" in i.value for i in document["features"])
    return has_attributes or (not document["features"] and bool(TELLING & set(document)))


def read(given: Given, document: dict[str, Any], encoding: str, notes: list[str]) -> Content:
    """Records of a feature set, brought to OGC:CRS84.

    Raises:
        RefusedError: its spatial reference is not known, or is missing while coordinates are not degrees.
    """
    features: list[Item] = document["features"]
    has_heights = document.get("hasZ") is True
    made: list[BaseGeometry | None] = []
    problems: list[str | None] = []
    for item in features:
        geometry = problem = None
        try:
            geometry = _geometry(_member(item.value, "geometry"), has_heights)
        except ShapeError as error:
            problem = f"geometry: {error}"
        if geometry is not None:
            check_vertices(given.settings, geometry)
        made.append(geometry)
        problems.append(problem)
    geometries: Geometries = np.empty(len(made), dtype=object)
    geometries[:] = made
    crs = _crs(document, features) or told_crs(given.dialect)
    if crs is None:
        refuse_metres(geometries, "no spatialReference")
    else:
        geometries = place(geometries, crs, problems)
    return Content(
        format=NAME,
        records=_records(features, geometries, problems),
        encoding=encoding,
        crs=ASSUMED if crs is None else short_name(crs),
        notes=notes,
    )


def _records(features: list[Item], geometries: Geometries, problems: list[str | None]) -> Iterator[Record]:
    for number, (item, geometry, problem) in enumerate(zip(features, geometries, problems, strict=True), start=1):
        feature = item.value
        attributes = _member(feature, "attributes")
        if not isinstance(attributes, dict):
            text = {SOURCE_TEXT: encode(feature)}
            yield Record("", number, item.line, text, None, "the feature has no attributes")
            continue
        own = name_properties({**attributes}, {k: v for k, v in feature.items() if k not in MEMBERS})
        if problem is not None:
            own[GEOMETRY_TEXT] = encode(feature["geometry"])
        yield Record("", number, item.line, own, geometry, problem)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _crs(document: dict[str, Any], features: list[Item]) -> pyproj.CRS | None:
    """The system that the set declares, else the one that all its geometries do."""
    declared = document.get("spatialReference")
    if declared is None:
        inner = [_member(_member(item.value, "geometry"), "spatialReference") for item in features]
        different = {encode(found): found for found in inner if found is not None}
        if len(different) > 1:
            raise RefusedError(
                "export_crs_unknown", f"geometries in several systems: {', '.join(different)}", field="spatialReference"
            )
        declared = next(iter(different.values()), None)
    return None if declared is None else spatial_reference(declared)


def spatial_reference(found: Any) -> pyproj.CRS:
    """The coordinate reference system of a ``spatialReference``: by its newest number, its number, or its text.

    Raises:
        RefusedError: ``export_crs_unknown``.
    """
    found = plain(found)
    for name in ("latestWkid", "wkid"):
        number = _member(found, name)
        if isinstance(number, int):
            for authority in ("EPSG", "ESRI"):
                try:
                    return pyproj.CRS.from_authority(authority, number)
                except CRSError:
                    continue
    for name in ("wkt2", "wkt"):
        text = _member(found, name)
        if isinstance(text, str):
            try:
                return pyproj.CRS.from_wkt(text)
            except (CRSError, UnicodeEncodeError):  # the latter of half a character
                continue
    raise RefusedError(
        "export_crs_unknown", f"spatialReference = {encode(found)} names no known system", field="spatialReference"
    )


def _geometry(found: Any, has_heights: bool) -> BaseGeometry | None:
    """A geometry from Esri's members, in its own coordinates; None where there is none.

    Raises:
        ShapeError: it is no geometry that can be read.
    """
    if found is None or found == {}:
        return None
    if not isinstance(found, dict):
        raise ShapeError("it is not an object")
    curves = [name for name in CURVES if name in found]
    if curves:
        raise ShapeError(f"{curves[0]} are not read; ask for the layer with returnTrueCurves=false")
    has_z = found.get("hasZ", has_heights) is True
    if "x" in found:
        return _point(found)
    if "points" in found:
        return shapely.multipoints(_positions(found["points"], has_z))
    for name, make in (("paths", _lines), ("rings", _polygons)):
        if name in found:
            if not isinstance(found[name], list):
                raise ShapeError(f"{name} are not a list")
            return make([_positions(part, has_z) for part in found[name]])
    raise ShapeError(f"members {', '.join(found)} are not known")


def _point(found: dict[str, Any]) -> BaseGeometry | None:
    """A point; None for the empty one, whose x is null or the text NaN."""
    if found["x"] in (None, "NaN"):
        return None
    axes = [found["x"], found.get("y")]
    if found.get("z") not in (None, "NaN"):
        axes.append(found["z"])
    return point(positions([axes]))


def _positions(found: Any, has_heights: bool) -> Positions:
    """Positions without their measures, which may stand third or fourth."""
    array = positions(found)
    return array if has_heights else array[:, :2]


def _lines(parts: list[Positions]) -> BaseGeometry:
    made = [line(part) for part in parts]
    return made[0] if len(made) == 1 else shapely.multilinestrings(np.array(made, dtype=object))


def _polygons(rings: list[Positions]) -> BaseGeometry:
    """Polygons from rings in any order: a ring within an odd number of larger ones is a hole in the smallest of them.

    Esri tells holes by the direction of their rings, which programs that write this format often get wrong; for sound
    polygons both say the same.
    """
    rings = [ring for ring in rings if len(ring)]
    for number, ring in enumerate(rings, start=1):
        if len(ring) < 4:
            raise ShapeError(f"ring {number} has {len(ring)} positions, a ring needs four")
        if (ring[0] != ring[-1]).any():
            raise ShapeError(f"ring {number} is not closed")
    if not rings:
        return shapely.Polygon()
    closed = np.array([shapely.linearrings(ring) for ring in rings], dtype=object)
    if len(closed) == 1:
        return shapely.polygons(closed[0])
    holes: dict[int, list[Any]] = {}
    around = _containers(shapely.polygons(closed))
    for number, larger in enumerate(around):
        if len(larger) % 2:
            holes.setdefault(larger[0], []).append(closed[number])
        else:
            holes.setdefault(number, [])
    made = [shapely.polygons(closed[outer], inner or None) for outer, inner in sorted(holes.items())]
    return made[0] if len(made) == 1 else shapely.multipolygons(np.array(made, dtype=object))


def _containers(bodies: Geometries) -> list[list[int]]:
    """For each polygon, the larger ones that it lies in, the smallest first.

    Raises:
        ShapeError: one lies in more than any map has, or in the boxes of too many: the pairs of many would fill the
            memory, or take hours.
    """
    areas = shapely.area(bodies)
    order = np.lexsort((-np.arange(len(bodies)), areas))
    rank = np.empty(len(bodies), int)
    rank[order] = np.arange(len(bodies))
    shapely.prepare(bodies)  # else each of many small rings is compared with every vertex of a large one
    tree, points = shapely.STRtree(bodies), shapely.point_on_surface(bodies)
    x, y = shapely.get_x(points), shapely.get_y(points)
    around: list[list[int]] = [[] for _ in bodies]
    step, pairs = max(1, PAIRS_AT_ONCE // len(bodies)), 0
    for start in range(0, len(bodies), step):
        inside, outer = tree.query(points[start : start + step])
        inside += start
        pairs += len(inside)
        if pairs > PAIRS_PER_RING * len(bodies):
            raise ShapeError(f"rings lie within the boxes of more than {PAIRS_PER_RING} others each")
        is_within = (rank[outer] > rank[inside]) & shapely.intersects_xy(bodies[outer], x[inside], y[inside])
        inside, outer = inside[is_within], outer[is_within]
        if np.bincount(inside, minlength=1).max() > NESTED_RINGS:
            raise ShapeError(f"more than {NESTED_RINGS} rings lie within one another")
        for small, large in zip(inside.tolist(), outer.tolist(), strict=True):
            around[small].append(large)
    return [sorted(larger, key=lambda place: rank[place]) for larger in around]
