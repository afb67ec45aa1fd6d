"""XML, read safely and without holding the whole of it.

Belongs here: no entities, no document types, no way outside; the cap on depth; elements with their lines.
Does not belong here: what the elements mean (see ``kml``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import errors

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from pipeline.exports.types import RefusedError, over_cap
from pipeline.settings import Settings

CHUNK = 256 * 1024
# What the parser says where a document just ends.
INCOMPLETE = frozenset(
    errors.codes[text]
    for text in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
NAME = "name"
# Characters of a position with every digit that a number can need, three times.
LONG_POSITION = 80


@dataclass(frozen=True)
class Found:
    """An element, the names of the folders that it lies in from the outside in, and the line where it starts.

    Tags and attributes are without their namespaces.
    """

    element: Element
    folders: tuple[str, ...]
    line: int


def find_elements(
    settings: Settings, file: BinaryIO, tag: str, folders: frozenset[str], marked: frozenset[str]
) -> Iterator[Found]:
    """Elements of a tag, in the file's order.

    Args:
        settings: gives the caps on depth and on the length of a text.
        file: the XML.
        tag: the tag that is wanted.
        folders: tags of elements that have a ``name`` and hold others.
        marked: tags that are given too, without what they hold, to say that they are there.

    Raises:
        RefusedError: the XML is unsafe, truncated or unreadable, or exceeds a cap.
    """
    builder = _Builder(settings, tag, folders, marked)
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser
    try:
        while chunk := file.read(CHUNK):
            parser.feed(chunk)
            yield from builder.take()
        parser.close()
    except DefusedXmlException as error:
        raise RefusedError("export_unsafe", f"the XML declares a document type or entities: {error}") from error
    except ParseError as error:
        line = error.position[0]
        code = "export_truncated" if error.code in INCOMPLETE else "export_unreadable"
        raise RefusedError(code, f"line {line}: {error}", line=line) from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise RefusedError("export_encoding", f"the XML's encoding can't be read: {error}") from error
    yield from builder.take()


class _Builder:
    """Builds the wanted elements only; everything else passes by."""

    parser: DefusedXMLParser

    def __init__(self, settings: Settings, tag: str, folders: frozenset[str], marked: frozenset[str]) -> None:
        self._settings = settings
        self._tag, self._folder_tags, self._marked = tag, folders, marked
        self._path: list[str] = []
        self._folders: list[str] = []
        self._building: list[Element] = []
        self._texts: list[str] = []
        self._length = 0
        self._line = 0
        self._inner = 0
        self._found: list[Found] = []

    def take(self) -> list[Found]:
        """Elements that were completed since the last time."""
        found, self._found = self._found, []
        return found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name)
        self._path.append(tag)
        if len(self._path) > self._settings.max_depth:
            raise over_cap(self._settings, "max_depth", f"line {self._now()}: XML nested too deeply", self._now())
        self._flush()
        if self._building:
            self._inner += 1
            if self._inner > self._settings.max_vertices:
                what = f"line {self._line}: {self._tag} with more elements than a geometry may have vertices"
                raise over_cap(self._settings, "max_vertices", what, self._line)
            element = Element(tag, {_local(key): value for key, value in attributes.items()})
            self._building[-1].append(element)
            self._building.append(element)
        elif tag == self._tag:
            self._line, self._inner = self._now(), 0
            self._building.append(Element(tag, {_local(key): value for key, value in attributes.items()}))
        elif tag in self._marked:
            self._found.append(Found(Element(tag), tuple(self._folders), self._now()))
        elif tag in self._folder_tags:
            self._folders.append("")

    def data(self, text: str) -> None:
        self._texts.append(text)
        self._length += len(text)
        if self._path[-1:] == ["coordinates"]:
            if self._length > self._settings.max_vertices * LONG_POSITION:
                raise over_cap(self._settings, "max_vertices", f"line {self._now()}: coordinates", self._now())
        elif self._length > self._settings.max_field_bytes:
            raise over_cap(self._settings, "max_field_bytes", f"line {self._now()}: a text", self._now())

    def end(self, name: str) -> None:
        text = self._flush()
        tag = self._path.pop()
        if self._building:
            element = self._building.pop()
            if not self._building:
                self._found.append(Found(element, tuple(self._folders), self._line))
        elif tag == NAME and self._path[-1:] and self._path[-1] in self._folder_tags:
            self._folders[-1] = text.strip()
        elif tag in self._folder_tags:
            self._folders.pop()

    def close(self) -> None:
        """Called by the parser at the end."""

    def _flush(self) -> str:
        """Give the text read so far to the element that it stands in."""
        text = "".join(self._texts)
        self._texts, self._length = [], 0
        if self._building and text:
            current = self._building[-1]
            if len(current):
                current[-1].tail = (current[-1].tail or "") + text
            else:
                current.text = (current.text or "") + text
        return text

    def _now(self) -> int:
        return int(self.parser.parser.CurrentLineNumber)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
