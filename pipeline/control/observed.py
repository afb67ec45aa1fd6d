"""Snapshots from observations: on each day on which something changed, the ground of the places known then.

Belongs here: which places are known on a day, what they hold, and dissolving their faces by holder.
Does not belong here: the shapes themselves (``tessellate``), reading records (``observations``).

Snapshot days are all days on which a statement begins or ends, up to ``known_until``: an end after it says no
more than that the compilation ends. A place is known on a day where ``valid_from <= day < valid_to``.
Statements that name different holders at one coordinate on one day make it contested, with all of them as
parties.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.base_map import land
from pipeline.control.areas import Ground, Snapshot, in_force_ends
from pipeline.control.fronts import fronts_between
from pipeline.control.tessellate import Mesh, Tessellator
from pipeline.theatres import CONTESTED, Source, Theatre

Holder = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Known:
    """What is known on one day: numbers of the places, ascending, their holders, and where they disagree."""

    places: tuple[int, ...]
    holders: tuple[Holder, ...]
    notes: dict[int, str]


@dataclass
class Survey:
    """A mesh and the shapes that were made of it so far: they come back from one day to the next."""

    mesh: Mesh
    shapes: dict[bytes, list[bytes]] = field(default_factory=dict)
    lines: dict[bytes, list[bytes]] = field(default_factory=dict)


def snapshots_of_observations(theatre: Theatre, source: Source, rows: pa.Table) -> Iterator[Snapshot]:
    """Make the snapshots of a source of observations.

    Args:
        theatre: gives land, projection, reach and maximum age.
        source: gives ``known_until``.
        rows: ``core.control_observations`` of that source.
    """
    if not rows.num_rows:
        return
    control = theatre.control
    tessellator = Tessellator(land(theatre), theatre.projection, control.reach_m, control.segment_m)
    statements = rows.select(["longitude", "latitude", "controller", "parties", "valid_from", "valid_to"])
    statements = statements.sort_by([(name, "ascending") for name in statements.column_names])
    coordinates = np.column_stack([statements.column(name).to_numpy() for name in ("longitude", "latitude")])
    places, place_of_row = np.unique(coordinates, axis=0, return_inverse=True)
    surveys: dict[tuple[int, ...], Survey] = {}
    for day, end in in_force_ends(_change_days(statements, source), control.max_age_days, source.known_until).items():
        known = _known_on(day, statements, place_of_row)
        if not known.places:
            yield Snapshot(day, end, (), ())
            continue
        if known.places not in surveys:
            surveys[known.places] = Survey(tessellator.mesh(places[list(known.places)]))
        yield _snapshot(day, end, known, surveys[known.places])


def _change_days(statements: pa.Table, source: Source) -> set[date]:
    days = {*statements.column("valid_from").to_pylist(), *statements.column("valid_to").to_pylist()} - {None}
    return {day for day in days if source.known_until is None or day <= source.known_until}


def _known_on(day: date, statements: pa.Table, place_of_row: NDArray[np.int64]) -> Known:
    starts = statements.column("valid_from").to_numpy()
    ends = statements.column("valid_to").to_numpy(zero_copy_only=False)
    now = np.datetime64(day)
    active = np.flatnonzero((starts <= now) & (np.isnat(ends) | (now < ends)))
    controllers = statements.column("controller").take(active).to_pylist()
    parties = statements.column("parties").take(active).to_pylist()
    said: dict[int, set[Holder]] = {}
    for place, controller, text in zip(place_of_row[active].tolist(), controllers, parties, strict=True):
        said.setdefault(place, set()).add((controller, tuple(json.loads(text))))
    ordered = sorted(said)
    notes = {
        place: "observations at one coordinate differ: " + ", ".join(sorted({name for name, _ in said[place]}))
        for place in ordered
        if len(said[place]) > 1
    }
    return Known(tuple(ordered), tuple(_agreed(said[place]) for place in ordered), notes)


def _agreed(said: set[Holder]) -> Holder:
    if len(said) == 1:
        return next(iter(said))
    named = {name for controller, parties in said for name in (controller, *parties)}
    return CONTESTED, tuple(sorted(named - {CONTESTED}))


def _snapshot(day: date, end: date, known: Known, survey: Survey) -> Snapshot:
    from scipy.sparse import coo_array  # noqa: PLC0415 - only the stages that use shapes pay for it
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - as above

    mesh = survey.mesh
    names = sorted(set(known.holders))
    number = {holder: i for i, holder in enumerate(names)}
    held = np.array([number[holder] for holder in known.holders])[mesh.places]
    first, second = mesh.edges.first, mesh.edges.second
    inner = held[first] == held[second]
    size = len(mesh.faces)
    links = coo_array((np.ones(inner.sum(), np.int8), (first[inner], second[inner])), shape=(size, size))
    count, part = connected_components(links, directed=False)
    noted = {i: known.notes[place] for i, place in enumerate(known.places) if place in known.notes}
    grounds: list[Ground] = []
    order = np.argsort(part, kind="stable")
    for faces in np.split(order, np.cumsum(np.bincount(part, minlength=count))[:-1]) if size else []:
        controller, parties = names[held[faces[0]]]
        notes = tuple(sorted({noted[i] for i in mesh.places[faces].tolist() if i in noted}))
        for shape in _dissolve(survey, faces):
            grounds.append(Ground(controller, parties, "tessellation", shape, notes))
    controllers = np.array([controller for controller, _ in names])[held]
    return Snapshot(day, end, tuple(grounds), tuple(fronts_between(mesh.edges, controllers, survey.lines)))


def _dissolve(survey: Survey, faces: NDArray[np.int64]) -> list[bytes]:
    import shapely  # noqa: PLC0415 - as above

    key = faces.tobytes()
    if key not in survey.shapes:
        whole = shapely.coverage_union_all(survey.mesh.faces[faces])
        survey.shapes[key] = shapely.to_wkb(shapely.normalize(shapely.get_parts(whole))).tolist()
    return survey.shapes[key]
