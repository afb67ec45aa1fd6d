"""Measures: areas in km² and how wide ground is, in the theatre's equal-area projection.

Belongs here: bringing shapes to metres, their area, whether they hold a circle.
Does not belong here: what follows from a width (``drawn``, ``repairs``, ``flips``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.theatres import Theatre

SQUARE_METRES_PER_KM2 = 1e6
LONGEST_EDGE = 0.05  # degrees


class Measure:
    """Measures shapes of OGC:CRS84 in metres.

    Args:
        theatre: gives the projection, which is equal-area.
    """

    def __init__(self, theatre: Theatre) -> None:
        import pyproj  # noqa: PLC0415 - only the stages that use shapes pay for it

        self._to_metres = pyproj.Transformer.from_crs("OGC:CRS84", theatre.projection, always_xy=True)

    def project(self, shapes: Any) -> Any:
        """The shape or array of shapes in metres."""
        import shapely  # noqa: PLC0415 - as above

        return shapely.transform(shapes, self._metres)

    def areas_km2(self, shapes: Any) -> NDArray[np.float64]:
        """Areas in km². Edges are straight in degrees, so long ones are cut before they are projected."""
        import shapely  # noqa: PLC0415 - as above

        metric = self.project(shapely.segmentize(shapes, LONGEST_EDGE))
        return np.asarray(shapely.area(metric)) / SQUARE_METRES_PER_KM2

    def km2(self, shape: Any) -> float:
        """Area of one shape in km²."""
        return float(self.areas_km2(shape))

    def holds_circle(self, shape: Any, width_m: float) -> bool:
        """True where a circle of this diameter lies wholly inside the shape, to a sixtieth of its diameter."""
        import shapely  # noqa: PLC0415 - as above

        metric = self.project(shape)
        radius = width_m / 2
        if metric.area < np.pi * radius**2:
            return False
        # A thirtieth of the radius does not matter here; shrinking a coast as it is drawn would take half a second.
        plain = shapely.simplify(metric, radius / 30)
        return not shapely.is_empty(shapely.buffer(plain, -radius, quad_segs=2))

    def _metres(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(self._to_metres.transform(degrees[:, 0], degrees[:, 1]))
