"""Exact shares of discs, worked out the slow and certain way, for tests and benchmarks.

Belongs here: one disc at a time, in an equal-area projection of its own, against everything that stands on the day.
Does not belong here: anything that the pipeline uses.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pyproj
import shapely

from pipeline.attribution import NEGLIGIBLE_SHARE

# Edges are straight in degrees; they are cut to about a kilometre before they are projected.
LONGEST_EDGE = 0.01
SEGMENTS_A_QUARTER = 512


class ExactGround:
    """The ground of one control source.

    Args:
        areas: rows of ``core.control_areas``; those of one snapshot do not overlap.
        land: the theatre's land (WKB).
    """

    def __init__(self, areas: list[dict[str, Any]], land: bytes) -> None:
        self._areas = areas
        self._shapes = shapely.from_wkb([area["geometry"] for area in areas])
        self._land = shapely.from_wkb(land)
        shapely.prepare(self._shapes)

    def shares(self, longitude: float, latitude: float, radius_m: float, snapshot: date) -> dict[str, float]:
        """Share of the disc by controller, the rest as ``unknown``."""
        project = pyproj.Transformer.from_crs(
            "OGC:CRS84",
            f"+proj=laea +lat_0={latitude:.15g} +lon_0={longitude:.15g} +datum=WGS84 +units=m",
            always_xy=True,
        )
        tall = 1.05 * radius_m / 111_000
        wide = tall / math.cos(math.radians(abs(latitude) + tall))
        box = shapely.box(longitude - wide, latitude - tall, longitude + wide, latitude + tall)

        def near(shape: Any) -> Any:
            part = shapely.segmentize(shape.intersection(box), LONGEST_EDGE)
            return shapely.transform(part, project.transform, interleaved=False).buffer(0)

        disc = shapely.Point(0, 0).buffer(radius_m, quad_segs=SEGMENTS_A_QUARTER)
        on_land = disc.intersection(near(self._land))
        disc = on_land if on_land.area else disc
        found: dict[str, float] = {}
        for i in np.flatnonzero(shapely.intersects(self._shapes, box)):
            area = self._areas[i]
            if area["valid_from"] <= snapshot < area["valid_to"]:
                share = disc.intersection(near(self._shapes[i])).area / disc.area
                found[area["controller"]] = found.get(area["controller"], 0) + share
        return {**found, "unknown": 1 - sum(found.values())}


def without_slivers(shares: dict[str, float]) -> dict[str, float]:
    """The shares by the stated rule for slivers between two drawings of one border."""
    known = 1 - shares["unknown"]
    if known <= 1 - NEGLIGIBLE_SHARE:
        return shares
    return {name: share / known for name, share in shares.items() if name != "unknown"}


def errors(published: dict[str, float], exact: dict[str, float]) -> dict[str, float]:
    """Difference by controller."""
    return {name: published.get(name, 0) - exact.get(name, 0) for name in sorted({*published, *exact})}


def summarise(differences: list[float]) -> tuple[float, float]:
    """Greatest and root-mean-square difference."""
    values = np.array(differences)
    return float(np.abs(values).max()), float(np.sqrt((values**2).mean()))
