"""Companions: members of an archive that explain its data and are none, such as a readme or a list of fields.

Belongs here: telling them from data. Does not belong here: which members are read (``opening``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.column_names import known_names, plain, words
from pipeline.exports import delimited, json_reader, workbook
from pipeline.exports.types import Given, Reader, RefusedError

# Formats that may hold anything; every other one is of geometries.
TABLES = (delimited.READER, json_reader.JSON_READER, workbook.READER)
# Columns that hold whole geometries, beside those of one coordinate that exports are known to have.
GEOMETRIES = {"geometry", "geom", "thegeom", "wkt", "wkb", "geojson"}


def is_prose(reader: Reader, given: Given) -> bool:
    """Whether a file is a text of one column, such as a readme: any text can be read as a table. Whether rows are
    ragged does not matter, for those of a table may be.
    """
    try:
        return reader is delimited.READER and len(reader.read(given).fields or ()) == 1
    except RefusedError:
        return False


def is_located(reader: Reader, given: Given) -> bool:
    """Whether a file has geometries, or columns or properties that are named as coordinates are."""
    if reader not in TABLES:
        return True
    try:
        content = reader.read(given)
        if content.fields is not None:
            return _hold_coordinates(content.fields)
        return any(_hold_coordinates(_names(record.properties)) for record in content.records)
    except RefusedError as refusal:
        # A text whose header cannot be cut, a JSON document without records. Of any other nobody knows.
        return reader is not delimited.READER and refusal.code != "export_unreadable"


def _hold_coordinates(names: Iterable[str]) -> bool:
    """Whether columns of these names hold a latitude and a longitude, both in one, or geometries.

    >>> _hold_coordinates(["id", "geolocated_lat", "geolocated_lon"]), _hold_coordinates(["id", "WKT"])
    (True, True)
    >>> _hold_coordinates(["field", "meaning"]), _hold_coordinates(["id", "lat"])
    (False, False)
    """
    said = {part for name in names for part in (plain(name), *words(name))}
    latitude, longitude, both = (set(known_names()[key]) for key in ("latitude", "longitude", "coordinate"))
    return bool(said & (both | GEOMETRIES)) or bool(said & latitude and said & longitude)


def _names(value: Any) -> Iterator[str]:
    """Names of properties, also of those within others."""
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _names(inner)
