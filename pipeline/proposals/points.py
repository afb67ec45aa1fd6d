"""Points: which columns, or which geometry, say where a record lies.

Belongs here: finding latitude and longitude by names and values, their order, and the theatre and provinces in which
they lie.
Does not belong here: reading degrees (``coordinates``), systems of coordinates (``exports.crs``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.coordinates import Order, parse_positions, read_angle, read_position
from pipeline.parsing import map_unique
from pipeline.proposals.inspection import Column, Inspection, examples
from pipeline.swapped import lie_swapped
from pipeline.theatres import Theatre

Floats = np.ndarray[Any, np.dtype[np.float64]]
SAMPLE = 200  # a column that holds no angle in so many different texts is not read whole
MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Points:
    """Where records lie.

    Attributes:
        fields: fields of the mapping = what the YAML says of them.
        read: records with both coordinates.
        inside: records inside the theatre's extent, and not swapped by their province.
        swapped: records that would lie inside, or in their province, with the two exchanged, and do not as they stand.
        order: which comes first in a column of both.
        inside_otherwise: records of such a column that lie inside in the other order too.
        by_name: whether the columns' names say which is which.
        is_exchanged: whether the values say the opposite of the columns' names, and were believed.
        unread: texts that are no coordinate, with their counts.
    """

    fields: dict[str, Any]
    read: int
    inside: int
    swapped: int
    order: Order = "lat_lon"
    inside_otherwise: int = 0
    by_name: bool = True
    is_exchanged: bool = False
    unread: dict[str, int] | None = None

    def doubts(self, theatre: Theatre) -> Iterable[str]:
        """What is not sure, in words."""
        names = " and ".join(f"`{column}`" for column in self.fields.values())
        if not self.by_name:
            yield f"latitude, longitude: no names say which they are; the values of {names} fit {theatre.name}"
        if self.is_exchanged:
            yield (
                f"latitude, longitude: {names} hold each other's values ({self.inside:,} of {self.read:,} rows lie in "
                f"{theatre.name}, or in their province, only when exchanged), so they are exchanged here"
            )
        elif self.swapped:
            yield f"latitude, longitude: {self.swapped:,} rows look swapped; they would be quarantined"
        if self.inside_otherwise > self.inside / 2:
            yield (
                f"coordinate_order: {self.inside_otherwise:,} of {self.read:,} rows of {names} lie in {theatre.name} "
                "in either order, and no province says which it is"
            )
        outside = self.read - self.inside - (0 if self.is_exchanged else self.swapped)
        if outside:
            yield f"latitude, longitude: {outside:,} of {self.read:,} lie outside {theatre.name} {theatre.extent}"
        if self.unread:
            yield f"latitude, longitude: no coordinate is {examples(self.unread)}"


@dataclass(frozen=True)
class Frame:
    """Where records should lie: in a theatre, and in the province of each where it is known."""

    theatre: Theatre
    provinces: pa.Array | None


def find_points(
    found: Inspection, theatre: Theatre, names: dict[str, list[str]], provinces: pa.Array | None = None
) -> Points | None:
    """Where the records of an export lie; None where nothing says it.

    Args:
        found: the export.
        theatre: the theatre.
        names: names that exports give to each field.
        provinces: the province of each record as the theatre names it, where one is known.
    """
    frame = Frame(theatre, provinces)
    read = {column.name: degrees for column in found.columns.values() if (degrees := _degrees(column)) is not None}
    candidates = [found.columns[name] for name in read]
    latitudes, longitudes = (found.named(names[axis], candidates) for axis in ("latitude", "longitude"))
    if latitudes and longitudes and latitudes[0] != longitudes[0]:
        return _of_columns(latitudes[0], longitudes[0], read, frame)
    if found.points >= found.rows / 2:
        inside, swapped = _inside(found.latitude, found.longitude, frame)
        own = {"geometry": True}
        return Points({"latitude": own, "longitude": own}, found.points, inside, swapped)
    return _of_pairs(found, frame, names) or _by_values(candidates, read, frame)


def _angle(text: str) -> float | None:
    angle = read_angle(text)
    return angle.degrees if angle else None


def _degrees(column: Column) -> Floats | None:
    """The column as degrees, where it can hold some: mostly angles within 180, and not whole numbers alone."""
    likely = [_angle(text) for text in list(column.counts)[:SAMPLE]]
    fits = [value for value in likely if value is not None and abs(value) <= 180 and value != int(value)]
    if len(fits) < 0.5 * len(likely):
        return None
    return _floats(map_unique(column.texts, _angle, pa.float64()))


def _floats(numbers: pa.Array) -> Floats:
    floats: Floats = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    return floats


def _inside(latitude: Floats, longitude: Floats, frame: Frame) -> tuple[int, int]:
    """Records inside the extent, and those that would be, or lie in their province, with the two exchanged only."""
    west, south, east, north = frame.theatre.extent

    def lies(y: Floats, x: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return (south <= y) & (y <= north) & (west <= x) & (x <= east)

    stands = lies(latitude, longitude)
    if frame.provinces is not None:
        axes = (pa.array(axis, pa.float64(), from_pandas=True) for axis in (latitude, longitude))
        stands &= ~lie_swapped(frame.theatre, frame.provinces, *axes)
    return int(stands.sum()), int((lies(longitude, latitude) & ~stands).sum())


def _both(latitude: Floats, longitude: Floats) -> int:
    return int(np.count_nonzero(~np.isnan(latitude) & ~np.isnan(longitude)))


def _of_columns(one: Column, other: Column, read: dict[str, Floats], frame: Frame) -> Points:
    latitude, longitude = read[one.name], read[other.name]
    both = _both(latitude, longitude)
    inside, swapped = _inside(latitude, longitude, frame)
    unread = {text: c.counts[text] for c in (one, other) for text in c.counts if _angle(text) is None}
    if swapped > both / 2 and inside < swapped / 10:
        exchanged = {"latitude": other.name, "longitude": one.name}
        return Points(exchanged, both, swapped, inside, is_exchanged=True, unread=unread)
    return Points({"latitude": one.name, "longitude": other.name}, both, inside, swapped, unread=unread)


def _of_pairs(found: Inspection, frame: Frame, names: dict[str, list[str]]) -> Points | None:
    """A column that holds both, such as "36.20, 37.13", UTM or MGRS."""
    columns = [column for column in found.columns.values() if not column.is_nested]
    orders: tuple[Order, Order] = ("lat_lon", "lon_lat")
    for column in dict.fromkeys([*found.named(names["coordinate"], columns), *columns]):
        sample = list(column.counts)[:SAMPLE]
        if sum(read_position(text) is not None for text in sample) < 0.5 * len(sample):
            continue
        made = []
        for order in orders:
            latitude, longitude = (_floats(axis) for axis in parse_positions(column.texts, order)[:2])
            inside, swapped = _inside(latitude, longitude, frame)
            made.append(Points({"coordinate": column.name}, _both(latitude, longitude), inside, swapped, order))
        best = max(made, key=lambda points: points.inside)
        if best.inside > best.read / 2:
            unread = {text: rows for text, rows in column.counts.items() if read_position(text, best.order) is None}
            return replace(best, unread=unread, inside_otherwise=min(points.inside for points in made))
    return None


def _by_values(candidates: list[Column], read: dict[str, Floats], frame: Frame) -> Points | None:
    """The pair of columns most of whose values lie in the theatre."""
    best: Points | None = None
    for one, other in permutations(candidates[:MOST_CANDIDATES], 2):
        inside, swapped = _inside(read[one.name], read[other.name], frame)
        both = _both(read[one.name], read[other.name])
        if inside > both / 2 and (best is None or inside > best.inside):
            fields = {"latitude": one.name, "longitude": other.name}
            best = Points(fields, both, inside, swapped, by_name=False)
    return best
