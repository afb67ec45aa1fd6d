"""Variants of the map: another source, fewer facts, another reach, a map that stands still, another age limit.

Belongs here: changing control before strikes are attributed. Does not belong here: changing a strike (``strikes``).

Control made of observations is made again from those that are left, by the same code as the control in force.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.attribution import ControlFrames
from pipeline.catalogue import table
from pipeline.control import build_control
from pipeline.nearest import NearestControl
from pipeline.theatres import Theatre
from pipeline.variants.basis import Basis, Variant

NEAR_M = 3_000
REACHES_KM = (5, 10, 25)
AGES_DAYS = (0, 7, 31)
# Beyond any theatre: an observation then speaks for all the land that is nearest to it.
NO_REACH_M = 3_000_000
SOURCED = "source"
EARLIEST, LATEST = date(1900, 1, 1), date(2900, 1, 1)


def variants(basis: Basis) -> list[Variant]:
    """The variants of this module for the control at hand, in the order of the table."""
    window = basis.theatre.windows[basis.theatre.main_window]
    sources = set(basis.frames["core.control_snapshots"].column("source").to_pylist())
    return [
        *(variant for name in sorted(sources - {basis.control.source}) for variant in _of_source(basis, name)),
        Variant("facts", "sourced only", "Only observations that cite a page", partial(_facts, _is_sourced)),
        Variant("facts", "uncited only", "Only observations that cite none", partial(_facts, _is_uncited)),
        Variant("facts", "own source dropped", "Without observations that cite the strike's own source", _own_dropped),
        Variant(
            "facts",
            f"within {NEAR_M // 1000} km dropped",
            f"Without observations within {NEAR_M // 1000} km of the strike, by the nearest place that is left",
            _near_dropped,
        ),
        *(
            Variant("reach", f"{km} km", f"An observation speaks for {km} km at most", partial(_reach, km * 1000.0))
            for km in REACHES_KM
        ),
        Variant("reach", "none", "An observation speaks for all the land nearest to it", partial(_reach, NO_REACH_M)),
        Variant(
            "time",
            "static, first day",
            "The map of the window's first day for all days",
            partial(_static, window.start),
        ),
        Variant(
            "time", "static, last day", "The map of the window's last day for all days", partial(_static, window.end)
        ),
        *(
            Variant("staleness", f"{days} days", f"No snapshot older than {days} days", partial(_no_older, days))
            for days in AGES_DAYS
        ),
        Variant("staleness", "no limit", "A snapshot stays in force until the next one", partial(_no_older, None)),
    ]


def _of_source(basis: Basis, name: str) -> list[Variant]:
    title = basis.theatre.sources[name].title
    control = basis.control_of(name)
    first = min(control.snapshots.column("snapshot_day").to_pylist())
    still = _still(control, first)
    return [
        Variant("control source", name, f"{title}, by its own days", lambda b: b.attribute(control=control)),
        Variant(
            "control source",
            f"{name}, static",
            f"{title}, its map of {first} for all days",
            lambda b: b.attribute(control=still),
        ),
    ]


def _rebuilt(basis: Basis, observations: pa.Table, theatre: Theatre | None = None) -> ControlFrames:
    theatre = theatre or basis.theatre
    built = build_control(theatre, theatre.sources[basis.control.source], observations)
    return ControlFrames(basis.control.source, built.snapshots, built.areas, built.fronts, observations)


def _facts(wanted: Callable[[pa.Table], pa.Array], basis: Basis) -> pa.Table | None:
    observations = basis.control.observations
    kept = observations.filter(wanted(observations))
    if kept.num_rows in (0, observations.num_rows):
        return None
    return basis.attribute(control=_rebuilt(basis, kept))


def _is_sourced(observations: pa.Table) -> pa.Array:
    return pc.fill_null(pc.equal(observations.column("basis"), SOURCED), False)


def _is_uncited(observations: pa.Table) -> pa.Array:
    return pc.invert(_is_sourced(observations))


def _own_dropped(basis: Basis) -> pa.Table | None:
    """Each source's strikes by a map without the observations that cite that source."""
    observations = basis.control.observations
    frames, is_changed = [], False
    for name in sorted(set(basis.strikes.column("source").to_pylist())):
        strikes = basis.strikes.filter(pc.equal(basis.strikes.column("source"), name))
        kept = observations.filter(pc.invert(_cites(observations, basis.theatre.sources[name].cited_by)))
        is_less = kept.num_rows < observations.num_rows
        is_changed |= is_less
        frames.append(basis.attribute(strikes, _rebuilt(basis, kept) if is_less else basis.control))
    return table("core.attribution").conform(pa.concat_tables(frames).sort_by("strike_id")) if is_changed else None


