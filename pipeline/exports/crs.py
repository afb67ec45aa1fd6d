"""Coordinate reference systems: bringing geometries to OGC:CRS84.

Belongs here: reading what a file declares, transforming, judging whether undeclared coordinates are degrees.
Does not belong here: whether a coordinate is the right one (see the stages).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError, ProjError

from pipeline.exports.types import RefusedError
from pipeline.theatres import Dialect

CRS84 = "OGC:CRS84"
ASSUMED = f"assumed {CRS84}"
# EPSG:4326, urn:ogc:def:crs:EPSG::32637, urn:ogc:def:crs:OGC:1.3:CRS84, http://www.opengis.net/def/crs/EPSG/0/3857
NAME = re.compile(
    r"^(?:urn:ogc:def:crs:|urn:x-ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?"
    r"(?P<authority>EPSG|OGC|ESRI)[:/](?:[0-9.]*[:/])?(?P<code>[A-Za-z0-9]+)$",
    re.IGNORECASE,
)

Geometries = npt.NDArray[np.object_]


def named_crs(name: str, where: str) -> pyproj.CRS:
    """The coordinate reference system of an authority's code, in any of its common spellings.

    Args:
        name: ``EPSG:32637``, ``urn:ogc:def:crs:EPSG::32637``, …
        where: where the name was found, for the message.

    Raises:
        RefusedError: ``export_crs_unknown``.
    """
    found = NAME.match(name.strip())
    try:
        if found:
            return pyproj.CRS.from_authority(found["authority"].upper(), found["code"].upper())
    except CRSError:
        pass
    raise RefusedError("export_crs_unknown", f"{where} names {name!r}, which is not known", field="crs")


def told_crs(dialect: Dialect) -> pyproj.CRS | None:
    """The system that a source says its files are in where they name none."""
    return None if dialect.crs is None else pyproj.CRS.from_user_input(dialect.crs)


def short_name(crs: pyproj.CRS) -> str:
    """``EPSG:3857`` where the system has a code, else its name."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def to_crs84(geometries: Geometries, crs: pyproj.CRS) -> Geometries:
    """Transform geometries to OGC:CRS84; heights stay as they are.

    Args:
        geometries: shapely geometries or None, in ``crs``, x before y.
        crs: their coordinate reference system.

    Returns:
        Geometries in degrees, longitude before latitude. One that can't be transformed has
            infinite coordinates.

    Raises:
        RefusedError: ``export_crs_unknown`` where there is no way from ``crs`` to degrees.
    """
    world = pyproj.CRS.from_authority("OGC", "CRS84")
    if crs.equals(world, ignore_axis_order=True):
        return geometries
    if crs.is_geocentric:
        # Two of its three numbers say no place, and PROJ takes seconds of search for a way from some of them.
        text = f"{short_name(crs)} counts from the middle of the Earth, in three axes"
        raise RefusedError("export_crs_unknown", text, field="crs")
    try:
        way = pyproj.Transformer.from_crs(crs, world, always_xy=True)
    except ProjError as error:
        raise RefusedError(
            "export_crs_unknown", f"no way is known from {short_name(crs)} to degrees", field="crs"
        ) from error

    def move(coordinates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y = way.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([x, y, *coordinates.T[2:]])

    moved = geometries.copy()
    for has_z in (False, True):
        # Transformed apart: heights are kept only where there are any.
        chosen = shapely.has_z(geometries) == has_z
        moved[chosen] = shapely.transform(geometries[chosen], move, include_z=has_z)
    return moved


def place(geometries: Geometries, crs: pyproj.CRS, problems: list[str | None]) -> Geometries:
    """Geometries in OGC:CRS84; one that has no place there becomes None, and ``problems`` tells of it.

    Raises:
        RefusedError: ``export_crs_unknown`` where there is no way from ``crs`` to degrees.
    """
    moved = to_crs84(geometries, crs)
    for lost in np.flatnonzero(not_finite(moved)):
        moved[lost], problems[lost] = None, f"geometry: a coordinate has no place in {short_name(crs)}"
    return moved


def refuse_metres(geometries: Geometries, why: str) -> None:
    """Refuse a file that declares no system while most of its coordinates can't be degrees.

    One wild coordinate is the record's fault and left to the stages; most of them are the file's.

    Raises:
        RefusedError: ``export_crs_unknown``; ``why`` says what the file lacks.
    """
    outside = outside_degrees(geometries)
    placed = sum(geometry is not None and not geometry.is_empty for geometry in geometries)
    if outside.sum() * 2 > placed:
        found = f"{outside.sum()} of {placed} geometries are not in degrees ({example(geometries, outside)})"
        raise RefusedError("export_crs_unknown", f"{why}, and {found}", field="crs")


def outside_degrees(geometries: Geometries) -> npt.NDArray[np.bool_]:
    """Which geometries reach beyond longitude ±180 or latitude ±90; false for None and empty ones."""
    if not len(geometries):
        return np.zeros(0, bool)
    west, south, east, north = shapely.bounds(geometries).T
    with np.errstate(invalid="ignore"):
        return np.asarray((west < -180) | (east > 180) | (south < -90) | (north > 90))


def example(geometries: Geometries, chosen: npt.NDArray[np.bool_]) -> str:
    """A coordinate of the first chosen geometry, for a message."""
    x, y = shapely.get_coordinates(geometries[chosen][0])[0]
    return f"{x:g}, {y:g}"


def not_finite(geometries: Geometries) -> npt.NDArray[np.bool_]:
    """Which geometries have a coordinate (or height) that is infinite or not a number."""
    coordinates, owners = shapely.get_coordinates(geometries, include_z=True, return_index=True)
    # A geometry without heights has NaN for them here: that is no fault.
    flat = ~np.isin(owners, np.flatnonzero(shapely.has_z(geometries)))
    finite = np.isfinite(coordinates[:, :2]).all(axis=1) & (flat | np.isfinite(coordinates[:, 2]))
    found = np.zeros(len(geometries), bool)
    found[owners[~finite]] = True
    return found
