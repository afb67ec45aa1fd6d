"""Points: which columns, or which geometry, say where a record lies.

Belongs here: finding latitude and longitude by names and values, their order, and the theatre in which they lie.
Does not belong here: reading degrees (``parsing``), systems of coordinates (``exports.crs``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.parsing import parse_coordinates
from pipeline.proposals.inspection import Column, Inspection, examples
from pipeline.theatres import Theatre

Floats = np.ndarray[Any, np.dtype[np.float64]]
PAIR = re.compile(r"^\W*(-?\d+\.\d+)°?\s*[,;\s]\s*(-?\d+\.\d+)\D*$")
FIRST, SECOND = r"^\W*(-?\d+\.\d+)", r"^\W*-?\d+\.\d+°?\s*[,;\s]\s*(-?\d+\.\d+)"


@dataclass(frozen=True)
class Axis:
    """Where a latitude or longitude comes from: a column, part of one by a pattern, or the geometry."""

    column: str | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class Points:
    """Where records lie.

    Attributes:
        latitude: where latitudes come from.
        longitude: where longitudes come from.
        read: records with both.
        inside: records inside the theatre's extent.
        swapped: records that would lie inside with the two exchanged, and do not as they stand.
        by_name: whether the columns' names say which is which.
        is_exchanged: whether the values say the opposite of the columns' names, and were believed.
        unread: texts that are no coordinate, with their counts.
    """

    latitude: Axis
    longitude: Axis
    read: int
    inside: int
    swapped: int
    by_name: bool = True
    is_exchanged: bool = False
    unread: dict[str, int] | None = None

    @property
    def columns(self) -> set[str]:
        """The columns that it uses."""
        return {axis.column for axis in (self.latitude, self.longitude) if axis.column}

    def doubts(self, theatre: Theatre) -> Iterable[str]:
        """What is not sure, in words."""
        names = " and ".join(f"`{axis.column}`" for axis in (self.latitude, self.longitude))
        if not self.by_name and self.latitude.column:
            yield f"latitude, longitude: no names say which they are; the values of {names} fit {theatre.name}"
        if self.is_exchanged:
            yield (
                f"latitude, longitude: {names} hold each other's values ({self.inside:,} of {self.read:,} rows lie in "
                f"{theatre.name} only when exchanged), so they are exchanged here"
            )
        elif self.swapped:
            yield f"latitude, longitude: {self.swapped:,} rows look swapped; they would be quarantined"
        outside = self.read - self.inside - (0 if self.is_exchanged else self.swapped)
        if outside:
            yield f"latitude, longitude: {outside:,} of {self.read:,} lie outside {theatre.name} {theatre.extent}"
        if self.unread:
            yield f"latitude, longitude: no coordinate is {examples(self.unread)}"


def find_points(found: Inspection, theatre: Theatre, names: dict[str, list[str]]) -> Points | None:
    """Where the records of an export lie; None where nothing says it."""
    read = {column.name: degrees for column in found.columns.values() if (degrees := _degrees(column)) is not None}
    candidates = [found.columns[name] for name in read]
    latitudes, longitudes = (found.named(names[axis], candidates) for axis in ("latitude", "longitude"))
    if latitudes and longitudes and latitudes[0] != longitudes[0]:
        return _of_columns(latitudes[0], longitudes[0], read, theatre)
    if found.points >= found.rows / 2:
        inside, swapped = _inside(found.latitude, found.longitude, theatre)
        return Points(Axis(), Axis(), found.points, inside, swapped)
    return _of_pairs(found, theatre, names) or _by_values(candidates, read, theatre)


def _degrees(column: Column) -> Floats | None:
    """The column as degrees, where it can hold some: fractions, within 180."""
    texts = [text for text in list(column.counts)[:200]]
    likely = parse_coordinates(pa.array(texts, pa.string())).to_pylist()
    fits = [value for value in likely if value is not None and abs(value) <= 180 and value != int(value)]
    if len(fits) < 0.5 * len(texts):
        return None
    degrees: Floats = parse_coordinates(column.texts).to_numpy(zero_copy_only=False).astype(np.float64)
    return degrees


def _inside(latitude: Floats, longitude: Floats, theatre: Theatre) -> tuple[int, int]:
    """Records inside the extent, and those that would be with the two exchanged only."""
    west, south, east, north = theatre.extent

    def lies(y: Floats, x: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return (south <= y) & (y <= north) & (west <= x) & (x <= east)

    stands = lies(latitude, longitude)
    return int(stands.sum()), int((lies(longitude, latitude) & ~stands).sum())


def _of_columns(one: Column, other: Column, read: dict[str, Floats], theatre: Theatre) -> Points:
    latitude, longitude = read[one.name], read[other.name]
    both = int(np.count_nonzero(~np.isnan(latitude) & ~np.isnan(longitude)))
    inside, swapped = _inside(latitude, longitude, theatre)
    unread = {
        text: column.counts[text]
        for column in (one, other)
        for text, value in zip(
            column.counts, parse_coordinates(pa.array(list(column.counts), pa.string())).to_pylist(), strict=True
        )
        if value is None
    }
    if swapped > both / 2 and inside < swapped / 10:
        return Points(Axis(other.name), Axis(one.name), both, swapped, inside, is_exchanged=True, unread=unread)
    return Points(Axis(one.name), Axis(other.name), both, inside, swapped, unread=unread)


def _of_pairs(found: Inspection, theatre: Theatre, names: dict[str, list[str]]) -> Points | None:
    """A column that holds both, such as "36.20, 37.13"."""
    columns = found.columns.values()
    for column in dict.fromkeys([*found.named(names["coordinate"]), *columns]):
        matched = {text: match for text in column.counts if (match := PAIR.match(text))}
        count = sum(column.counts[text] for text in matched)
        if count < 0.8 * column.filled:
            continue
        one, other = (
            np.array([float(match.group(n)) for text, match in matched.items() for _ in range(column.counts[text])])
            for n in (1, 2)
        )
        unread = {text: rows for text, rows in column.counts.items() if text not in matched}
        first, second = Axis(column.name, FIRST), Axis(column.name, SECOND)
        inside, swapped = _inside(one, other, theatre)
        if swapped > inside:
            return Points(second, first, count, swapped, inside, unread=unread)
        return Points(first, second, count, inside, swapped, unread=unread)
    return None


def _by_values(candidates: list[Column], read: dict[str, Floats], theatre: Theatre) -> Points | None:
    """The pair of columns most of whose values lie in the theatre."""
    best: Points | None = None
    for one, other in permutations(candidates[:20], 2):
        inside, swapped = _inside(read[one.name], read[other.name], theatre)
        both = int(np.count_nonzero(~np.isnan(read[one.name]) & ~np.isnan(read[other.name])))
        if inside > both / 2 and (best is None or inside > best.inside):
            best = Points(Axis(one.name), Axis(other.name), both, inside, swapped, by_name=False)
    return best
