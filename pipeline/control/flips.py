"""Flips: ground that one controller held on a snapshot and another on the next.

Belongs here: overlaying two snapshots, telling ground from drawing noise, whether the next snapshot undoes it.
Does not belong here: the settlements on it (``tables``), making the snapshots (``drawn``).

For sources of polygons only: the edge of a tessellation's cell moves when a place becomes known, and nothing
changes hands. Ground that nobody is known to hold before or after is no flip.

A source draws one border twice a little differently. Pieces under ``SPECK_KM2``, or that hold no circle of
``SLIVER_M`` across, are specks: they are no flips of their own but one row a day and pair of controllers,
with their sum, so that all ground that changed colour is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.catalogue import table
from pipeline.control.areas import Ground, Snapshot
from pipeline.control.measure import Measure
from pipeline.control.repairs import SLIVER_M
from pipeline.theatres import Theatre

SPECK_KM2 = 1.0
Holder = tuple[str, tuple[str, ...]]


def find_flips(theatre: Theatre, source: str, snapshots: Sequence[Snapshot]) -> pa.Table:
    """The ground that changed hands from each snapshot to the next: ``work.control_changes``.

    Args:
        theatre: gives the equal-area projection.
        source: name of a source of polygons.
        snapshots: its snapshots, in order of day.
    """
    measure = Measure(theatre)
    identity = {"theatre": theatre.name, "source": source}
    days = [list(_between(measure, identity, *pair)) for pair in pairwise(snapshots)]
    for flips, following in zip(days, [*days[1:], None], strict=False):
        for flip in flips:
            flip["undone_share"] = _undone_share(measure, flip, following)
    return table("work.control_changes").conform([flip for flips in days for flip in flips])


def _between(measure: Measure, identity: dict[str, str], before: Snapshot, after: Snapshot) -> Iterator[dict[str, Any]]:
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    old, new = _changed(before.grounds, after.grounds), _changed(after.grounds, before.grounds)
    days = {"day": after.day, "previous_day": before.day}
    pieces: dict[tuple[str, str], list[Any]] = {}
    for (holder, shape), (next_holder, next_shape) in ((a, b) for a in old.items() for b in new.items()):
        if holder[0] != next_holder[0]:
            parts = shapely.get_parts(shapely.intersection(shape, next_shape))
            polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
            pieces.setdefault((holder[0], next_holder[0]), []).extend(polygons)
    for (first, second), parts in sorted(pieces.items()):
        known = {**identity, **days, "controller_from": first, "controller_to": second}
        yield from _sort_out(measure, known, np.array(parts, dtype=object))


def _changed(grounds: Sequence[Ground], others: Sequence[Ground]) -> dict[Holder, Any]:
    """Ground by holder, without the pieces that the other snapshot has too."""
    import shapely  # noqa: PLC0415 - as above

    known = {(ground.controller, ground.shape) for ground in others}
    shapes: dict[Holder, list[bytes]] = {}
    for ground in grounds:
        if (ground.controller, ground.shape) not in known:
            shapes.setdefault((ground.controller, ground.parties), []).append(ground.shape)
    # The pieces of one holder touch in points at most.
    return {holder: shapely.multipolygons(shapely.from_wkb(pieces)) for holder, pieces in sorted(shapes.items())}


def _sort_out(measure: Measure, known: dict[str, Any], parts: Any) -> Iterator[dict[str, Any]]:
    """One row for each piece of ground, and one for all specks together."""
    import shapely  # noqa: PLC0415 - as above

    areas = measure.areas_km2(parts)
    is_ground = np.array(
        [km2 >= SPECK_KM2 and measure.holds_circle(part, SLIVER_M) for km2, part in zip(areas, parts, strict=True)],
        dtype=bool,
    )
    shapes = shapely.to_wkb(shapely.normalize(parts[is_ground]))
    for shape, km2 in sorted(zip(shapes.tolist(), areas[is_ground].tolist(), strict=True)):
        yield _row(known, is_specks=False, pieces=1, km2=km2, shape=shape)
    specks = np.sort(areas[~is_ground])
    if len(specks):
        yield _row(known, is_specks=True, pieces=len(specks), km2=float(specks.sum()), shape=None)


def _row(known: dict[str, Any], is_specks: bool, pieces: int, km2: float, shape: bytes | None) -> dict[str, Any]:
    content = "|".join(map(str, known.values())).encode() + b"|" + (shape or b"")
    row = {**known, "is_specks": is_specks, "pieces": pieces, "area_km2": round(km2, 6), "geometry": shape}
    return {"flip_id": "c" + hashlib.sha256(content).hexdigest()[:16], **row}


def _undone_share(measure: Measure, flip: dict[str, Any], following: list[dict[str, Any]] | None) -> float | None:
    """Share of a flip's ground that the next snapshot gives back; None without a next snapshot or for specks."""
    import shapely  # noqa: PLC0415 - as above

    if following is None or flip["is_specks"]:
        return None
    pair = (flip["controller_to"], flip["controller_from"])
    back = [row["geometry"] for row in following if (row["controller_from"], row["controller_to"]) == pair]
    shape = shapely.from_wkb(flip["geometry"])
    returned = sum(measure.km2(shapely.intersection(shape, shapely.from_wkb(wkb))) for wkb in back if wkb)
    return round(min(returned / float(flip["area_km2"]), 1.0), 6)
