"""How many records a file holds, found without the readers: what comes in less is lost.

Belongs here: one count for each format, by another way than its reader's, or None where this way can't tell.
Does not belong here: reading, and what is done with the count (``harnesses``).
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import PurePosixPath
from xml.etree import ElementTree

import pyarrow.parquet as pq

from pipeline.exports import Reading
from pipeline.printing import printable

Count = Callable[[bytes, Reading], int | None]
SHEETS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# The tables of a File Geodatabase that tell of the others.
SYSTEM_TABLES = 8
# The layer of the seeds.
LAYER = "rows"
DELETED = b"*"


def rows(content: bytes, reading: Reading) -> int | None:
    """Lines that are not blank, but for the header; not told where quotation marks join lines or a mark declares."""
    text = content.decode(reading.export["encoding"]).removeprefix("\ufeff")
    if '"' in text or text.lower().startswith("sep="):
        return None
    lines: list[str] = re.split(r"\r\n|\r|\n", text)
    return sum(line != "" for line in lines) - 1


def features(content: bytes, reading: Reading) -> int | None:
    """Items of every list named ``features`` of a document; not told where it has none, for then another is read."""
    text = content.decode(reading.export["encoding"]).removeprefix("\ufeff")
    pairs = json.loads(text, object_pairs_hook=list, strict=False, parse_int=str)
    found = [value for name, value in pairs if name == "features"]
    is_one = any(name == "type" and value != "FeatureCollection" for name, value in pairs)
    return None if is_one or not found else sum(map(len, found))


def objects(content: bytes, reading: Reading) -> int | None:
    """Items of a list."""
    document = json.loads(content.decode(reading.export["encoding"]).removeprefix("\ufeff"), strict=False)
    return len(document) if isinstance(document, list) else None


def lines(content: bytes, reading: Reading) -> int:
    """Lines that are not blank."""
    found = content.decode(reading.export["encoding"]).split("\n")
    return sum(line.strip(" \t\r\n\ufeff\x1e") != "" for line in found)


def placemarks(content: bytes, _: Reading) -> int:
    """Placemarks that lie in no other."""

    def outermost(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
        for child in [element] if element.tag.endswith("}Placemark") or element.tag == "Placemark" else element:
            if child is element or child.tag.rpartition("}")[2] == "Placemark":
                yield child
            else:
                yield from outermost(child)

    return sum(1 for _ in outermost(ElementTree.fromstring(content)))


def zipped_placemarks(content: bytes, reading: Reading) -> int:
    """Placemarks of every KML member."""
    return sum(placemarks(inner, reading) for name, inner in _members(content) if name.lower().endswith(".kml"))


def rows_of_parquet(content: bytes, _: Reading) -> int:
    """What the file's metadata say."""
    return int(pq.ParquetFile(BytesIO(content)).metadata.num_rows)


def rows_of_sheet(content: bytes, _: Reading) -> int | None:
    """Rows with a value or formula of the only sheet that has any, but for the header."""
    parts = dict(_members(content))
    filled = [sum(any(map(_is_filled, row)) for row in sheet.iter(f"{SHEETS}row")) for sheet in _sheets(parts)]
    is_told = sum(map(bool, filled)) < 2 and not _has_blank_text(parts)
    return sum(filled) - 1 if is_told else None


def _sheets(parts: dict[str, bytes]) -> Iterator[ElementTree.Element]:
    for inner in parts.values():
        try:
            root = ElementTree.fromstring(inner)
        except ElementTree.ParseError:  # one that is not read
            continue
        if root.tag == f"{SHEETS}worksheet":
            yield root


def _is_filled(cell: ElementTree.Element) -> bool:
    return cell.find(f"{SHEETS}f") is not None or any(
        "".join(part.itertext()) != "" for tag in ("v", "is") for part in cell.iterfind(f"{SHEETS}{tag}")
    )


def _has_blank_text(parts: dict[str, bytes]) -> bool:
    """Whether a cell with the number of a text can be blank all the same."""
    shared = parts.get("xl/sharedStrings.xml")
    texts = [] if shared is None else list(ElementTree.fromstring(shared))
    return any("".join(text.itertext()) == "" for text in texts)


