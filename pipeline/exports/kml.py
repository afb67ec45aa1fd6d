"""KML and KMZ.

Belongs here: placemarks and the folders that they lie in, with every property and the style that they name.
Does not belong here: unpacking (``archives``), parsing XML safely (``xml_stream``).

KML is read here and not through GDAL, whose drivers leave out the styles that placemarks name (in My Maps
half of what tells controllers apart), fill in defaults that no file holds, and have no line numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, filterfalse
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.exports import archives
from pipeline.exports.crs import CRS84
from pipeline.exports.encodings import decode_head
from pipeline.exports.geometry import Positions, ShapeError, check_vertices, line, point, polygon
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError
from pipeline.exports.xml_stream import Found, find_elements
from pipeline.parsing import NUMBER
from pipeline.property_names import GEOMETRY_TEXT, unique_names
from pipeline.settings import Settings

FEATURE = "Placemark"
FOLDERS = frozenset({"Folder", "Document"})
# What may stand before the root; each part is taken once and for all, so that no input makes the search slow.
PROLOG = r"\s*(?:(?>(?:<\?.*?\?>|<!--.*?-->))\s*)*+"
ROOT = re.compile(PROLOG + r"<(?:!DOCTYPE\s+|[\w.-]+:)?(?:kml|Placemark)\b", re.DOTALL)
ENCODING = re.compile(r"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.-]+)", re.ASCII)
# What placemarks are drawn with: icons, photographs, overlays, models.
DECORATION = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".svg", ".webp", ".tif", ".tiff", ".dae")
# How a geometry is drawn: kept as properties of the placemark.
DRAWN = ("altitudeMode", "tessellate", "extrude")
# Where the value of an element with a single inner one is expected under another name.
INNER = {"TimeStamp": (("when", "timestamp"),), "TimeSpan": (("begin", "begin"), ("end", "end"))}


def sniff(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes are XML whose root is KML's."""
    return not names and ROOT.match(decode_head(head)) is not None


def sniff_kmz(_head: bytes, names: Sequence[str]) -> bool:
    """Whether an archive has a KML member."""
    return any(name.lower().endswith(".kml") for name in names)


def own(names: Sequence[str]) -> set[str]:
    """Members of an archive that are KML or what its placemarks are drawn with."""
    return {name for name in names if name.lower().endswith((".kml", *DECORATION))}


def read(given: Given) -> Content:
    """Read every placemark of a KML file, under the name of the folder that it lies in.

    Raises:
        RefusedError: the file can't be read as a whole; also while the records are read.
    """
    with given.path.open("rb") as file:
        encoding = _declared_encoding(file.read(1024))
    records = _records(given.settings, given.path, Counter())
    return Content(format="kml", records=records, encoding=encoding, crs=CRS84)


def read_kmz(given: Given) -> Content:
    """Read every KML member of an archive, as ``read`` does.

    Raises:
        RefusedError: the archive or a member can't be read.
    """
    members = [name for name in archives.list_members(given.settings, given.path) if name.lower().endswith(".kml")]
    numbers: Counter[str] = Counter()
    encodings: dict[str, None] = {}
    folder = given.new_folder()
    unpacked = {name: folder / f"{number}.kml" for number, name in enumerate(members)}
    archives.unpack(given, unpacked)
    for path in unpacked.values():
        with path.open("rb") as file:
            encodings[_declared_encoding(file.read(1024))] = None
    records = chain.from_iterable(_records(given.settings, path, numbers) for path in unpacked.values())
    return Content(format="kmz", records=records, encoding="; ".join(encodings), crs=CRS84)


KML_READER = Reader("kml", sniff, read)
KMZ_READER = Reader("kmz", sniff_kmz, read_kmz, own)


def _declared_encoding(head: bytes) -> str:
    declared = ENCODING.match(decode_head(head))
    return declared.group(1).lower() if declared else "utf-8"


def _records(settings: Settings, path: Path, numbers: Counter[str]) -> Iterator[Record]:
    """Placemarks of a file; numbers go on from those that the layers of the archive have reached."""
    is_empty, is_linked = True, False
    with path.open("rb") as file:
        for found in find_elements(settings, file, FEATURE, FOLDERS, marked=frozenset({"NetworkLink"})):
            if found.element.tag == "NetworkLink":
                is_linked = True
                continue
            is_empty = False
            layer = found.folders[-1] if found.folders else ""
            numbers[layer] += 1
            yield _record(settings, found, layer, numbers[layer])
    if is_empty and is_linked:
        raise RefusedError("export_empty", "the file only links to another (NetworkLink), which is not followed")


