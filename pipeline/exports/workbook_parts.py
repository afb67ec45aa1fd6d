"""The parts of an XLSX workbook: whether they may be read at all, and what a sheet is, before its cells are.

Belongs here: caps on parts that are read whole and on rows, document types, merged cells, formats without end.
Does not belong here: cells and their values (``workbook``).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from pipeline.exports import archives
from pipeline.exports.types import RefusedError, over_cap
from pipeline.settings import Settings

CHUNK = 1024 * 1024
# Longer than any tag that is looked for, so that none is missed between two chunks.
OVERLAP = 4096
XML = (".xml", ".rels")
# Where programs put parts that are no XML: pictures, embedded files, settings of printers.
FOLDERS = ("xl/", "docProps/", "customXml/", "docMetadata/", "package/", "_xmlsignatures/", "[trash]/")
SHEET = re.compile(rb"<(?:\w+:)?worksheet[\s>]")
CELL = re.compile(rb"<(?:\w+:)?c[\s>]")
ROW = re.compile(rb"<(?:\w+:)?row[\s>]")
MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref\s*=\s*[\"']([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})[\"']"
)
# In UTF-8 and in both orders of UTF-16.
DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
ROWS_OF_RANGE = re.compile(r"[A-Z]+(\d+):[A-Z]+(\d+)")
MERGED_AT_MOST = 10_000
MERGED_TOLD = 20
STYLES = "xl/styles.xml"
# Excel takes 255 characters; the time in which openpyxl looks through a format grows with the square of them.
LONGEST_FORMAT = 1_024


class Sheet(NamedTuple):
    """What is known of a sheet before it is read: its title, whether it has cells, its ranges of merged cells."""

    title: str
    has_cells: bool
    merged: tuple[str, ...]


def own(names: Sequence[str]) -> set[str]:
    """Members of an archive that are parts of the workbook in it."""
    return {name for name in names if name.startswith(FOLDERS) or name.lower().endswith(XML)}


def survey(settings: Settings, path: Path) -> dict[str, Sheet]:
    """Sheets of a workbook by the path of their part, still without titles.

    Raises:
        RefusedError: the archive is unsafe or damaged, a part declares a document type, a part that is read whole or
            a row is larger than the caps.
    """
    sheets: dict[str, Sheet] = {}
    with archives.opened(settings, path) as (archive, members):
        for member in members:
            if not member.filename.lower().endswith(XML):
                continue
            with archive.open(member) as file:
                head = file.read(OVERLAP)
            if SHEET.search(head):
                sheets[member.filename] = _look_through(settings, archive, member)
            elif member.file_size > settings.max_shared_strings_bytes:
                what = f"{member.filename} unpacks to {member.file_size:,} bytes"
                raise over_cap(settings, "max_shared_strings_bytes", what)
            else:
                _look_through(settings, archive, member)
                if member.filename == STYLES:
                    _check_formats(archive, member)
    return sheets


def _check_formats(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse number formats that nobody could have written."""
    try:
        with archive.open(member) as file:
            for _, element in iterparse(file):
                length = len(element.get("formatCode", ""))
                if length > LONGEST_FORMAT:
                    what = f"{member.filename} has a number format of {length:,} characters, over {LONGEST_FORMAT:,}"
                    raise RefusedError("export_unsafe", what)
                element.clear()
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        return  # what it is read for tells of it


def _look_through(settings: Settings, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Sheet:
    has_cells, merged, since_row = False, dict[str, None](), 0
    before = b""
    with archive.open(member) as file:
        while chunk := file.read(CHUNK):
            text = before + chunk
            if any(doctype in text for doctype in DOCTYPES):
                raise RefusedError("export_unsafe", f"{member.filename} declares a document type")
            has_cells = has_cells or CELL.search(text) is not None
            merged.update((found.decode(), None) for found in MERGED.findall(text))
            if len(merged) > MERGED_AT_MOST:
                raise RefusedError("export_unreadable", f"more than {MERGED_AT_MOST:,} ranges of merged cells")
            since_row = 0 if ROW.search(chunk) else since_row + len(chunk)
            if has_cells and since_row > settings.max_field_bytes:
                raise over_cap(settings, "max_field_bytes", f"a row of {member.filename}")
            before = text[-OVERLAP:]
    return Sheet("", has_cells, tuple(merged))


def check_header(sheet: Sheet, line: int) -> None:
    """Refuse a sheet whose header has merged cells: its columns have no names of their own.

    Args:
        sheet: the sheet.
        line: row of the header: the first that holds anything.
    """
    ranges = [(text, found) for text in sheet.merged if (found := ROWS_OF_RANGE.fullmatch(text))]
    at_fault = [text for text, found in ranges if int(found.group(1)) <= line <= int(found.group(2))]
    at_fault.sort(key=lambda text: (text.index(":"), text))  # from left to right
    if at_fault:
        more = f" and {len(at_fault) - MERGED_TOLD} more" if len(at_fault) > MERGED_TOLD else ""
        cells = ", ".join(at_fault[:MERGED_TOLD]) + more
        why = f"row {line} of sheet {sheet.title} should name the columns, but its cells {cells} are merged"
        raise RefusedError("export_header_merged", why, line=line, layer=sheet.title)
