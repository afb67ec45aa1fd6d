"""Snapshots from polygons: on each day for which a source draws a map, the ground as it is drawn.

Belongs here: putting the features of a day together, giving overlaps to one holder, and the rest of the land.
Does not belong here: making a feature valid (``polygons``), how long ground stands (``areas``).

Vertices stay where the source has them: features of one holder are united only where they touch, and nothing
is densified, simplified or clipped. Where features of different holders overlap, contested ground comes first
(a map draws it over what it disputes), then the theatre's priority. A day of which no feature is usable has
no snapshot.

Where a source draws one side only, the rest of the theatre's land belongs to its ``complement``. The source's
border and coast are never quite those of the base map, which leaves strips between the two. They count as the
complement's, as all land does, but their edge is no front: strips along the edge of the land that hold no
circle of ``STRIP_M`` make none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.base_map import land
from pipeline.control.areas import Front, Ground, Snapshot, in_force_ends
from pipeline.control.fronts import fronts_between, shared_edges
from pipeline.theatres import CONTESTED, Source, Theatre

STRIP_M = 3_000
ON_EDGE_DEGREES = 1e-7


@dataclass(frozen=True, order=True)
class Drawing:
    """What one feature says: a holder and the digest of its shape."""

    controller: str
    parties: tuple[str, ...]
    digest: str


@dataclass
class Piece:
    """Connected ground of a day, the drawings behind it and what was done to it."""

    controller: str
    parties: tuple[str, ...]
    method: str
    shape: Any
    drawings: tuple[Drawing, ...]
    notes: list[str] = field(default_factory=list)


@dataclass
class Day:
    """The features of one day: records and repairs of each drawing."""

    records: dict[Drawing, list[str]] = field(default_factory=dict)
    repairs: dict[Drawing, set[str]] = field(default_factory=dict)


def snapshots_of_polygons(theatre: Theatre, source: Source, rows: pa.Table) -> Iterator[Snapshot]:
    """Make the snapshots of a source of polygons.

    Args:
        theatre: gives land, projection, priorities and maximum age.
        source: gives the complement.
        rows: rows of ``polygons.POLYGON_SCHEMA``.
    """
    days, shapes = _read_days(rows)
    maker = MapMaker(theatre, source, shapes)
    made: dict[tuple[Drawing, ...], tuple[list[Piece], list[Front]]] = {}
    for day, end in in_force_ends(days, theatre.control.max_age_days, None).items():
        drawings = tuple(sorted(days[day].records))
        if drawings not in made:
            made[drawings] = maker.make(drawings)
        pieces, fronts = made[drawings]
        grounds = tuple(_ground(piece, days[day]) for piece in pieces)
        yield Snapshot(day, end, grounds, tuple(fronts))


def _read_days(rows: pa.Table) -> tuple[dict[date, Day], dict[str, bytes]]:
    days: dict[date, Day] = {}
    shapes: dict[str, bytes] = {}
    for row in rows.to_pylist():
        digest = hashlib.sha256(row["geometry"]).hexdigest()
        shapes[digest] = row["geometry"]
        drawing = Drawing(row["controller"], tuple(json.loads(row["parties"])), digest)
        day = days.setdefault(row["snapshot_day"], Day())
        day.records.setdefault(drawing, []).append(row["record_id"])
        if row["repair"]:
            day.repairs.setdefault(drawing, set()).add(row["repair"])
    return days, shapes


def _ground(piece: Piece, day: Day) -> Ground:
    repairs = {note for drawing in piece.drawings for note in day.repairs.get(drawing, ())}
    if piece.method == "complement":
        repairs = set()
    records = {record for drawing in piece.drawings for record in day.records[drawing]}
    notes = tuple(sorted(repairs.union(piece.notes)))
    return Ground(piece.controller, piece.parties, piece.method, piece.shape, notes, tuple(sorted(records)))


class MapMaker:
    """Puts the drawings of a day together.

    Args:
        theatre: gives land, projection and priorities.
        source: gives the complement.
        shapes: valid polygons or multipolygons (WKB, OGC:CRS84) by digest.
    """

    def __init__(self, theatre: Theatre, source: Source, shapes: dict[str, bytes]) -> None:
        import pyproj  # noqa: PLC0415 - only the stages that use shapes pay for it
        import shapely  # noqa: PLC0415 - as above

        self._complement = source.complement
        self._ranks = {name: controller.priority for name, controller in theatre.controllers.items()}
        self._ranks[CONTESTED] = min(self._ranks.values()) - 1
        self._shapes = dict(zip(shapes, shapely.from_wkb(list(shapes.values())), strict=True))
        self._to_metres = pyproj.Transformer.from_crs("OGC:CRS84", theatre.projection, always_xy=True)
        self._land = shapely.from_wkb(land(theatre))
        self._edge = self._land.boundary
        self._strips: dict[bytes, bool] = {}

    def make(self, drawings: tuple[Drawing, ...]) -> tuple[list[Piece], list[Front]]:
        """The ground and the fronts of these drawings, in an order that depends on their content alone."""
        import shapely  # noqa: PLC0415 - as above

        holders: dict[tuple[str, tuple[str, ...]], list[Drawing]] = {}
        for drawing in drawings:
            holders.setdefault((drawing.controller, drawing.parties), []).append(drawing)
        pieces: list[Piece] = []
        for holder in sorted(holders, key=lambda holder: (self._ranks[holder[0]], holder)):
            pieces += self._cut(self._unite(holders[holder]), pieces)
        if self._complement:
            pieces += self._rest(self._complement, drawings, pieces)
        shapes = shapely.normalize(np.array([piece.shape for piece in pieces], dtype=object))
        fronts = self._fronts(pieces, shapes)
        for piece, shape in zip(pieces, shapely.to_wkb(shapes).tolist(), strict=True):
            piece.shape = shape
        return pieces, fronts

    def _unite(self, drawings: list[Drawing]) -> list[Piece]:
        """Connected pieces of one holder; a feature that touches no other keeps its rings as they are."""
        import shapely  # noqa: PLC0415 - as above

        shapes = np.array([self._shapes[drawing.digest] for drawing in drawings], dtype=object)
        united = shapely.get_parts(shapely.disjoint_subset_union_all(shapely.get_parts(shapes)))
        of_piece: list[list[Drawing]] = [[] for _ in united]
        meetings = shapely.STRtree(shapes).query(united, predicate="intersects")
        for piece, shape in meetings.T.tolist():
            of_piece[piece].append(drawings[shape])
        controller, parties = drawings[0].controller, drawings[0].parties
        return [
            Piece(controller, parties, "polygon", shape, tuple(behind))
            for shape, behind in zip(united, of_piece, strict=True)
        ]

    def _cut(self, pieces: list[Piece], taken: list[Piece]) -> list[Piece]:
        """Take away from the pieces what others have taken before."""
        import shapely  # noqa: PLC0415 - as above

        tree = shapely.STRtree([piece.shape for piece in taken])
        left: list[Piece] = []
        for piece in pieces:
            near = [taken[i] for i in sorted(tree.query(piece.shape, predicate="intersects").tolist())]
            over = [other for other in near if shapely.relate_pattern(piece.shape, other.shape, "T********")]
            shape = piece.shape
            for other in over:
                shape = shapely.difference(shape, other.shape)
            notes = sorted({f"overlap with {other.controller} left to {other.controller}" for other in over})
            for part in shapely.get_parts(shape):
                if part.is_empty:  # all of it lies under what others have taken
                    continue
                left.append(Piece(piece.controller, piece.parties, piece.method, part, piece.drawings, notes))
        return left

    def _rest(self, controller: str, drawings: tuple[Drawing, ...], pieces: list[Piece]) -> list[Piece]:
        import shapely  # noqa: PLC0415 - as above

        covered = shapely.disjoint_subset_union_all([piece.shape for piece in pieces])
        rest = shapely.get_parts(shapely.difference(self._land, covered))
        return [Piece(controller, (), "complement", part, drawings) for part in rest]

    def _fronts(self, pieces: list[Piece], shapes: NDArray[Any]) -> list[Front]:
        controllers = np.array([piece.controller for piece in pieces], dtype=object)
        for i, piece in enumerate(pieces):
            if piece.method == "complement" and self._is_known_strip(piece.shape):
                controllers[i] = ""
        return fronts_between(shared_edges(shapes), controllers)

    def _is_known_strip(self, part: Any) -> bool:
        if part.wkb not in self._strips:
            self._strips[part.wkb] = self._is_strip(part)
        return self._strips[part.wkb]

    def _is_strip(self, part: Any) -> bool:
        import shapely  # noqa: PLC0415 - as above

        if not shapely.dwithin(part, self._edge, ON_EDGE_DEGREES):
            return False
        metric = shapely.transform(part, self._metres)
        if metric.area < np.pi * STRIP_M**2:
            return True
        # A hundred metres do not matter here; shrinking a coast as it is drawn would take half a second.
        plain = shapely.simplify(metric, STRIP_M / 30)
        return bool(shapely.is_empty(shapely.buffer(plain, -STRIP_M, quad_segs=2)))

    def _metres(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(self._to_metres.transform(degrees[:, 0], degrees[:, 1]))
