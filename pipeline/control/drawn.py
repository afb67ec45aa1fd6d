"""Snapshots from polygons: on each day for which a source draws a map, the ground as it is drawn.

Belongs here: putting the features of a day together, giving overlaps to one holder, and the rest of the land.
Does not belong here: making a feature valid (``polygons``), how long ground stands (``areas``).

Vertices stay where the source has them: features of one holder are united only where they touch, and nothing
is densified, simplified or clipped. Where features of different holders overlap, contested ground comes first
(a map draws it over what it disputes), then the theatre's priority. A day of which no feature is usable has
no snapshot.

Where a source draws one side only, the rest of the theatre's land belongs to its ``complement``; ``strips``
between two drawings of a coast are part of it but make no front. Elsewhere, land that no polygon covers is
nobody's. All of it is told, as ``repairs``: with the ground that is drawn it makes up the land.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.base_map import land
from pipeline.control.areas import Front, Ground, Snapshot, in_force_ends
from pipeline.control.fronts import fronts_between, shared_edges
from pipeline.control.measure import Measure
from pipeline.control.polygons import Mended
from pipeline.control.repairs import SLIVER_M, Fault, sum_up
from pipeline.control.strips import Strips
from pipeline.theatres import CONTESTED, Source, Theatre


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
    """The features of one day: records and notes of each drawing, and the faults of each record."""

    records: dict[Drawing, list[str]] = field(default_factory=dict)
    notes: dict[Drawing, set[str]] = field(default_factory=dict)
    faults: list[tuple[Fault, tuple[str]]] = field(default_factory=list)


@dataclass
class Map:
    """The ground and the fronts of a day, and the faults found in putting it together, with the drawings behind."""

    pieces: list[Piece]
    fronts: list[Front]
    faults: list[tuple[Fault, tuple[Drawing, ...]]]


def snapshots_of_polygons(theatre: Theatre, source: Source, rows: pa.Table) -> Iterator[Snapshot]:
    """Make the snapshots of a source of polygons.

    Args:
        theatre: gives land, projection, priorities and maximum age.
        source: gives the complement.
        rows: rows of ``polygons.POLYGON_SCHEMA``.
    """
    days, shapes = _read_days(rows)
    maker = MapMaker(theatre, source, shapes)
    made: dict[tuple[Drawing, ...], Map] = {}
    for day, end in in_force_ends(days, theatre.control.max_age_days, None).items():
        drawings = tuple(sorted(days[day].records))
        if drawings not in made:
            made[drawings] = maker.make(drawings)
        drawn = made[drawings]
        grounds = tuple(_ground(piece, days[day]) for piece in drawn.pieces)
        faults = [(fault, _records(days[day], behind)) for fault, behind in drawn.faults]
        yield Snapshot(day, end, grounds, tuple(drawn.fronts), sum_up([*days[day].faults, *faults]))


def _read_days(rows: pa.Table) -> tuple[dict[date, Day], dict[str, bytes]]:
    days: dict[date, Day] = {}
    shapes: dict[str, bytes] = {}
    for row in rows.to_pylist():
        day = days.setdefault(row["snapshot_day"], Day())
        if row["geometry"] is None:
            for refused in (Mended(*item) for item in json.loads(row["repairs"])):
                fault = Fault(refused.kind, (), refused.about, refused.km2, refused.pieces)
                day.faults.append((fault, (row["record_id"],)))
            continue
        digest = hashlib.sha256(row["geometry"]).hexdigest()
        shapes[digest] = row["geometry"]
        drawing = Drawing(row["controller"], tuple(json.loads(row["parties"])), digest)
        day.records.setdefault(drawing, []).append(row["record_id"])
        for mended in (Mended(*item) for item in json.loads(row["repairs"])):
            day.notes.setdefault(drawing, set()).add(mended.note)
            fault = Fault(mended.kind, (drawing.controller,), mended.about, mended.km2, mended.pieces)
            day.faults.append((fault, (row["record_id"],)))
    return days, shapes


def _ground(piece: Piece, day: Day) -> Ground:
    notes = {note for drawing in piece.drawings for note in day.notes.get(drawing, ())}
    if piece.method == "complement":
        notes = set()
    told = tuple(sorted(notes.union(piece.notes)))
    return Ground(piece.controller, piece.parties, piece.method, piece.shape, told, _records(day, piece.drawings))


def _records(day: Day, drawings: Iterable[Drawing]) -> tuple[str, ...]:
    return tuple(sorted({record for drawing in drawings for record in day.records[drawing]}))


class MapMaker:
    """Puts the drawings of a day together.

    Args:
        theatre: gives land, projection and priorities.
        source: gives the complement.
        shapes: valid polygons or multipolygons (WKB, OGC:CRS84) by digest.
    """

    def __init__(self, theatre: Theatre, source: Source, shapes: dict[str, bytes]) -> None:
        import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

        self._complement = source.complement
        self._ranks = {name: controller.priority for name, controller in theatre.controllers.items()}
        self._ranks[CONTESTED] = min(self._ranks.values()) - 1
        self._shapes = dict(zip(shapes, shapely.from_wkb(list(shapes.values())), strict=True))
        self._measure = Measure(theatre)
        self._land = shapely.from_wkb(land(theatre))
        self._strips = Strips(theatre, self._measure)

    def make(self, drawings: tuple[Drawing, ...]) -> Map:
        """The ground and the fronts of these drawings, in an order that depends on their content alone."""
        import shapely  # noqa: PLC0415 - as above

        holders: dict[tuple[str, tuple[str, ...]], list[Drawing]] = {}
        for drawing in drawings:
            holders.setdefault((drawing.controller, drawing.parties), []).append(drawing)
        made = Map([], [], [])
        pieces = made.pieces
        for holder in sorted(holders, key=lambda holder: (self._ranks[holder[0]], holder)):
            pieces += self._cut(self._unite(holders[holder]), made)
        rest = self._rest(pieces)
        if self._complement:
            pieces += [Piece(self._complement, (), "complement", part, drawings) for part in rest]
        else:
            made.faults += self._undrawn(rest, pieces)
        shapes = shapely.normalize(np.array([piece.shape for piece in pieces], dtype=object))
        made.fronts += self._fronts(pieces, shapes)
        for piece, shape in zip(pieces, shapely.to_wkb(shapes).tolist(), strict=True):
            piece.shape = shape
        return made

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

    def _cut(self, pieces: list[Piece], made: Map) -> list[Piece]:
        """Take away from the pieces what others have taken before."""
        import shapely  # noqa: PLC0415 - as above

        taken = made.pieces
        tree = shapely.STRtree([piece.shape for piece in taken])
        left: list[Piece] = []
        for piece in pieces:
            near = [taken[i] for i in sorted(tree.query(piece.shape, predicate="intersects").tolist())]
            over = [other for other in near if shapely.relate_pattern(piece.shape, other.shape, "T********")]
            shape = piece.shape
            lost: list[tuple[Fault, tuple[Drawing, ...]]] = []
            for other in over:
                lost += self._overlaps(piece, other, shapely.intersection(shape, other.shape))
                shape = shapely.difference(shape, other.shape)
            notes = sorted({f"overlap with {other.controller} left to {other.controller}" for other in over})
            parts = [part for part in shapely.get_parts(shape) if not part.is_empty]
            left += [
                Piece(piece.controller, piece.parties, piece.method, part, piece.drawings, notes) for part in parts
            ]
            if not parts:
                above = tuple(sorted({other.controller for other in over}))
                behind = tuple(drawing for part in (piece, *over) for drawing in part.drawings)
                km2 = self._measure.km2(piece.shape)
                lost = [(Fault("covered", above, piece.controller, km2), behind)]
            made.faults += lost
        return left

    def _overlaps(self, piece: Piece, other: Piece, shape: Any) -> list[tuple[Fault, tuple[Drawing, ...]]]:
        import shapely  # noqa: PLC0415 - as above

        controllers = tuple(sorted({piece.controller, other.controller}))
        parts = shapely.get_parts(shape)
        return [
            (
                Fault(self._width(part, "overlap"), controllers, other.controller, self._measure.km2(part)),
                (*piece.drawings, *other.drawings),
            )
            for part in parts[shapely.area(parts) > 0]
        ]

    def _rest(self, pieces: list[Piece]) -> NDArray[Any]:
        """Connected parts of the land that no piece covers."""
        import shapely  # noqa: PLC0415 - as above

        covered = shapely.disjoint_subset_union_all([piece.shape for piece in pieces])
        parts: NDArray[Any] = shapely.get_parts(shapely.difference(self._land, covered))
        return parts

    def _undrawn(self, rest: NDArray[Any], pieces: list[Piece]) -> list[tuple[Fault, tuple[Drawing, ...]]]:
        import shapely  # noqa: PLC0415 - as above

        tree = shapely.STRtree([piece.shape for piece in pieces])
        faults = []
        for part in rest[shapely.area(rest) > 0]:
            beside = [pieces[i] for i in sorted(tree.query(part, predicate="intersects").tolist())]
            controllers = tuple(sorted({piece.controller for piece in beside}))
            behind = tuple(drawing for piece in beside for drawing in piece.drawings)
            faults.append((Fault(self._width(part, "gap"), controllers, km2=self._measure.km2(part)), behind))
        return faults

    def _width(self, part: Any, wide: str) -> str:
        return wide if self._measure.holds_circle(part, SLIVER_M) else "sliver"

    def _fronts(self, pieces: list[Piece], shapes: NDArray[Any]) -> list[Front]:
        controllers = np.array([piece.controller for piece in pieces], dtype=object)
        for i, piece in enumerate(pieces):
            if piece.method == "complement" and piece.shape in self._strips:
                controllers[i] = ""
        return fronts_between(shared_edges(shapes), controllers)
