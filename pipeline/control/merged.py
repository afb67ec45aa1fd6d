"""Merged control: a map of polygons in which observations override what is drawn within their reach.

Belongs here: which snapshots stand together, laying the cells of one over the areas of the other.
Does not belong here: making either (``drawn``, ``observed``).

There is a snapshot on each day on which the polygons or the observations change or lapse, and only while a
snapshot of the polygons is in force: before the first map, after it lapses, and without any export of it there
is nothing, whatever is observed. Where no observation stands, the map stands alone.

All borders of both are noded together before they become faces, so that neighbours share every vertex, and so
that areas which no cell reaches keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.control.areas import Front, Ground, Snapshot
from pipeline.control.fronts import fronts_between, shared_edges
from pipeline.control.measure import Measure
from pipeline.control.strips import Strips
from pipeline.theatres import Theatre


def merge_snapshots(theatre: Theatre, base: Sequence[Snapshot], overrides: Sequence[Snapshot]) -> Iterator[Snapshot]:
    """Lay the snapshots of observations over those of polygons.

    Args:
        theatre: gives the land and the projection.
        base: snapshots of polygons.
        overrides: snapshots of observations.
    """
    strips = Strips(theatre, Measure(theatre))
    changes = {day for snapshot in (*base, *overrides) for day in (snapshot.day, snapshot.in_force_to)}
    days = sorted(changes)
    for day, following in zip(days, [*days[1:], date.max], strict=False):
        map_ = _in_force(base, day)
        if map_ is not None:
            observed = _in_force(overrides, day)
            grounds, fronts = _lay_over(strips, map_.grounds, observed.grounds if observed else ())
            yield Snapshot(day, min(following, map_.in_force_to), grounds, fronts)


def _in_force(snapshots: Sequence[Snapshot], day: date) -> Snapshot | None:
    return next((snapshot for snapshot in snapshots if snapshot.day <= day < snapshot.in_force_to), None)


def _lay_over(
    strips: Strips, below: tuple[Ground, ...], above: tuple[Ground, ...]
) -> tuple[tuple[Ground, ...], tuple[Front, ...]]:
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    # What lies above comes first: the first ground that holds a face has it.
    grounds = [*above, *below]
    shapes = shapely.from_wkb([ground.shape for ground in grounds])
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(shapely.boundary(shapes))]))
    owners = _owners(faces, shapes)
    faces, owners = faces[owners >= 0], owners[owners >= 0]
    made = []
    for owner in sorted(set(owners.tolist())):
        whole = shapely.coverage_union_all(faces[owners == owner])
        for shape in shapely.to_wkb(shapely.normalize(shapely.get_parts(whole))).tolist():
            made.append(replace(grounds[owner], shape=shape))
    controllers = np.array(
        [
            "" if ground.method == "complement" and shape in strips else ground.controller
            for ground, shape in zip(grounds, shapes, strict=True)
        ],
        dtype=object,
    )
    fronts = fronts_between(shared_edges(faces), controllers[owners])
    return tuple(made), tuple(fronts)


def _owners(faces: NDArray[Any], shapes: NDArray[Any]) -> NDArray[np.int64]:
    """Number of the first shape that holds each face; -1 where none does."""
    import shapely  # noqa: PLC0415 - as above

    inner, holder = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), predicate="intersects")
    owners = np.full(len(faces), len(shapes), np.int64)
    np.minimum.at(owners, inner, holder)
    return np.where(owners < len(shapes), owners, -1)
