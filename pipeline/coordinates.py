"""Coordinates: from the texts of records to degrees, in every spelling seen in real files.

Belongs here: reading one angle, or a pair in one text (degrees, UTM, MGRS, a WKT point). A text that could be read in
two ways, or that has more in it than a coordinate and a remark, is not read at all.
Does not belong here: whether the coordinate is where it should be (``sql/strikes/refuse_strikes.sql``).
"""

from __future__ import annotations

import math
import re
import warnings
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.parsing import map_unique, plain_digits

# Longest text that is looked at, in letters: reading tries every gap, and a coordinate with a remark is shorter.
LONGEST = 200
Axis = Literal["latitude", "longitude"]
Order = Literal["lat_lon", "lon_lat"]


class Angle(NamedTuple):
    """One angle in degrees; the axis that its letter names, where it has one; how it was written."""

    degrees: float
    axis: Axis | None
    parts: int
    is_marked: bool


class Position(NamedTuple):
    """Latitude and longitude in degrees (WGS 84), and half the diagonal of the grid square that was named, metres."""

    latitude: float
    longitude: float
    square_m: float = 0.0


# What other scripts and keyboards write for a mark.
MARKS = str.maketrans({
    "º": "°", "˚": "°", "∘": "°", "′": "'", "’": "'", "‘": "'", "`": "'", "´": "'", "ʹ": "'",
    "″": '"', "”": '"', "“": '"', "ʺ": '"', "−": "-", "–": "-", "٫": ".", "،": ",", "؛": ";", "\u00a0": " ",
})  # fmt: skip
# Hemispheres in words. The letter ش begins both "north" and "east" in Arabic: it says no axis, and neither is negative.
WORDS = {
    r"شمال(?:اً|ا|ي)?|پн\. ?ш\.?|пн\. ?ш\.?|с\. ?ш\.?|north": "N",
    r"جنوب(?:اً|ا|ي)?|ج|пд\. ?ш\.?|ю\. ?ш\.?|south": "S",
    r"شرق(?:اً|ا|ي)?|сх\. ?д\.?|в\. ?д\.?|east": "E",
    r"غرب(?:اً|ا|ي)?|غ|зх\. ?д\.?|з\. ?д\.?|west": "W",
    "ش": "",
}
AXES: dict[str, Axis] = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}
LETTERED = re.compile(r"(\d+)\s?d(?:eg)?\s?(\d+)\s?m(?:in)?\s?(?:(\d+(?:\.\d+)?)\s?s(?:ec)?)?(?![a-z])")
PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
ANGLE = re.compile(
    r"""(?P<before>[NSEW])? \s* (?P<sign>[+-])? \s*
    (?P<degrees>\d+(?:[.,]\d+)?) \s* (?P<mark>°|:|-(?=\d)|(?<=\d)\s(?=\d))? \s*
    (?: (?P<minutes>\d{1,2}(?:[.,]\d+)?) \s* (?:'(?!')|:|-(?=\d)|(?<=\d)\s(?=\d))? \s*
        (?: (?P<seconds>\d{1,2}(?:[.,]\d+)?) \s* (?P<close>"|'')? )? )?
    \s* (?P<after>[NSEW](?![a-zA-Z])\.?)? (?P<rest>(?:[\s,;(\[][^\d]*)?)""",
    re.VERBOSE | re.IGNORECASE,
)
# What makes the number before it a length or another angle, and no coordinate with a remark. A short unit is one only
# where nothing follows: "м. Київ" is a city, and "Min. of Defence" no minutes.
UNIT = re.compile(
    r"[\s,;(\[]*(?:(?:km|kms|(?:kilo)?met(?:er|re)s?|miles?|feet|minutes?|seconds?|км|كم)\b"
    r"|(?:m|mi|ft|mins?|secs?|rad|gon|м|م)\.?[\s)\]]*$)",
    re.IGNORECASE,
)
STRAY_LETTER = re.compile(r"\b[NSEW]\b", re.IGNORECASE)
WKT_POINT = re.compile(r"(?:SRID=4326;)?\s*POINT\s*Z?\s*\(\s*(\S+)\s+(\S+)(?:\s+\S+)?\s*\)", re.IGNORECASE)
BETWEEN = re.compile(r"\s*[;|/,]\s*|\s+")
# Zone, band of latitude, hundred-kilometre square, easting and northing of one length.
MGRS = re.compile(
    r"(?:MGRS:?\s*)?(\d{1,2}\s?[C-HJ-NP-X]\s?[A-HJ-NP-Z][A-HJ-NP-V])\s?((\d{1,5})\s(\d{1,5})|\d{0,10})", re.IGNORECASE
)
UTM = re.compile(
    r"(?:UTM:?\s*)?(?:zone\s*)?(?P<zone>\d{1,2})\s?(?P<band>[C-HJ-NP-X]|north|south)?[,;\s]+"
    r"(?P<easting>\d{6}(?:\.\d+)?)\s?m?\s?E?[,;\s]+(?P<northing>\d{1,8}(?:\.\d+)?)\s?m?\s?N?",
    re.IGNORECASE,
)


