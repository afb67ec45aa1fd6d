"""JSON without loss: every digit, every key and their order survive reading and writing.

Belongs here: decoding and encoding JSON values, walking through a document's list with the line of each item.
Does not belong here: what the values mean (see ``json_reader``).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from pipeline.exports.json_nesting import nesting
from pipeline.exports.types import RefusedError, over_cap, unique_names
from pipeline.settings import Settings

SURROGATE = re.compile("[\ud800-\udfff]")
SPACE = re.compile(r"[ \t\n\r]*")
# Far below the digits at which Python refuses to convert (4,300) and takes noticeable time.
LONG_INTEGER = 40


@dataclass(frozen=True, slots=True)
class Digits:
    """A number that no Python number can give back as it was written (``1.10``, ``1e400``)."""

    text: str

    def __float__(self) -> float:
        return float(self.text)


@dataclass(frozen=True, slots=True)
class NotANumber:
    """``NaN`` or ``Infinity``, which JSON does not have; written as text."""

    text: str


def _real(text: str) -> float | Digits:
    value = float(text)
    return value if repr(value) == text else Digits(text)


def _integer(text: str) -> int | Digits:
    return int(text) if len(text) < LONG_INTEGER and text != "-0" else Digits(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    return dict(zip(unique_names([name for name, _ in pairs]), (value for _, value in pairs), strict=True))


# Control characters within strings are let pass: nothing is lost by it.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_real, parse_int=_integer, parse_constant=NotANumber, strict=False
)


def decode(text: str) -> Any:
    """The value of a text of :func:`encode`, with every digit."""
    return _DECODER.decode(text)


class _InexactError(TypeError):
    """The fast encoder met a value that it can't write exactly."""


def _refuse(value: object) -> None:
    raise _InexactError(type(value).__name__)


# The encoder that ``json.JSONEncoder`` makes anew for every value, made once, which takes half the time.
_CHUNKS = c_make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, False)


def _encode(value: Any) -> str:
    return "".join(_CHUNKS(value, 0))


def encode(value: Any) -> str:
    """Compact JSON of a value; numbers keep their digits, and NaN and Infinity become text."""
    return encode_with_fault(value)[0]


def encode_with_fault(value: Any) -> tuple[str, str | None]:
    """Compact JSON of a value, and the path of the first NaN or Infinity in it, which JSON can't hold."""
    fault = None
    try:
        text = _encode(value)
    except (_InexactError, ValueError):
        text = _encode_exactly(value)
        found = _find_not_a_number(value)
        fault = found and found.lstrip(".")
    return _writable(text), fault


def _writable(text: str) -> str:
    """The text, with half of a character pair, which UTF-8 can't hold, made visible as an escape."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return SURROGATE.sub(lambda m: f"\\\\u{ord(m.group()):04x}", text)
    return text


def _encode_exactly(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_encode(k)}:{_encode_exactly(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_encode_exactly, value)) + "]"
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, NotANumber):
        return f'"{value.text}"'
    if isinstance(value, float) and not math.isfinite(value):
        return f'"{value}"'
    return _encode(value)


def _find_not_a_number(value: Any) -> str | None:
    """The first NaN or Infinity in a value, as ``.name[place] = NaN``."""
    # The path is made on the way back: before, a long name above a long list would be copied for each item.
    if isinstance(value, NotANumber) or (isinstance(value, float) and not math.isfinite(value)):
        return f" = {value.text if isinstance(value, NotANumber) else value}"
    if isinstance(value, dict):
        return next((f".{name}{found}" for name, item in value.items() if (found := _find_not_a_number(item))), None)
    if isinstance(value, list):
        return next((f"[{at}]{found}" for at, item in enumerate(value) if (found := _find_not_a_number(item))), None)
    return None


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
        return self._value if self._at is None else _DECODER.raw_decode(self._value, self._at)[0]


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
        return _DECODER.raw_decode(self.text, at)

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
                value, at = _DECODER.raw_decode(self.text, at)
            pairs.append((name, value))
            at = self._skip(at)
            if self.text[at : at + 1] == "}":
                _check_lists(pairs)
                return _object(pairs), at + 1
            self._expect(at, ",")
            at = self._skip(at + 1)

    def _items(self, at: int) -> tuple[list[Item], int]:
        items: list[Item] = []
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "]":
            return items, at + 1
        while True:
            line, start = self._line_at(at), at
            value, at = _DECODER.raw_decode(self.text, at)
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
    value, end = _DECODER.raw_decode(text)
    if end < len(text):
        raise ValueError(f"more text after the value, at character {end + 1}")
    return value


def plain(value: Any) -> Any:
    """A member of a document with its items' lines taken off."""
    return [item.value for item in value] if isinstance(value, list) else value
