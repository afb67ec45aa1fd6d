"""Overlay: exactly how discs lie on polygons, for pairs of a disc and a polygon that can meet.

Belongs here: the geometry of the join: which polygon holds a centre, and what share of a disc lies on it.
Does not belong here: which pairs are needed and what they say about a strike (``attribution`` and its SQL).

All is done in degrees on the original polygons, whose edges are straight there. Most discs lie wholly on one polygon: a
box around the disc proves that, and only discs that a border may cut are drawn. A batch of pairs holds its own
polygons, so memory grows with the batch and not with the number of strikes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CORNERS = 64
# Corners lie a little outside the circle, so that the polygon has the circle's own area.
CORNER_RADIUS = math.sqrt(2 * math.pi / CORNERS / math.sin(2 * math.pi / CORNERS))
# An edge is straight in degrees; it is cut to this length (degrees) before it is drawn in the equal-area projection.
LONGEST_EDGE = 0.05

MEASURED = pa.schema(
    [("shape_id", pa.int64()), ("disc_id", pa.int64()), ("at_point", pa.bool_()), ("share", pa.float64())]
)


@dataclass(frozen=True)
class Overlay:
    """Polygons to lay discs on.

    Args:
        shapes: valid polygons (WKB, OGC:CRS84); a ``shape_id`` is a position here.
        land: the theatre's land (WKB, OGC:CRS84): a disc is what lies on it, or the whole disc where nothing does.
        projection: equal-area projection (PROJ string) in which areas are measured.
    """

    shapes: pa.ChunkedArray
    land: bytes
    projection: str

    def measure(self, batches: Iterable[pa.RecordBatch]) -> pa.Table:
        """Measure each pair.

        Args:
            batches: pairs in order of ``shape_id``, so that a batch needs few polygons: ``shape_id``, ``disc_id``,
                ``longitude``, ``latitude`` (degrees), ``radius_m`` (metres), and a box that holds the disc: ``west``,
                ``south``, ``east``, ``north`` (degrees).

        Returns:
            Columns of ``MEASURED`` for the pairs that meet: whether the polygon, borders included, holds the centre,
            and the share of the disc's area that lies on it (0 for a disc without radius).
        """
        return pa.Table.from_batches([self._measure(batch) for batch in batches], MEASURED)

    def _measure(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

        pairs = {name: batch.column(name).to_numpy() for name in batch.schema.names}
        first, last = pairs["shape_id"].min(), pairs["shape_id"].max()
        needed = shapely.from_wkb(self.shapes.slice(first, last - first + 1).to_numpy())
        shapely.prepare(needed)
        shapes = needed[pairs["shape_id"] - first]
        at_point = shapely.intersects_xy(shapes, pairs["longitude"], pairs["latitude"])
        share = np.zeros(batch.num_rows)
        wide = np.flatnonzero(pairs["radius_m"] > 0)
        boxes = shapely.box(*(pairs[edge][wide] for edge in ("west", "south", "east", "north")))
        inside = shapely.contains_properly(shapes[wide], boxes)
        share[wide[inside]] = 1
        cut = wide[~inside & shapely.intersects(shapes[wide], boxes)]
        _, once, disc = np.unique(pairs["disc_id"][cut], return_index=True, return_inverse=True)
        discs = self._draw(*(pairs[name][cut][once] for name in ("longitude", "latitude", "radius_m")))
        pieces = shapely.intersection(shapes[cut], discs[disc])
        share[cut] = self._areas(pieces) / self._areas(discs)[disc]
        columns = [pairs["shape_id"], pairs["disc_id"], at_point, share]
        return pa.record_batch([pa.array(column) for column in columns], schema=MEASURED).filter(
            pa.array(at_point | (share > 0))
        )

    def _draw(self, longitude: NDArray[Any], latitude: NDArray[Any], radius_m: NDArray[Any]) -> NDArray[Any]:
        """Discs of the given geodesic radius as polygons, cut to the theatre's land."""
        import pyproj  # noqa: PLC0415 - as above
        import shapely  # noqa: PLC0415 - as above

        azimuths = np.tile(np.arange(CORNERS) * 360 / CORNERS, len(radius_m))
        starts, reach = (np.repeat(longitude, CORNERS), np.repeat(latitude, CORNERS)), radius_m * CORNER_RADIUS
        x, y, _ = pyproj.Geod(ellps="WGS84").fwd(*starts, azimuths, np.repeat(reach, CORNERS))
        discs: NDArray[Any] = shapely.polygons(np.column_stack([x, y]).reshape(-1, CORNERS, 2))
        beyond = np.flatnonzero(~shapely.contains_properly(self._land, discs))
        parts = shapely.intersection(discs[beyond], self._land)
        on_land = shapely.area(parts) > 0
        discs[beyond[on_land]] = parts[on_land]
        return discs

    @cached_property
    def _land(self) -> Any:
        import shapely  # noqa: PLC0415 - as above

        land = shapely.from_wkb(self.land)
        shapely.prepare(land)
        return land

    def _areas(self, shapes: NDArray[Any]) -> NDArray[np.float64]:
        import shapely  # noqa: PLC0415 - as above

        project = self._to_metres.transform
        metric = shapely.transform(shapely.segmentize(shapes, LONGEST_EDGE), project, interleaved=False)
        return np.asarray(shapely.area(metric))

    @cached_property
    def _to_metres(self) -> Any:
        import pyproj  # noqa: PLC0415 - as above

        return pyproj.Transformer.from_crs("OGC:CRS84", self.projection, always_xy=True)