def parse_coordinates(texts: pa.Array, axis: Axis) -> pa.Array:
    """Read a column of one axis as degrees; null where a text is no angle, or names the other axis.

    Args:
        texts: decimal degrees (point or comma), or degrees, minutes and seconds, with or without a hemisphere.
        axis: what the column holds.
    """

    def convert(text: str) -> float | None:
        angle = read_angle(text)
        return angle.degrees if angle and angle.axis in (None, axis) else None

    return map_unique(texts, convert, pa.float64())


class Locations(NamedTuple):
    """The coordinates of records, a row a record.

    Attributes:
        latitude: degrees, WGS 84; null where there is none or it cannot be read.
        longitude: the same.
        square_m: half diagonal of the grid square that the record names, metres; null where it names none.
        text: the coordinate as written; null where there is none.
        is_swapped: true where the letters say that the two columns hold each other's.
    """

    latitude: pa.Array
    longitude: pa.Array
    square_m: pa.Array
    text: pa.Array
    is_swapped: pa.Array


def read_locations(fields: pa.Table, order: Order) -> Locations:
    """Read the coordinates of records from ``latitude`` and ``longitude``, else from both in the field ``coordinate``.

    Args:
        fields: mapped fields, as ``mapping.extract`` returns them.
        order: which comes first in ``coordinate`` where no letter says it.
    """
    latitude_text, longitude_text, pair_text = (
        fields.column(name).combine_chunks() for name in ("latitude", "longitude", "coordinate")
    )
    is_apart = pc.or_(pc.is_valid(latitude_text), pc.is_valid(longitude_text))
    latitudes, longitudes, squares = parse_positions(pc.if_else(is_apart, None, pair_text), order)
    swapped = (parse_coordinates(latitude_text, "longitude"), parse_coordinates(longitude_text, "latitude"))
    own = [parse_coordinates(latitude_text, "latitude"), parse_coordinates(longitude_text, "longitude")]
    is_swapped = pc.and_(pc.and_(*map(pc.is_valid, swapped)), pc.or_(*map(pc.is_null, own)))
    both = pc.coalesce(pc.binary_join_element_wise(latitude_text, longitude_text, ", "), latitude_text, longitude_text)
    return Locations(
        pc.coalesce(own[0], latitudes),
        pc.coalesce(own[1], longitudes),
        pc.if_else(pc.greater(squares, 0), squares, None),
        pc.if_else(is_apart, both, pair_text),
        is_swapped,
    )


