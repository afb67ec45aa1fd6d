"""The registry of formats. A format is one line here and one module beside it.

Belongs here: the list of readers, and choosing one by a file's content; its name is never looked at.
Does not belong here: anything that a single format needs.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pipeline.exports import (
    archives,
    delimited,
    gdal_layers,
    json_lines,
    json_reader,
    kml,
    parquet,
    shapefile,
    workbook,
)
from pipeline.exports.encodings import decode_head, is_text
from pipeline.exports.types import Reader

# Asked in this order: the last one takes any text.
READERS: list[Reader] = [
    workbook.READER,
    gdal_layers.GEODATABASE_READER,
    shapefile.READER,
    gdal_layers.GEOPACKAGE_READER,
    gdal_layers.FLATGEOBUF_READER,
    parquet.READER,
    kml.KMZ_READER,
    kml.KML_READER,
    json_lines.READER,
    json_reader.GEOJSON_READER,
    json_reader.ESRI_READER,
    json_reader.JSON_READER,
    delimited.READER,
]

# How old Office documents begin, and what one that is protected by a password holds.
OFFICE = b"\xd0\xcf\x11\xe0"
PROTECTED = "EncryptedPackage".encode("utf-16-le")
# What files that are not read turn out to be, for the message.
OTHERS = {
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database that is no GeoPackage",
    OFFICE: "an Office document in the old format (.xls, .doc)",
    b"PARE": "encrypted Parquet",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x00\x00\x27\x0a": "a Shapefile's part that is not zipped together with the others",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
TAG = re.compile(r"<(!DOCTYPE html|[A-Za-z][\w:.-]*)", re.IGNORECASE)


def find_readers(head: bytes, names: Sequence[str]) -> list[Reader]:
    """The reader for a file by its first bytes; for an archive all that fit its members' names."""
    fitting = (reader for reader in READERS if reader.sniff(head, names))
    return list(fitting if names else islice(fitting, 1))


def is_protected(path: Path, head: bytes) -> bool:
    """Whether a file is a workbook of today within the old format of Office: so it is when it has a password."""
    if not head.startswith(OFFICE):
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(PROTECTED) >= 0


def likely(head: bytes, names: Sequence[str]) -> str:
    """What a file that no reader takes seems to be, in words."""
    if archives.is_zip(head):
        return f"a zip archive of {', '.join(names[:5])}" if names else "an empty zip archive"
    for magic, what in OTHERS.items():
        if head.startswith(magic):
            return what
    tag = TAG.search(decode_head(head))
    if tag and decode_head(head).lstrip().startswith("<"):
        return "an HTML page" if "html" in tag.group(1).lower() else f"XML with the root {tag.group(1)}"
    return "binary data" if not is_text(head) else f"text that starts with {decode_head(head)[:40]!r}"
