"""Intervals: what the headline would be had other places been named, and the map been drawn from other places too.

Belongs here: the bootstrap over places of strikes and of control, for every set at once.
Does not belong here: bounds given the control map (``measures``), who held the ground (``nearest``).

Whole places are drawn, because what is reported at one place is not independent. Each draw gives each place a weight
out of Poisson(1), the same in all sets: in each set that is a bootstrap of its places (Chamandy et al. 2012). The
weights hang on where the place is, so what another source names moves no interval of this one. Above ``GROUPS`` places
of a theatre, places are drawn in that many random groups (Wolter 2007), and crossing it moves all once. A draw for the
map also draws the control places with replacement, and the nearest of those drawn says who held the ground that the
whole map knows: thinning the map makes no ground unknown. About 63 of 100 places are in a draw, so its map is coarser
than the one that is published: pockets vanish, and the share moves by a point or so in all draws alike. That shift is
no error of the published map and is taken out (the draws are centred on those of the places alone); what they scatter
is kept.

Work is done on places and on different discs, never on rows; sums are those of sparse matrices in a fixed order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.attribution import ControlFrames
from pipeline.nearest import DRAWS_AT_ONCE, NearestControl
from pipeline.tables.measures import run
from pipeline.theatres import Theatre

DRAWS = 1_000
# A bootstrap of a handful of places is far too narrow (of one it has no width at all), so there is none.
FEWEST_PLACES = 10
GROUPS = 4_096
SEED = 20160307
POINTS = 250_000  # sampled under all discs of a block
PROBES_AT_ONCE = 50_000
INTERVALS = pa.schema(
    [
        ("set_no", pa.int64()),
        ("unit", pa.string()),
        *((name, pa.float64()) for name in ("place_lower", "place_upper", "map_lower", "map_upper")),
    ]
)

Floats = NDArray[np.float64]


def measure_intervals(connection: duckdb.DuckDBPyConnection, theatre: Theatre, control: ControlFrames) -> pa.Table:
    """95 % intervals of the expected share of every set that shows one, by ``set_no`` and ``unit``.

    Args:
        connection: a connection on which `measures.measure` has run for the attribution in force.
        theatre: the theatre.
        control: the control source in force; ``map_lower`` and ``map_upper`` are null where it is of polygons.
    """
    shown = run(connection, "list_shown_sets")
    given = run(connection, "list_contributions")
    if not shown.num_rows:
        return INTERVALS.empty_table()
    group, keys = group_places(run(connection, "list_places"))
    sums = Sums(shown, given, group, len(keys))
    weights = draw_places(keys)
    totals = weights @ sums.by_place("weight")
    shares = {"place": _means(weights @ sums.by_place("focus_weight"), totals, sums.expected)}
    if control.observations.num_rows:
        focus = _focus_by_draw(theatre, control, run(connection, "list_probes"), sums, weights)
        drawn = _means(focus, totals, sums.expected)
        shares["map"] = drawn + (shares["place"].mean(axis=0) - drawn.mean(axis=0))
    columns = {}
    is_too_few = np.asarray((sums.by_place("weight") > 0).sum(axis=0)).ravel() < FEWEST_PLACES
    for name, means in shares.items():
        ends = np.quantile(means, [0.025, 0.975], axis=0).clip(0, 1).round(9)
        for edge, values in zip(("lower", "upper"), ends, strict=True):
            columns[f"{name}_{edge}"] = pa.array(values, pa.float64(), mask=is_too_few)
    return pa.Table.from_pydict(
        {
            "set_no": sums.set_no,
            "unit": sums.unit,
            **{name: columns.get(name, pa.nulls(len(sums.set_no), pa.float64())) for name in INTERVALS.names[2:]},
        },
        schema=INTERVALS,
    )


class Sums:
    """Sums of weights over bins and sets, as sparse matrices.

    Args:
        shown: rows of ``list_shown_sets``.
        given: rows of ``list_contributions``.
        group: the group of each place, in the order of their numbers.
        groups: how many groups there are; some may be empty.
    """

    def __init__(self, shown: pa.Table, given: pa.Table, group: NDArray[np.int64], groups: int) -> None:
        from scipy.sparse import csr_array  # noqa: PLC0415 - loads where it is used

        self._given, self._csr = given, csr_array
        keys = _keys(shown, "set_no")
        _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        self.set_no = shown.column("set_no").to_numpy()[first]
        self.unit = shown.column("unit").take(pa.array(first)).combine_chunks()
        self.expected: Floats = shown.column("expected").to_numpy()[first]
        bins = np.concatenate([_keys(given, "bin"), _keys(shown, "bin")])
        _, bin_ = np.unique(bins, axis=0, return_inverse=True)
        self._bin = bin_.ravel()[: given.num_rows]
        self._bins = int(bin_.max()) + 1
        ones = np.ones(shown.num_rows)
        inside = (bin_.ravel()[given.num_rows :], number.ravel())
        self._sets = csr_array((ones, inside), shape=(self._bins, len(first)))
        self._group = group[given.column("place_no").to_numpy() - 1]
        self._probe = given.column("probe_no").to_numpy() - 1
        self._groups = groups

    def by_place(self, name: str) -> Any:
        """A column of ``given`` summed by group of places (rows) and set (columns)."""
        where = (self._group, self._bin)
        return self._csr((self._given.column(name).to_numpy(), where), shape=(self._groups, self._bins)) @ self._sets

    def by_probe(self, probes: int) -> Any:
        """Weights by bin (rows) and probe (columns)."""
        return self._csr(
            (self._given.column("weight").to_numpy(), (self._bin, self._probe)), shape=(self._bins, probes)
        )

    def group_of_probes(self, probes: int) -> NDArray[np.int64]:
        """The group of places in which each probe lies."""
        groups = np.zeros(probes, np.int64)
        groups[self._probe] = self._group
        return groups

    def by_set(self, by_bin: Floats) -> Floats:
        """Draws × sets of bins × draws."""
        return np.asarray((self._sets.T @ by_bin).T)


def group_places(places: pa.Table) -> tuple[NDArray[np.int64], list[int]]:
    """The group of each place, from 0, and the key by which each group is drawn; up to ``GROUPS`` places are their own.

    Args:
        places: rows of ``list_places``, in the order of their numbers.
    """
    where = zip(places.column("latitude").to_pylist(), places.column("longitude").to_pylist(), strict=True)
    keys = [int.from_bytes(hashlib.sha256(f"{one!r} {other!r}".encode()).digest()[:8]) for one, other in where]
    if len(keys) <= GROUPS:
        return np.arange(len(keys)), keys
    return np.array([key % GROUPS for key in keys]), list(range(GROUPS))


def draw_places(keys: Sequence[int]) -> Floats:
    """Weights of groups of places, each drawn by its own key: draws × groups."""
    drawn = [np.random.default_rng([SEED, key]).poisson(1.0, DRAWS) for key in keys]
    return np.column_stack(drawn).astype(np.float64)


def draw_control(count: int) -> NDArray[np.bool_]:
    """Which control places are in each draw with replacement: draws × places."""
    drawn = np.random.default_rng(SEED + 1).integers(count, size=(DRAWS, count))
    included = np.zeros((DRAWS, count), bool)
    included[np.arange(DRAWS)[:, None], drawn] = True
    return included


def _focus_by_draw(theatre: Theatre, control: ControlFrames, probes: pa.Table, sums: Sums, weights: Floats) -> Floats:
    """Weight of the focus controller's ground by draw and set, under redrawn places and a redrawn map."""
    by_probe, group = sums.by_probe(probes.num_rows), sums.group_of_probes(probes.num_rows)
    focus = np.zeros((DRAWS, len(sums.set_no)))
    for first in range(0, probes.num_rows, PROBES_AT_ONCE):
        block = slice(first, first + PROBES_AT_ONCE)
        asked = NearestControl(theatre, probes.slice(first, PROBES_AT_ONCE), control, most_points=POINTS)
        included = draw_control(len(asked.places.metres))
        for number, shares in enumerate(asked.focus_shares(included)):
            draws = slice(number * DRAWS_AT_ONCE, number * DRAWS_AT_ONCE + len(shares))
            focus[draws] += sums.by_set(by_probe[:, block] @ (shares * weights[draws][:, group[block]]).T)
    return focus


def _means(focus: Floats, totals: Floats, expected: Floats) -> Floats:
    """Share not the focus controller's by draw and set; a draw without a place of a set repeats what is expected."""
    return np.asarray(np.where(totals > 0, 1 - focus / np.where(totals > 0, totals, 1), expected))


def _keys(frame: pa.Table, name: str) -> NDArray[np.int64]:
    is_row = np.asarray(frame.column("unit").to_numpy(zero_copy_only=False) == "row", np.int64)
    return np.column_stack([is_row, frame.column(name).to_numpy()])