def parse_positions(texts: pa.Array, order: Order) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Read a column of pairs as latitudes, longitudes and half diagonals of grid squares; null where a text is none.

    Args:
        texts: as :func:`read_position` takes them.
        order: which of the two comes first where no letter says it.
    """
    encoded = (texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts).dictionary_encode()
    read = [read_position(text, order) for text in encoded.dictionary.to_pylist()]
    columns = ([None if position is None else position[i] for position in read] for i in range(3))
    latitudes, longitudes, squares = (pa.array(column, pa.float64()).take(encoded.indices) for column in columns)
    return latitudes, longitudes, squares


def read_angle(text: str) -> Angle | None:
    """Read one angle; a remark without digits may follow it.

    Hemispheres are letters or words, in Latin, Arabic or Cyrillic script, before or after.

    >>> read_angle("35°36'58.51\\"N").degrees
    35.61625277777778
    """
    return _read_angle(_plain(text)) if len(text) <= LONGEST else None


def _read_angle(text: str) -> Angle | None:
    if PLAIN.fullmatch(text):
        return Angle(float(text), None, 1, False) if math.isfinite(float(text)) else None
    found = ANGLE.fullmatch(text)
    if found is None or (found["before"] and found["after"]) or _has_two_readings(found):
        return None
    if STRAY_LETTER.search(found["rest"]) or UNIT.match(found["rest"]):
        return None
    values = [found[name].replace(",", ".") for name in ("degrees", "minutes", "seconds") if found[name]]
    # Only the last part can have decimals; a mark that parts the degrees from nothing is part of a torn text.
    if any("." in value for value in values[:-1]) or (len(values) == 1 and found["mark"] not in (None, "°")):
        return None
    degrees, minutes, seconds = (*(float(value) for value in values), 0.0, 0.0)[:3]
    if minutes >= 60 or seconds >= 60:
        return None
    letter = (found["before"] or found["after"] or "").upper().rstrip(".")
    size = degrees + minutes / 60 + seconds / 3600
    is_negative = found["sign"] == "-" or letter in ("S", "W")
    return Angle(-size if is_negative else size, AXES.get(letter), len(values), bool(letter) or "°" in text)


def _has_two_readings(found: re.Match[str]) -> bool:
    """A sign beside a letter may turn it round, 35-36 may be a range, and 10s are seconds or south."""
    letter = found["before"] or found["after"]
    is_range = found["mark"] == "-" and found["seconds"] is None and not letter
    is_second = (found["after"] or "").startswith("s") and found["seconds"] is not None and not found["close"]
    return bool(found["sign"] and letter) or is_range or is_second


def _plain(text: str) -> str:
    """The text with one kind of digit, mark and hemisphere letter."""
    # Runs of white space are one space: the patterns below may try each of them at several places.
    text = " ".join(plain_digits(text).translate(MARKS).split())
    if text.isascii() and PLAIN.fullmatch(text):
        return text
    for words, letter in WORDS.items():
        text = re.sub(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])", letter, text, flags=re.IGNORECASE)
    text = LETTERED.sub(lambda m: f"{m[1]}°{m[2]}'" + (f'{m[3]}"' if m[3] else ""), text)
    return text.strip()


def read_position(text: str, order: Order = "lat_lon") -> Position | None:
    """Read a pair in one text: two angles, a WKT point, UTM (zone, easting, northing) or MGRS.

    Args:
        text: the text. Letters say which angle is which.
        order: which comes first where no letter says it; a WKT point has the longitude first.

    Returns:
        The position; of a grid square its centre. None where the text is no pair, or could be read as two.
    """
    if len(text) > LONGEST:
        return None
    text = _plain(text)
    point = WKT_POINT.fullmatch(text)
    if point:
        return _pair(_read_angle(point[1]), _read_angle(point[2]), "lon_lat")
    for grid in (_read_mgrs, _read_utm):
        position = grid(text)
        if position:
            return position
    if text.startswith(("(", "[")) and text.endswith((")", "]")):
        text = text[1:-1].strip()
    found = set()
    for gap in BETWEEN.finditer(text):
        first, second = _read_angle(text[: gap.start()]), _read_angle(text[gap.end() :])
        position = _pair(first, second, order)
        if first and second and position and (first.parts == second.parts or (first.is_marked and second.is_marked)):
            found.add(position)
    return found.pop() if len(found) == 1 else None


def _pair(first: Angle | None, second: Angle | None, order: Order) -> Position | None:
    """Two angles in the order that their letters say, else in the given one; None where both are of one axis."""
    if first is None or second is None:
        return None
    if first.axis is not None and first.axis == second.axis:
        return None
    if first.axis or second.axis:
        is_latitude_first = first.axis == "latitude" or second.axis == "longitude"
    else:
        is_latitude_first = order == "lat_lon"
    pair = (first.degrees, second.degrees)
    return Position(*(pair if is_latitude_first else pair[::-1]))


def _read_mgrs(text: str) -> Position | None:
    found = MGRS.fullmatch(text)
    if not found or len(found[3] or "") != len(found[4] or "") or len(digits := re.sub(r"\s", "", found[2])) % 2:
        return None
    import mgrs  # noqa: PLC0415 - only grid references need it

    side_m = 100_000 / 10 ** (len(digits) // 2)
    reader = mgrs.MGRS()
    with warnings.catch_warnings():
        # The library only warns where band and square contradict each other.
        warnings.simplefilter("error")
        try:
            latitude, longitude = reader.toLatLon(re.sub(r"\s", "", found[1]).upper() + digits)
        except (mgrs.core.MGRSError, RuntimeWarning):
            return None
    return Position(latitude, longitude, side_m / math.sqrt(2))


def _read_utm(text: str) -> Position | None:
    """UTM with a band of latitude, so that "37S" is Syria and not the southern hemisphere; in words, south is south."""
    found = UTM.fullmatch(text)
    if not found or not 1 <= int(found["zone"]) <= 60:
        return None
    from pyproj import Transformer  # noqa: PLC0415 - only grid references need it

    band = (found["band"] or "north").upper()
    is_south = band == "SOUTH" or (len(band) == 1 and band < "N")
    system = f"EPSG:{(32700 if is_south else 32600) + int(found['zone'])}"
    longitude, latitude = Transformer.from_crs(system, "OGC:CRS84", always_xy=True).transform(
        float(found["easting"]), float(found["northing"])
    )
    return Position(latitude, longitude) if math.isfinite(latitude) and math.isfinite(longitude) else None
