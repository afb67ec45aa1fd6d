"""Newline-delimited GeoJSON, with or without the record separators of RFC 8142.

Belongs here: one feature a line, read line by line.
Does not belong here: what a feature is (``json_reader``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TextIO

from pipeline.exports.crs import CRS84
from pipeline.exports.encodings import choose_encoding, decode_head
from pipeline.exports.json_reader import read_features
from pipeline.exports.json_text import Item, decode_line
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError, over_cap
from pipeline.settings import Settings

NAME = "geojsonl"
SEPARATOR = "\x1e"
BATCH, BATCH_CHARACTERS = 1_000, 4 * 1024**2
FEATURE = re.compile(r'"type"\s*:\s*"Feature"')
# A line that goes on past what is looked at: of a lone feature it is no matter which reader takes it.
LONG_LINE = re.compile(r'\s*\{\s*"type"\s*:\s*"Feature"')


def sniff(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first line is a whole feature, or as much of one as the first bytes show."""
    if names:
        return False
    text = decode_head(head)
    is_marked = text.startswith(SEPARATOR)
    first, end, _ = text.lstrip(" \t\r\n" + SEPARATOR).partition("\n")
    if not first.startswith("{"):
        return False
    if not end and not is_marked:
        return LONG_LINE.match(first) is not None and not _is_feature(first)
    return FEATURE.search(first) is not None and (is_marked or _is_feature(first))


def read(given: Given) -> Content:
    """Read a feature from each line that is not blank, in OGC:CRS84. A line that is none stays a record.

    Raises:
        RefusedError: the file as a whole can't be read; also while the records are read.
    """
    notes: list[str] = []
    encoding = choose_encoding(given.path, given.dialect.encoding, notes)
    return Content(NAME, _records(given, encoding), encoding, CRS84, notes=notes)


READER = Reader(NAME, sniff, read)


def _is_feature(text: str) -> bool:
    """Whether a text is one whole feature; a collection on one line holds features and is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("type") == "Feature"


def _records(given: Given, encoding: str) -> Iterator[Record]:
    settings, count = given.settings, 0
    with given.path.open(encoding=encoding, newline="\n") as file:
        for items in _batches(_lines(settings, file)):
            for record in read_features(settings, items, is_first=count == 0):
                count += 1
                yield record._replace(number=count)


def _batches(lines: Iterator[tuple[Item, int]]) -> Iterator[list[Item]]:
    """Items whose geometries are made together: not too many, and not too much text."""
    items: list[Item] = []
    characters = 0
    for item, length in lines:
        items.append(item)
        characters += length
        if len(items) == BATCH or characters > BATCH_CHARACTERS:
            yield items
            items, characters = [], 0
    if items:
        yield items


def _lines(settings: Settings, file: TextIO) -> Iterator[tuple[Item, int]]:
    """Values of the lines, each with its length; a line that is no JSON is given as its text, which is no feature."""
    number, longest = 0, settings.max_field_bytes
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise over_cap(settings, "max_field_bytes", f"line {number}", number)
        text = line.strip(" \t\r\n\ufeff" + SEPARATOR)
        if not text:
            continue
        try:
            yield Item(decode_line(settings, text, number), number), len(line)
        except ValueError as error:
            if not line.endswith("\n"):
                text = f"line {number}: the last line ends before its JSON is complete"
                raise RefusedError("export_truncated", text, line=number) from error
            yield Item(text, number), len(line)
