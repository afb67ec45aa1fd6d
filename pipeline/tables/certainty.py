"""Certainty: how often the nearest place is right about who holds a place that was left out.

Belongs here: marts.certainty, the leave-one-out table behind the margin r and the limits in ``attribution``.
Does not belong here: applying those limits to a strike.

Every place that is known on a snapshot is left out once on that snapshot, and the nearest of the others is asked for
its side: the focus controller's or not. r is the distance to the nearest place of the side so given over that to the
nearest of the other side, as for a strike. Left aside are places in doubt (contested with the focus controller as a
party, or with parties not named), and places out of reach of all others: the map says nothing there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.attribution import ControlFrames
from pipeline.catalogue import table
from pipeline.known_places import FOCUS, OTHER, Floats, KnownPlaces
from pipeline.tables.measures import FEWEST
from pipeline.theatres import Theatre

LIMITS = (0.0, 0.2, 0.33, 0.5, 0.7, 1.0)


def tabulate_certainty(theatre: Theatre, frames: Mapping[str, pa.Table]) -> pa.Table:
    """marts.certainty: one row a bin of r for each source of observations.

    Args:
        theatre: gives the focus controller, the reach and the projection.
        frames: the control tables.
    """
    rows = []
    for source in sorted(theatre.of_kind("control_observations")):
        known = KnownPlaces.of(theatre, ControlFrames.of(source, dict(frames)))
        if not len(known.days):
            continue
        margin, right = leave_one_out(known, theatre.control.reach_m)
        bins = np.clip(np.searchsorted(LIMITS, margin, "left"), 1, len(LIMITS) - 1)
        for number in range(1, len(LIMITS)):
            cases, correct = int((bins == number).sum()), int(right[bins == number].sum())
            rows.append(
                {
                    "theatre": theatre.name,
                    "source": source,
                    "r_from": LIMITS[number - 1],
                    "r_to": LIMITS[number],
                    "cases": cases,
                    "right": correct,
                    "right_share": round(correct / cases, 9) if cases >= FEWEST else None,
                }
            )
    return table("marts.certainty").conform(rows)


def leave_one_out(known: KnownPlaces, reach_m: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Margin r of each place left out, and whether the side given to it is its own, snapshot after snapshot."""
    margins, right = [np.empty(0)], [np.empty(0, bool)]
    for sides in known.sides:
        focus, other = (known.metres[sides == side] for side in (FOCUS, OTHER))
        for own, opposite in ((focus, other), (other, focus)):
            to_own, to_opposite = _nearest_of_own(own), _nearest(opposite, own)
            is_right = to_own <= to_opposite
            low, high = np.minimum(to_own, to_opposite), np.maximum(to_own, to_opposite)
            within = low <= reach_m
            margins.append(low[within] / high[within])
            right.append(is_right[within])
    return np.concatenate(margins), np.concatenate(right)


def _nearest_of_own(places: Floats) -> Floats:
    """Distance from each place to the nearest other one; the second nearest, as the nearest is the place itself."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - loads where it is used

    if not len(places):
        return np.empty(0)
    return np.asarray(cKDTree(places).query(places, k=[2])[0][:, 0])


def _nearest(places: Floats, asked: Floats) -> Floats:
    from scipy.spatial import cKDTree  # noqa: PLC0415 - as above

    return np.asarray(cKDTree(places).query(asked)[0]) if len(places) else np.full(len(asked), np.inf)
