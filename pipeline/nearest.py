"""Nearest place: who held the ground, asked of the observations directly, without drawing areas.

Belongs here: the holder at a point as that of the nearest place known on the day, under whole discs and many times
over: without some places, or under many resamplings of them. Does not belong here: the attribution that is published
(``attribution`` over tessellated areas); what the answers are used for (``tables``, ``variants``).

A Voronoi cell is the ground whose nearest place is one and the same, so this agrees with the tessellation to within
the sampling of the discs. A disc is sampled at points of equal area in a sunflower (Vogel 1979), the centre apart.
Distances are in metres of the theatre's projection; the places nearest to each point are found once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.attribution import ControlFrames
from pipeline.base_map import land
from pipeline.known_places import (
    FOCUS,
    NOT_KNOWN,
    OTHER,
    Days,
    Flags,
    Floats,
    Integers,
    KnownPlaces,
    columns,
    days_of,
    to_metres,
)
from pipeline.theatres import Theatre

# 128 points give the share of a disc cut by a straight line to within 0.02. So many discs and days that all would need
# more than MOST_POINTS get fewer points each: the more discs, the less one matters.
POINTS = 128
MOST_POINTS = 2_000_000
# Places found for each point. One of them is left after dropping 37 of 100 at random but in one case of 10^10; where
# none is, all places are asked.
NEAREST = 24
DRAWS_AT_ONCE = 64  # one bit each of a machine word
EVALUATIONS_AT_ONCE = 2_048
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


class NearestControl:
    """The discs of some strikes over the places of one source of observations.

    Args:
        theatre: gives the focus controller, the reach, the land and the projection.
        probes: as for :func:`pipeline.attribution.attribute`.
        control: control of a source of observations.
        points: points sampled under each disc.
        most_points: points sampled under all discs on all snapshots; above it there are fewer under each.
    """

    def __init__(
        self,
        theatre: Theatre,
        probes: pa.Table,
        control: ControlFrames,
        points: int = POINTS,
        most_points: int = MOST_POINTS,
    ) -> None:
        from scipy.spatial import cKDTree  # noqa: PLC0415 - as above

        self.places = KnownPlaces.of(theatre, control)
        self.strike_ids = probes.column("strike_id")
        self._reach_m = theatre.control.reach_m
        described = columns(probes, "longitude", "latitude", "radius_m")
        discs, disc_of_probe = np.unique(described, axis=0, return_inverse=True)
        first, last = days_of(probes, "date_from"), days_of(probes, "date_to")
        self._lay_out_days(np.asarray(disc_of_probe, np.int64), first, last)
        wanted = min(points, max(1, most_points // max(1, len(self._discs))))
        self._points, self._is_land, self._weights = _sample(theatre, discs, wanted)
        count = min(NEAREST, len(self.places.metres))
        tree = cKDTree(self.places.metres) if count else None
        flat = self._points.reshape(-1, 2)
        distances, nearest = tree.query(flat, k=range(1, count + 1)) if tree else (np.empty((len(flat), 0)),) * 2
        shape = (*self._points.shape[:2], count)
        self._distances, self._nearest = distances.reshape(shape), nearest.astype(np.int32).reshape(shape)
        self._known: Flags | None = None

    def ask(
        self, included: Flags | None = None, without_within_m: float | None = None, keep_known: bool = False
    ) -> pa.Table:
        """Who held the ground of each strike by the nearest place, averaged over the days of its window.

        Args:
            included: one flag for each of ``places``; all where None.
            without_within_m: for each strike, leave aside the places within this of its centre, metres.
            keep_known: what is known is what the whole set of places makes known: leaving places out then makes no
                ground unknown, but gives it to the nearest place that is left, however far.

        Returns:
            ``strike_id``, ``focus_share``, ``other_share``, ``unknown_share`` (i + k + u = 1) and
            ``focus_at_point``, in the order of the probes.
        """
        shares = np.empty((len(self._discs), 3))
        for start in range(0, len(shares), EVALUATIONS_AT_ONCE):
            part = slice(start, start + EVALUATIONS_AT_ONCE)
            sides = self._sides(part, included, without_within_m, keep_known)
            weights = self._weights[self._discs[part]]
            for column, side in enumerate((FOCUS, OTHER)):
                shares[part, column] = ((sides == side) * weights).sum(axis=1)
            shares[part, 2] = sides[:, 0] == FOCUS
        focus, other, at_point = np.asarray(self._by_probe @ shares).T
        return pa.table(
            {
                "strike_id": self.strike_ids,
                "focus_share": focus,
                "other_share": other,
                "unknown_share": np.maximum(0, 1 - focus - other),
                "focus_at_point": at_point,
            }
        )

    def focus_shares(self, included: Flags) -> Iterator[Floats]:
        """The focus share of each strike under many sets of places; known ground stays known (``keep_known``).

        A point whose nearest places are all of one side is of that side in every draw.

        Args:
            included: draws × places.

        Yields:
            Draws × strikes, for the next draws in order, at most ``DRAWS_AT_ONCE`` at a time.
        """
        always, evaluation, candidates, is_known, is_focus = self._movable()
        point_weight = self._weights.max(axis=1)[self._discs]
        for start in range(0, len(included), DRAWS_AT_ONCE):
            drawn = included[start : start + DRAWS_AT_ONCE]
            # Bit d of a place's word says that draw d includes it: all draws of the batch are asked at once.
            words = np.zeros((len(drawn.T), DRAWS_AT_ONCE), bool)
            words[:, : len(drawn)] = drawn.T
            bits = np.packbits(words, axis=1, bitorder="little").view(np.uint64).ravel()
            asked = ~np.uint64(0) if len(drawn) == DRAWS_AT_ONCE else np.uint64((1 << len(drawn)) - 1)
            open_, focus = np.full(len(candidates), asked), np.zeros(len(candidates), np.uint64)
            for rank in range(candidates.shape[1]):
                here = np.where(is_known[:, rank], bits[candidates[:, rank]], np.uint64(0)) & open_
                focus |= np.where(is_focus[:, rank], here, np.uint64(0))
                open_ &= ~here
            flags = np.unpackbits(focus.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")[:, : len(drawn)]
            moved = self._sum_by_evaluation(flags, evaluation) * point_weight[:, None]
            anyone = (drawn @ (self.places.sides != NOT_KNOWN).T)[:, self._snapshots].T
            shares = moved + always[:, None] * anyone
            lacking = np.flatnonzero(open_)
            if len(lacking):
                for draw in range(len(drawn)):
                    if (open_[lacking] >> np.uint64(draw) & np.uint64(1)).any():
                        shares[:, draw] = self._focus_alone(drawn[draw])
            yield np.asarray(self._by_probe @ shares).T

    def _lay_out_days(self, disc_of_probe: Integers, first: Days, last: Days) -> None:
        """Each disc on each snapshot that it needs, once, and the part of each strike's days that it stands for."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - as above

        days, ends = self.places.days, self.places.ends
        low = np.maximum(np.searchsorted(days, first, "right") - 1, 0)
        count = np.maximum(np.searchsorted(days, last, "right") - low, 0)
        probe = np.repeat(np.arange(len(first)), count)
        snapshot = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
        start, end = np.maximum(days[snapshot], first[probe]), np.minimum(ends[snapshot], last[probe] + 1)
        length = (end - start).astype(np.int64)
        stands = length > 0
        probe, snapshot, length = probe[stands], snapshot[stands], length[stands]
        pairs = np.column_stack([disc_of_probe[probe], snapshot])
        evaluations, evaluation = np.unique(pairs, axis=0, return_inverse=True)
        self._discs, self._snapshots = evaluations[:, 0], evaluations[:, 1]
        part = length / ((last - first).astype(np.int64) + 1)[probe]
        self._by_probe = csr_array((part, (probe, evaluation.ravel())), shape=(len(first), len(evaluations)))

    def _sides(
        self, part: slice, included: Flags | None, without_within_m: float | None, keep_known: bool
    ) -> NDArray[np.int8]:
        """Side of each point (the centre first) of some evaluations; ``NOT_KNOWN`` beyond the reach."""
        discs, snapshots = self._discs[part], self._snapshots[part]
        nearest = self._nearest[discs]
        sides = self.places.sides[snapshots[:, None, None], nearest]
        counts = sides != NOT_KNOWN
        if included is not None:
            counts &= included[nearest]
        if without_within_m is not None:
            counts &= self._is_beyond(discs[:, None, None], nearest, without_within_m)
        if not nearest.shape[2]:
            return np.full(nearest.shape[:2], NOT_KNOWN, np.int8)
        rank = counts.argmax(axis=2)[:, :, None]
        found = np.take_along_axis(sides, rank, 2)[:, :, 0]
        distance = np.take_along_axis(self._distances[discs], rank, 2)[:, :, 0]
        rows, columns = np.nonzero(~counts.any(axis=2))
        for row in np.unique(rows):
            stands = self.places.sides[snapshots[row]] != NOT_KNOWN
            stands = stands if included is None else stands & included
            if without_within_m is not None:
                stands = stands & self._is_beyond(discs[row], np.arange(len(stands)), without_within_m)
            these = columns[rows == row]
            found[row, these], distance[row, these] = self._ask_all(discs[row], these, snapshots[row], stands)
        known = self._known_points()[part] if keep_known else (distance <= self._reach_m) & self._is_land[discs]
        return np.where(known, found, np.int8(NOT_KNOWN))

    def _is_beyond(self, disc: Integers | np.int64, place: NDArray[np.integer], metres: float) -> Flags:
        apart = self._points[disc, 0] - self.places.metres[place]
        return np.asarray(np.hypot(apart[..., 0], apart[..., 1]) > metres)

    def _ask_all(
        self, disc: np.int64, columns: Integers, snapshot: np.int64, stands: Flags
    ) -> tuple[NDArray[np.int8], Floats]:
        """Where the nearest places found beforehand are all left out: the nearest of all that are not."""
        which = np.flatnonzero(stands)
        if not len(which):
            return np.full(len(columns), NOT_KNOWN, np.int8), np.full(len(columns), np.inf)
        apart = self._points[disc, columns][:, None, :] - self.places.metres[which]
        distance = np.hypot(apart[..., 0], apart[..., 1])
        best = distance.argmin(axis=1)
        return self.places.sides[snapshot, which[best]], distance[np.arange(len(best)), best]

    def _known_points(self) -> Flags:
        """Which points of each evaluation are known ground by the whole set of places."""
        if self._known is None:
            size = len(self._discs)
            self._known = np.empty((size, self._points.shape[1]), bool)
            for start in range(0, size, EVALUATIONS_AT_ONCE):
                part = slice(start, start + EVALUATIONS_AT_ONCE)
                self._known[part] = self._sides(part, None, None, keep_known=False) != NOT_KNOWN
        return self._known

    def _movable(self) -> tuple[Floats, Integers, NDArray[np.int32], Flags, Flags]:
        """What each evaluation has in every draw, and the points that could be of either side."""
        known = self._known_points() & (self._weights[self._discs] > 0)
        always = np.zeros(len(self._discs))
        parts = []
        for start in range(0, len(self._discs), EVALUATIONS_AT_ONCE):
            part = slice(start, start + EVALUATIONS_AT_ONCE)
            discs, snapshots = self._discs[part], self._snapshots[part]
            nearest = self._nearest[discs]
            sides = self.places.sides[snapshots[:, None, None], nearest]
            has_focus, has_other = (sides == FOCUS).any(axis=2), (sides > FOCUS).any(axis=2)
            always[part] = ((known[part] & ~has_other & has_focus) * self._weights[discs]).sum(axis=1)
            row, column = np.nonzero(known[part] & has_focus & has_other)
            parts.append((row + start, nearest[row, column], sides[row, column]))
        if not parts:
            none = np.empty((0, 0))
            flags = none.astype(bool)
            return always, np.empty(0, np.int64), none.astype(np.int32), flags, flags
        evaluation, nearest, sides = (np.concatenate(column) for column in zip(*parts, strict=True))
        return always, evaluation, nearest, sides != NOT_KNOWN, sides == FOCUS

    def _sum_by_evaluation(self, flags: NDArray[np.uint8], evaluation: Integers) -> NDArray[np.unsignedinteger]:
        """Count the flags of the points of each evaluation; ``evaluation`` is ascending."""
        sums = np.zeros((len(self._discs), flags.shape[1]), np.min_scalar_type(self._points.shape[1]))
        if len(evaluation):
            starts = np.flatnonzero(np.r_[True, evaluation[1:] != evaluation[:-1]])
            sums[evaluation[starts]] = np.add.reduceat(flags, starts, axis=0, dtype=sums.dtype)
        return sums

    def _focus_alone(self, included: Flags) -> Floats:
        shares = np.empty(len(self._discs))
        for start in range(0, len(shares), EVALUATIONS_AT_ONCE):
            part = slice(start, start + EVALUATIONS_AT_ONCE)
            sides = self._sides(part, included, None, keep_known=True)
            shares[part] = ((sides == FOCUS) * self._weights[self._discs[part]]).sum(axis=1)
        return shares


