"""Distances: how far each point is from the nearest of the things of each kind that stand on its day.

Belongs here: distances in the plane. Does not belong here: which things count, or what a distance means
(``attribution`` and its SQL).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

KINDS = ("front", "focus", "other")


def measure_distances(points: pa.Table, things: pa.Table) -> pa.Table:
    """Measure the distance from each point to the nearest thing of each kind.

    Args:
        points: ``disc_id``, ``day``, and ``x``, ``y`` in metres.
        things: ``kind`` (of ``KINDS``), ``valid_from``, ``valid_to`` (exclusive), and ``geometry``: points or lines
            (WKB) in the plane of the points.

    Returns:
        ``disc_id``, ``day``, and for each kind the distance in metres; null where nothing of it stands.
    """
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    parts, thing = _parts(shapely.from_wkb(things.column("geometry").to_numpy()))
    kinds, start, end = (things.column(name).to_numpy()[thing] for name in ("kind", "valid_from", "valid_to"))
    places = shapely.points(points.column("x").to_numpy(), points.column("y").to_numpy())
    days = points.column("day").to_numpy()
    distances = {kind: np.full(points.num_rows, np.nan) for kind in KINDS}
    for kind, distance in distances.items():
        is_kind = kinds == kind
        for day in np.unique(days):
            asking = np.flatnonzero(days == day)
            tree = shapely.STRtree(parts[is_kind & (start <= day) & (day < end)])
            (asked, _), nearest = tree.query_nearest(places[asking], return_distance=True, all_matches=False)
            distance[asking[asked]] = nearest
    columns = {kind: pa.array(distance, from_pandas=True) for kind, distance in distances.items()}
    return pa.table({"disc_id": points.column("disc_id"), "day": points.column("day"), **columns})


def _parts(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Points as they are and the segments of lines, each with the number of its shape: small boxes search fast."""
    import shapely  # noqa: PLC0415 - as above

    is_line = shapely.get_dimensions(shapes) == 1
    ends, line = shapely.get_coordinates(shapes[is_line], return_index=True)
    joined = line[1:] == line[:-1]
    segments = shapely.linestrings(np.stack([ends[:-1][joined], ends[1:][joined]], axis=1))
    return (
        np.concatenate([shapes[~is_line], segments]),
        np.concatenate([np.flatnonzero(~is_line), np.flatnonzero(is_line)[line[1:][joined]]]),
    )
