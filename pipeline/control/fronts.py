"""Fronts: lines along which the ground of two controllers touches.

Belongs here: finding the edges that two shapes share, and joining edges to lines.
Does not belong here: which shapes there are, or how long a line stands (``areas``).

Shapes of one snapshot are made so that neighbours have the very same vertices; an edge is shared where both
of its ends are equal to the last bit. No tolerance is needed, and no line is invented where ground only comes
near.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.control.areas import Front


@dataclass(frozen=True)
class SharedEdges:
    """Edges that two shapes share: the numbers of both shapes, and ``ends`` as x1, y1, x2, y2."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    ends: NDArray[np.float64]


def shared_edges(shapes: NDArray[Any]) -> SharedEdges:
    """Edges that lie on the rings of two of the polygons.

    Args:
        shapes: polygons (in any CRS) whose interiors do not overlap.
    """
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    rings, shape_of_ring = shapely.get_rings(shapes, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    joined = ring_of_point[:-1] == ring_of_point[1:]
    ends = np.hstack([points[:-1], points[1:]])[joined]
    owner = shape_of_ring[ring_of_point[:-1][joined]]
    backward = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[backward] = ends[backward][:, [2, 3, 0, 1]]
    order = np.lexsort((owner, ends[:, 3], ends[:, 2], ends[:, 1], ends[:, 0]))
    ends, owner = ends[order], owner[order]
    same = np.flatnonzero((ends[:-1] == ends[1:]).all(axis=1) & (owner[:-1] != owner[1:]))
    return SharedEdges(owner[same], owner[same + 1], ends[same])


def join_lines(ends: NDArray[np.float64]) -> list[bytes]:
    """Join edges to lines, in a form that does not depend on their order: normalised WKB, sorted.

    Args:
        ends: x1, y1, x2, y2 of each edge.
    """
    import shapely  # noqa: PLC0415 - as above

    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends.reshape(-1, 2, 2))))
    return sorted(shapely.to_wkb(shapely.normalize(shapely.get_parts(merged))).tolist())


def fronts_between(
    edges: SharedEdges, controllers: NDArray[Any], joined: dict[bytes, list[bytes]] | None = None
) -> list[Front]:
    """Lines between the ground of different controllers.

    Args:
        edges: shared edges of shapes.
        controllers: controller of each shape, or an empty text for ground that makes no front.
        joined: lines made so far of the same edges, by the numbers of the edges; added to.
    """
    lines = {} if joined is None else joined
    first, second = controllers[edges.first], controllers[edges.second]
    low, high = np.where(first < second, first, second), np.where(first < second, second, first)
    differ = (low != high) & (low != "")
    fronts = []
    for a, b in sorted(set(zip(low[differ].tolist(), high[differ].tolist(), strict=True))):
        wanted = np.flatnonzero((low == a) & (high == b))
        key = wanted.tobytes()
        if key not in lines:
            lines[key] = join_lines(edges.ends[wanted])
        fronts += [Front(a, b, line) for line in lines[key]]
    return fronts