def sunflower(points: int) -> Floats:
    """Points of equal area in the unit disc, the centre before them: (1 + points) × 2."""
    number = np.arange(points)
    radius, angle = np.sqrt((number + 0.5) / points), number * GOLDEN_ANGLE
    return np.vstack([[0, 0], np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])])


def _sample(theatre: Theatre, discs: Floats, points: int) -> tuple[Floats, Flags, Floats]:
    """Points under each disc in metres, whether each is on land, and its weight; the centre, first, weighs nothing.

    Sea and neighbouring countries are no part of a disc, and nobody is known to hold them.
    """
    import shapely  # noqa: PLC0415 - as above

    centres = to_metres(theatre, discs[:, :2])
    # Each disc has its own turn of the sunflower, or few points under many discs would all lie to one side.
    turn = np.arange(len(discs)) * GOLDEN_ANGLE
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = sunflower(points) @ np.array([[cosine, sine], [-sine, cosine]]).transpose(2, 0, 1)
    sampled = centres[:, None, :] + discs[:, 2, None, None] * turned
    ground = shapely.transform(shapely.from_wkb(land(theatre)), lambda degrees: to_metres(theatre, degrees))
    shapely.prepare(ground)
    border = shapely.boundary(ground)
    shapely.prepare(border)
    weights = np.full(sampled.shape[:2], 1 / points)
    dry = np.repeat(shapely.contains_xy(ground, centres)[:, None], points + 1, axis=1)
    near = np.flatnonzero(shapely.dwithin(shapely.points(centres), border, discs[:, 2]))
    dry[near] = shapely.contains_xy(ground, sampled[near].reshape(-1, 2)).reshape(len(near), points + 1)
    weights[:, 0] = 0
    weights *= dry
    total = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return sampled, dry, weights
