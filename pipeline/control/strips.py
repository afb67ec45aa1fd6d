"""Strips: ground of a complement that lies only between two drawings of one border or coast.

Belongs here: telling such a strip from ground.
Does not belong here: whose the strip is (``drawn``), slivers between drawn areas (``repairs``).

The border and coast of a source are never quite those of the base map, which leaves strips between the two.
They count as the complement's, as all land does, but their edge is no front: a piece along the edge of the
land that holds no circle of ``STRIP_M`` across is a strip.
"""

from __future__ import annotations

from typing import Any

from pipeline.base_map import land
from pipeline.control.measure import Measure
from pipeline.theatres import Theatre

STRIP_M = 6_000
ON_EDGE_DEGREES = 1e-7


class Strips:
    """Remembers which pieces of a theatre's land are strips.

    Args:
        theatre: gives the land.
        measure: measures in its projection.
    """

    def __init__(self, theatre: Theatre, measure: Measure) -> None:
        import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

        self._measure = measure
        self._edge = shapely.from_wkb(land(theatre)).boundary
        self._known: dict[bytes, bool] = {}

    def __contains__(self, piece: Any) -> bool:
        """True where the piece (a polygon, OGC:CRS84) is a strip."""
        import shapely  # noqa: PLC0415 - as above

        if piece.wkb not in self._known:
            is_on_edge = shapely.dwithin(piece, self._edge, ON_EDGE_DEGREES)
            self._known[piece.wkb] = bool(is_on_edge) and not self._measure.holds_circle(piece, STRIP_M)
        return self._known[piece.wkb]