def _near_dropped(basis: Basis) -> pa.Table | None:
    """Each strike by the nearest place that is farther away than ``NEAR_M``; status and the like stay as they are."""
    if not basis.control.observations.num_rows:
        return None
    probes = basis.strikes.rename_columns({"precision_m": "radius_m"})
    found = NearestControl(basis.theatre, probes, basis.control).ask(without_within_m=NEAR_M)
    return basis.with_shares(found)


def _cites(observations: pa.Table, hosts: tuple[str, ...]) -> pa.Array:
    citations = pc.fill_null(observations.column("citation"), "")
    found = pa.array([False] * observations.num_rows, pa.bool_())
    for host in hosts:
        found = pc.or_(found, pc.match_substring(citations, host))
    return found


def _reach(metres: float, basis: Basis) -> pa.Table | None:
    if not basis.control.observations.num_rows:
        return None
    theatre = basis.theatre
    further = theatre.control.model_copy(update={"reach_m": metres})
    changed = theatre.model_copy(update={"control": further})
    return basis.attribute(control=_rebuilt(basis, basis.control.observations, changed), theatre=changed)


def _static(day: date, basis: Basis) -> pa.Table | None:
    still = _still(basis.control, day)
    return basis.attribute(control=still) if still.snapshots.num_rows else None


def _still(control: ControlFrames, day: date) -> ControlFrames:
    """The snapshot in force on one day, for all days: a map later than the strike is used, and the variant says so."""
    in_force = _standing(control.snapshots, day, "snapshot_day", "in_force_to")
    if not in_force.num_rows:
        return replace(control, snapshots=in_force)
    stands = in_force.column("snapshot_day")[0].as_py()
    return ControlFrames(
        control.source,
        _always(in_force, "snapshot_day", "in_force_to"),
        *(
            _always(_standing(frame, stands, "valid_from", "valid_to"), "valid_from", "valid_to")
            for frame in (control.areas, control.fronts, control.observations)
        ),
    )


def _standing(frame: pa.Table, day: date, start: str, end: str) -> pa.Table:
    is_begun = pc.less_equal(frame.column(start), pa.scalar(day))
    is_lasting = pc.fill_null(pc.greater(frame.column(end), pa.scalar(day)), True)
    return frame.filter(pc.and_(is_begun, is_lasting))


def _always(frame: pa.Table, start: str, end: str) -> pa.Table:
    for name, day in ((start, EARLIEST), (end, LATEST)):
        column = pa.array([day] * frame.num_rows, pa.date32())
        frame = frame.set_column(frame.column_names.index(name), frame.schema.field(name), column)
    return frame


def _no_older(days: int | None, basis: Basis) -> pa.Table:
    """Each snapshot in force no longer than so many days after its own; until the next one where None."""
    rows = sorted(basis.control.snapshots.to_pylist(), key=lambda row: row["snapshot_day"])
    for row, following in zip(rows, [*rows[1:], None], strict=False):
        until = following["snapshot_day"] if following else LATEST
        row["in_force_to"] = until if days is None else min(until, row["snapshot_day"] + timedelta(days + 1))
    snapshots = table("core.control_snapshots").conform(rows)
    return basis.attribute(control=replace(basis.control, snapshots=snapshots))