def _record(settings: Settings, found: Found, layer: str, number: int) -> Record:
    pairs: list[tuple[str, Any]] = list(found.element.attrib.items())
    if len([name for name in found.folders if name]) > 1:
        pairs.append(("_folders", list(found.folders)))
    shapes: list[Element] = []
    for child in found.element:
        if child.tag in _SHAPES:
            shapes.append(child)
        else:
            pairs.extend(_properties(child))
    geometry = problem = None
    try:
        geometry = _geometry(shapes)
    except ShapeError as error:
        problem = f"geometry: {error}"
        pairs.append((GEOMETRY_TEXT, "".join(_markup(shape) for shape in shapes)))
    if geometry is not None:
        check_vertices(settings, geometry)
    pairs.extend(_drawn(shapes))
    return Record(layer, number, found.line, _named(pairs), geometry, problem)


def _named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    own = [name for name, _ in pairs if name != GEOMETRY_TEXT]
    names = iter(unique_names(own))
    return {(name if name == GEOMETRY_TEXT else next(names)): value for name, value in pairs}


def _properties(child: Element) -> list[tuple[str, Any]]:
    """What a child of a placemark says: a value under its name, or its markup where it has a structure."""
    if child.tag == "ExtendedData":
        return [pair for data in child for pair in _data(data)]
    if child.tag in INNER:
        return [(name, child.findtext(tag)) for tag, name in INNER[child.tag] if child.find(tag) is not None]
    return [(child.tag, _markup(child) if len(child) else child.text or "")]


def _data(data: Element) -> list[tuple[str, Any]]:
    if data.tag == "SchemaData":
        return [(item.get("name") or item.tag, item.text or "") for item in data]
    if data.tag == "Data":
        return [(data.get("name") or "", data.findtext("value") or "")]
    return [(data.tag, _markup(data) if len(data) else data.text or "")]


def _drawn(shapes: list[Element]) -> list[tuple[str, Any]]:
    """How the geometries are drawn; a list where they differ."""
    pairs: list[tuple[str, Any]] = []
    for tag in DRAWN:
        texts = list(dict.fromkeys(node.text or "" for shape in shapes for node in shape.iter(tag)))
        if texts:
            pairs.append((tag, texts[0] if len(texts) == 1 else texts))
    return pairs


def _markup(element: Element) -> str:
    return tostring(element, encoding="unicode").strip()


def _geometry(shapes: list[Element]) -> BaseGeometry | None:
    made = [_SHAPES[shape.tag](shape) for shape in shapes]
    return None if not made else made[0] if len(made) == 1 else _collect(made)


def _positions(shape: Element) -> Positions:
    """Positions of an element's ``coordinates``: ``longitude,latitude[,height]``, apart by spaces."""
    text = shape.findtext("coordinates") or ""
    found = [token.split(",") for token in text.split()]
    sizes = set(map(len, found))
    if sizes - {2, 3}:
        raise ShapeError("a position is not longitude,latitude[,height]")
    if len(sizes) == 2:  # KML leaves out a height of 0
        found = [[*position, "0"][:3] for position in found]
    return _array(found)


def _track(shape: Element) -> BaseGeometry:
    return line(_array([(node.text or "").split() for node in shape.iter("coord")]))


def _array(found: list[list[str]]) -> Positions:
    strange = next(filterfalse(NUMBER.fullmatch, chain.from_iterable(found)), None)
    if strange is not None:  # Python would take 3_7.1 and nan
        raise ShapeError(f"a coordinate is not a number: {strange!r}")
    try:
        array = np.array([[float(number) for number in position] for position in found], dtype=np.float64)
    except ValueError as error:
        raise ShapeError(f"positions are not of one length: {error}") from error
    if not np.isfinite(array).all():
        raise ShapeError("a coordinate is not finite")
    return array if found else np.empty((0, 2))


def _polygon(shape: Element) -> BaseGeometry:
    rings = [ring for side in ("outerBoundaryIs", "innerBoundaryIs") for ring in shape.iterfind(f"{side}/LinearRing")]
    if shape.find("outerBoundaryIs") is None and rings:
        raise ShapeError("a polygon without an outer ring")
    return polygon([_positions(ring) for ring in rings])


def _multi(shape: Element) -> BaseGeometry:
    return _collect([_SHAPES[child.tag](child) for child in shape if child.tag in _SHAPES])


def _collect(parts: list[BaseGeometry]) -> BaseGeometry:
    """Parts of one kind as one geometry of that kind, others as a collection."""
    kinds = {part.geom_type for part in parts}
    whole = _WHOLES.get(kinds.pop() if len(kinds) == 1 else "", shapely.geometrycollections)
    return whole(np.array(parts, dtype=object))


_WHOLES: dict[str, Callable[[Any], BaseGeometry]] = {
    "Point": shapely.multipoints,
    "LineString": shapely.multilinestrings,
    "Polygon": shapely.multipolygons,
}
_SHAPES: dict[str, Callable[[Element], BaseGeometry]] = {
    "Point": lambda shape: point(_positions(shape)),
    "LineString": lambda shape: line(_positions(shape)),
    "LinearRing": lambda shape: line(_positions(shape)),
    "Polygon": _polygon,
    "MultiGeometry": _multi,
    "Track": _track,
    "MultiTrack": _multi,
}
