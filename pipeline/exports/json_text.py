"""JSON documents: the items of a list, each with the line on which it starts.

Belongs here: walking through a document, its depth and its faults. Does not belong here: decoding a value
(``pipeline.exact_json``), what the values mean (``json_reader``).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from pipeline.exact_json import DECODER, make_object
from pipeline.exports.json_nesting import nesting
from pipeline.exports.types import RefusedError, over_cap
from pipeline.settings import Settings

SPACE = re.compile(r"[ \t\n\r]*")


class Item:
    """One item of a list: its value and the line on which it starts.

    Of a large document no value is kept: it is decoded whenever it is asked for.
    """

    __slots__ = ("_at", "_value", "line")

    def __init__(self, value: Any, line: int, at: int | None = None) -> None:
        """``value`` is the item's, or, where ``at`` is given, the text in which it starts there."""
        self._value, self._at = value, at
        self.line = line

    @property
    def value(self) -> Any:
        """The item's value."""
        return self._value if self._at is None else DECODER.raw_decode(self._value, self._at)[0]


class Document:
    """A JSON text, read member by member, so that the items of its lists have lines."""

    def __init__(self, settings: Settings, text: str) -> None:
        """Check the text's nesting.

        Raises:
            RefusedError: it is nested deeper than the cap.
        """
        self.text = text
        self.settings = settings
        self._line, self._counted = 1, 0
        self._is_large = len(text) > settings.records_memory_bytes
        deepest, self._open = nesting(text)
        if deepest > settings.max_depth:
            raise over_cap(settings, "max_depth", f"JSON nested {deepest:,} deep")

    def read(self) -> dict[str, Any] | list[Item]:
        """The document: a list of items, or an object whose lists are lists of items.

        Raises:
            RefusedError: ``export_truncated``, ``export_unreadable`` or ``export_cap_exceeded``.
        """
        start = self._skip(0)
        try:
            value, end = self._value(start)
        except (ValueError, RecursionError) as error:
            raise self._refusal(error) from error
        end = self._skip(end)
        if end < len(self.text):
            raise RefusedError(
                "export_unreadable",
                f"line {self._line_at(end)}: more text after the end of the JSON",
                line=self._line,
            )
        if not isinstance(value, (dict, list)):
            raise RefusedError("export_unreadable", "the JSON is a single value, neither a list nor an object")
        return value

    def _value(self, at: int) -> tuple[Any, int]:
        opening = self.text[at : at + 1]
        if opening == "[":
            return self._items(at)
        if opening == "{":
            return self._members(at)
        return DECODER.raw_decode(self.text, at)

    def _members(self, at: int) -> tuple[dict[str, Any], int]:
        pairs: list[tuple[str, Any]] = []
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "}":
            return {}, at + 1
        while True:
            self._expect(at, '"')
            name, at = scanstring(self.text, at + 1, False)
            at = self._skip(at)
            self._expect(at, ":")
            at = self._skip(at + 1)
            if self.text[at : at + 1] == "[":
                value, at = self._value(at)
            else:
                value, at = DECODER.raw_decode(self.text, at)
            pairs.append((name, value))
            at = self._skip(at)
            if self.text[at : at + 1] == "}":
                _check_lists(pairs)
                return make_object(pairs), at + 1
            self._expect(at, ",")
            at = self._skip(at + 1)

    def _items(self, at: int) -> tuple[list[Item], int]:
        items: list[Item] = []
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "]":
            return items, at + 1
        while True:
            line, start = self._line_at(at), at
            value, at = DECODER.raw_decode(self.text, at)
            if len(items) == self.settings.max_records:
                raise over_cap(self.settings, "max_records", f"line {line}: a longer list", line)
            items.append(Item(self.text, line, start) if self._is_large else Item(value, line))
            at = self._skip(at)
            if self.text[at : at + 1] == "]":
                return items, at + 1
            self._expect(at, ",")
            at = self._skip(at + 1)

    def _skip(self, at: int) -> int:
        found = SPACE.match(self.text, at)
        return found.end() if found else at

    def _expect(self, at: int, character: str) -> None:
        if self.text[at : at + 1] != character:
            raise json.JSONDecodeError(f"Expecting {character}", self.text, at)

    def _line_at(self, at: int) -> int:
        self._line += self.text.count("\n", self._counted, at)
        self._counted = max(at, self._counted)
        return self._line

    def _refusal(self, error: ValueError | RecursionError) -> RefusedError:
        if isinstance(error, RecursionError):
            return over_cap(self.settings, "max_depth", "JSON nested too deeply")
        line = getattr(error, "lineno", None)
        where = f"line {line} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "in a number"
        if self._open > 0:
            return RefusedError("export_truncated", f"{where}: the JSON ends before it is complete", line=line)
        return RefusedError("export_unreadable", f"{where}: {getattr(error, 'msg', error)}", line=line)


def _check_lists(pairs: list[tuple[str, Any]]) -> None:
    """Refuse a document with two lists of one name: records would be taken from the first and lost from the second."""
    times = Counter(name for name, _ in pairs)
    repeated = [name for name, value in pairs if isinstance(value, list) and times[name] > 1]
    if repeated:
        raise RefusedError(
            "export_unreadable", f"the JSON object names {repeated[0]!r} more than once", field=repeated[0]
        )


def decode_line(settings: Settings, text: str, line: int) -> Any:
    """The one value that a line holds.

    Raises:
        ValueError: it is no JSON, or more than one value.
        RefusedError: it is nested deeper than the cap.
    """
    # Counted first, for few lines have so many brackets at all.
    brackets = text.count("[") + text.count("{")
    deepest = nesting(text)[0] if brackets > settings.max_depth else 0
    if deepest > settings.max_depth:
        raise over_cap(settings, "max_depth", f"line {line}: JSON nested {deepest:,} deep", line)
    value, end = DECODER.raw_decode(text)
    if end < len(text):
        raise ValueError(f"more text after the value, at character {end + 1}")
    return value


def plain(value: Any) -> Any:
    """A member of a document with its items' lines taken off."""
    return [item.value for item in value] if isinstance(value, list) else value
