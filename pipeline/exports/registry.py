"""The registry of formats. A format is one line here and one module beside it.

Belongs here: the list of readers, and choosing one by a file's content; its name is never looked at.
Does not belong here: anything that a single format needs.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.exports import archives, delimited, json_reader, kml, shapefile
from pipeline.exports.encodings import HEAD, decode_head, is_text
from pipeline.exports.types import Reader, RefusedError
from pipeline.settings import Settings

# Asked in this order: the last one takes any text.
READERS: list[Reader] = [
    shapefile.READER,
    kml.KMZ_READER,
    kml.KML_READER,
    json_reader.GEOJSON_READER,
    json_reader.ESRI_READER,
    json_reader.JSON_READER,
    delimited.READER,
]

# What files that are not read turn out to be, for the message.
OTHERS = {
    b"\x1f\x8b": "gzip",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database, perhaps a GeoPackage",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"PAR1": "Parquet",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x00\x00\x27\x0a": "a Shapefile's part that is not zipped together with the others",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
TAG = re.compile(r"<(!DOCTYPE html|[A-Za-z][\w:.-]*)", re.IGNORECASE)


def detect(settings: Settings, path: Path) -> Reader:
    """The reader for a file, by its content.

    Raises:
        RefusedError: ``export_empty``, ``export_format_unknown``, or what is wrong with an archive.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not decode_head(head).strip("\0 \t\r\n"):
        raise RefusedError("export_empty", "the file holds no text" if head else "the file holds no bytes")
    names = archives.list_members(settings, path) if archives.is_zip(head) else []
    for reader in READERS:
        if reader.sniff(head, names):
            return reader
    raise RefusedError("export_format_unknown", f"the content looks like {_likely(head, names)}")


def _likely(head: bytes, names: list[str]) -> str:
    if archives.is_zip(head):
        return f"a zip archive of {', '.join(names[:5])}" if names else "an empty zip archive"
    for magic, what in OTHERS.items():
        if head.startswith(magic):
            return what
    tag = TAG.search(decode_head(head))
    if tag and decode_head(head).lstrip().startswith("<"):
        return "an HTML page" if "html" in tag.group(1).lower() else f"XML with the root {tag.group(1)}"
    return "binary data" if not is_text(head) else f"text that starts with {decode_head(head)[:40]!r}"
