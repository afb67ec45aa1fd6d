"""Known places: what observations say about each place on each snapshot, by side.

Belongs here: which places are known on a day, and whether each is the focus controller's, another's or in doubt.
Does not belong here: the ground around a place (``nearest``, ``control.tessellate``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.attribution import ControlFrames
from pipeline.theatres import CONTESTED, Theatre

NOT_KNOWN, FOCUS, OTHER, DOUBT = -1, 0, 1, 2

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class KnownPlaces:
    """Places of observations and the side of each on each snapshot.

    Attributes:
        degrees: longitude and latitude, places × 2, in that order of sorting; a coordinate is one place.
        metres: the same in the theatre's projection.
        days: snapshot days, ascending.
        ends: day after the last on which each is in force.
        sides: snapshots × places: ``NOT_KNOWN`` that day, ``FOCUS``, ``OTHER``, or ``DOUBT`` (contested with the focus
            controller as a party, or with parties not named).
    """

    degrees: Floats
    metres: Floats
    days: Days
    ends: Days
    sides: NDArray[np.int8]

    @classmethod
    def of(cls, theatre: Theatre, control: ControlFrames) -> KnownPlaces:
        """Places of a source of observations, by the rules of ``pipeline.control.observed``."""
        rows = control.observations
        degrees, place = np.unique(columns(rows, "longitude", "latitude"), axis=0, return_inverse=True)
        snapshots = control.snapshots.sort_by("snapshot_day")
        days, ends = (days_of(snapshots, name) for name in ("snapshot_day", "in_force_to"))
        starts, stops = days_of(rows, "valid_from"), days_of(rows, "valid_to")
        holders, holder = _holders(theatre, rows)
        sides = np.full((len(days), len(degrees)), NOT_KNOWN, np.int8)
        for number, day in enumerate(days):
            stands = np.flatnonzero((starts <= day) & (np.isnat(stops) | (day < stops)))
            sides[number] = _sides(place[stands], holder[stands], holders, len(degrees))
        return cls(degrees, to_metres(theatre, degrees), days, ends, sides)


def to_metres(theatre: Theatre, degrees: Floats) -> Floats:
    """Longitude and latitude (n × 2, WGS 84) in metres of the theatre's projection."""
    import pyproj  # noqa: PLC0415 - only what uses shapes pays for it

    transformer = pyproj.Transformer.from_crs("OGC:CRS84", theatre.projection, always_xy=True)
    return np.column_stack(transformer.transform(degrees[:, 0], degrees[:, 1]))


def columns(frame: pa.Table, *names: str) -> Floats:
    """Columns of numbers, side by side."""
    return np.column_stack([frame.column(name).to_numpy() for name in names]).astype(np.float64)


def days_of(frame: pa.Table, name: str) -> Days:
    """A column of dates; none is NaT."""
    return np.asarray(frame.column(name).to_numpy(zero_copy_only=False), "datetime64[D]")


def _holders(theatre: Theatre, rows: pa.Table) -> tuple[Flags, Integers]:
    """Each different holder (is the focus, is contested, focus is a party, names anyone), and that of each row."""
    said = list(zip(rows.column("controller").to_pylist(), rows.column("parties").to_pylist(), strict=True))
    different = sorted(set(said))
    number = {holder: i for i, holder in enumerate(different)}
    flags = [
        (
            name == theatre.focus,
            name == CONTESTED,
            theatre.focus in (name, *parties),
            name != CONTESTED or bool(parties),
        )
        for name, parties in ((name, json.loads(text)) for name, text in different)
    ]
    return np.array(flags, bool).reshape(-1, 4), np.array([number[holder] for holder in said], np.int64)


def _sides(place: Integers, holder: Integers, holders: Flags, size: int) -> NDArray[np.int8]:
    """Side of each place, given the statements that stand: where they name different holders it is contested."""
    stated = np.unique(np.column_stack([place, holder]), axis=0)
    places, first, count = np.unique(stated[:, 0], return_index=True, return_counts=True)
    is_focus, is_contested, involves_focus, names_anyone = holders[stated[:, 1]].T
    contested = is_contested[first] | (count > 1)
    doubtful = np.isin(places, stated[involves_focus, 0]) | ~np.isin(places, stated[names_anyone, 0])
    sides = np.full(size, NOT_KNOWN, np.int8)
    sides[places] = np.where(contested, np.where(doubtful, DOUBT, OTHER), np.where(is_focus[first], FOCUS, OTHER))
    return sides
