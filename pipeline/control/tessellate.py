"""Tessellation: the ground for which each of a set of places speaks.

Belongs here: Voronoi cells in metres, cut at the reach and at the land, as a mesh of faces that share every
vertex.
Does not belong here: who holds a place, or when (``observed``).

The mesh is made once for a set of places. All its lines (cell edges, reach, land) are noded together on a 1
mm grid before they become faces, so that neighbours meet without a gap or an overlap however faces are put
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.control.fronts import SharedEdges, shared_edges

GRID_M = 1e-3
# A circle as a polygon of 256 corners, scaled so that it errs as much inwards as outwards: by 0.75 m at 20
# km.
QUARTER_SEGMENTS = 64
CIRCLE_SCALE = 2 / (1 + np.cos(np.pi / (4 * QUARTER_SEGMENTS)))
# A decimal of 1e-9 degrees is a tenth of a millimetre: finer than the grid, so that no two vertices fall
# together.
DECIMALS = 9
METRES_PER_DEGREE = 111_320


@dataclass(frozen=True)
class Mesh:
    """Faces (polygons, OGC:CRS84), the number of the place of each, and the edges that they share."""

    faces: NDArray[Any]
    places: NDArray[np.int64]
    edges: SharedEdges


class Tessellator:
    """Makes meshes over one land.

    Args:
        land: polygon or multipolygon (WKB, OGC:CRS84).
        projection: the theatre's projection in metres (PROJ string).
        reach_m: furthest that a place speaks for, metres.
        segment_m: longest straight edge, metres, so that edges straight in metres stay so in degrees.
    """

    def __init__(self, land: bytes, projection: str, reach_m: float, segment_m: float) -> None:
        import pyproj  # noqa: PLC0415 - only the stages that use shapes pay for it
        import shapely  # noqa: PLC0415 - as above

        self.reach_m, self.segment_m = reach_m, segment_m
        self._to_metres = pyproj.Transformer.from_crs("OGC:CRS84", projection, always_xy=True)
        # The land's edges are straight in degrees; over a long border that is hundreds of metres off in
        # metres.
        dense = shapely.segmentize(shapely.from_wkb(land), segment_m / METRES_PER_DEGREE)
        self._land = shapely.make_valid(shapely.transform(dense, self._metres))

    def mesh(self, places: NDArray[np.float64]) -> Mesh:
        """The mesh of these places.

        Args:
            places: longitude and latitude of each place, all different.
        """
        import shapely  # noqa: PLC0415 - as above

        sites = self._metres(places)
        points = shapely.points(sites)
        discs = shapely.buffer(points, self.reach_m * CIRCLE_SCALE, quad_segs=QUARTER_SEGMENTS)
        region = shapely.intersection(shapely.union_all(discs), self._land)
        lines = shapely.union_all([shapely.boundary(region), self._cell_edges(sites)], grid_size=GRID_M)
        pieces = shapely.get_parts(shapely.segmentize(lines, self.segment_m))
        faces = shapely.get_parts(shapely.polygonize(pieces))
        inner = shapely.point_on_surface(faces)
        shapely.prepare(region)
        inside = shapely.contains_properly(region, inner)
        faces, inner = faces[inside], inner[inside]
        nearest = shapely.STRtree(points).nearest(inner) if len(inner) else np.empty(0, np.int64)
        faces = shapely.transform(faces, self._degrees)
        return Mesh(faces, np.asarray(nearest, np.int64), shared_edges(faces))

    def _cell_edges(self, sites: NDArray[np.float64]) -> Any:
        """Edges of the Voronoi cells as lines, right at least as far as the reach.

        Guards far outside keep the outermost cells right: the algorithm's own frame is only ten times as wide
        as the sites, which is near where sites are few and close together. No guard is nearest within
        anybody's reach.
        """
        import shapely  # noqa: PLC0415 - as above

        low, high = sites.min(axis=0), sites.max(axis=0)
        margin = 4 * self.reach_m + (high - low).max()
        west, south = low - margin
        east, north = high + margin
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        guards = [
            (west, south), (middle_x, south), (east, south), (east, middle_y),
            (east, north), (middle_x, north), (west, north), (west, middle_y),
        ]  # fmt: skip
        return shapely.voronoi_polygons(shapely.multipoints(np.vstack([sites, guards])), only_edges=True)

    def _metres(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(self._to_metres.transform(degrees[:, 0], degrees[:, 1]))

    def _degrees(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        longitude, latitude = self._to_metres.transform(metres[:, 0], metres[:, 1], direction="INVERSE")
        return np.column_stack([longitude, latitude]).round(DECIMALS)