def rows_of_shapefile(content: bytes, _: Reading) -> int:
    """Rows of every dBASE table that are not marked as deleted."""
    count = 0
    for name, _shapes in _members(content):
        if name.lower().endswith(".shp"):
            table = next(i for n, i in _members(content) if n.casefold() == f"{name[:-4]}.dbf".casefold())
            number, start, width = struct.unpack("<IHH", table[4:12])
            count += sum(table[start + width * row :][:1] != DELETED for row in range(number))
    return count


def rows_of_geopackage(content: bytes, reading: Reading) -> int | None:
    """Rows of the tables that the contents list, and of those that were read."""
    # A database in memory keeps no log of writes beside itself.
    plain = content[:18] + b"\1\1" + content[20:]
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(plain)
            query = "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
            names = {str(row[0]).lower() for row in connection.execute(query)}
            names |= {name.lower() for name in reading.records.column("layer").to_pylist()}
            quoted = ['"' + name.replace('"', '""') + '"' for name in sorted(names)]
            found = [connection.execute(f"SELECT * FROM {name} NOT INDEXED").fetchall() for name in quoted]
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    return sum(map(len, found))


def rows_of_flatgeobuf(content: bytes, _: Reading) -> int | None:
    """Features one after another to the end of the file; not told where an index stands before them."""
    at = 12 + struct.unpack_from("<I", content, 8)[0]
    if _number(content, 12, 9, "<H", 16):
        return None
    count = 0
    while at < len(content):
        if at + 4 > len(content):
            return None
        at += 4 + struct.unpack_from("<I", content, at)[0]
        count += 1
    return count if at == len(content) else None


def _number(buffer: bytes, root: int, field: int, kind: str, otherwise: int) -> int:
    """A number of the root table of a FlatBuffer."""
    table = root + struct.unpack_from("<I", buffer, root)[0]
    fields = table - struct.unpack_from("<i", buffer, table)[0]
    place = 4 + 2 * field
    if place >= struct.unpack_from("<H", buffer, fields)[0]:
        return otherwise
    offset = struct.unpack_from("<H", buffer, fields + place)[0]
    return int(struct.unpack_from(kind, buffer, table + offset)[0]) if offset else otherwise


def rows_of_geodatabase(content: bytes, reading: Reading) -> int | None:
    """Rows with a place in the index of the one table that is a layer; not told where the catalogue names another."""
    tables = [inner for name, inner in _members(content) if _number_of_table(name) > SYSTEM_TABLES]
    is_told = len(tables) == 1 and set(reading.records.column("layer").to_pylist()) == {LAYER}
    return _places(tables[0]) if is_told else None


def _number_of_table(name: str) -> int:
    found = re.fullmatch(r"a([0-9a-f]{8})\.gdbtablx", PurePosixPath(name).name)
    return int(found[1], 16) if found else 0


def _places(index: bytes) -> int | None:
    _, _, number, width = struct.unpack_from("<IIII", index)
    if number * width > len(index) - 16:
        return None  # a damaged index names more rows than it has places for
    return sum(any(index[16 + width * row :][:width]) for row in range(number))


def wrapped(content: bytes, reading: Reading) -> int | None:
    """What those files within hold that were read; not told where one of them has the name of another."""
    count: Count = {"csv": rows, "geojson": features}[reading.export["format"]]
    if ";" in (reading.export["encoding"] or ";"):
        return None
    notes = (reading.export["notes"] or "").split("; ")
    found = list(_unpacked("", content))
    names = [printable(name) for name, _ in found]
    if len(set(names)) < len(names):
        return None
    chosen = [inner for name, inner in found if not name or f"{printable(name)} was read" in notes]
    counts = [count(inner, reading) for inner in chosen]
    return None if None in counts else sum(number or 0 for number in counts)


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"\x1f\x8b"):
        yield from _unpacked(name, gzip.decompress(content))
    elif content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        for inner_name, inner in _members(content):
            yield from _unpacked(f"{name}/{inner_name}" if name else inner_name, inner)
    else:
        yield name, content


def _members(content: bytes) -> list[tuple[str, bytes]]:
    """Members of an archive but for folders and what macOS leaves."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        paths = [(name, PurePosixPath(name)) for name in names]
        wanted = [
            name
            for name, path in paths
            if path.parts[0] != "__MACOSX" and not path.name.startswith("._") and path.name != ".DS_Store"
        ]
        return [(name, inner) for name in wanted if (inner := _whole(archive, name)) is not None]


def _whole(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """A member; None where it is damaged, which matters only where a reader reads it and says so."""
    try:
        return archive.read(name)
    except zipfile.BadZipFile:
        return None
