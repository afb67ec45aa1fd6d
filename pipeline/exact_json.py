"""JSON without loss: every digit, every key and their order survive reading and writing.

Belongs here: decoding and encoding values. Does not belong here: walking through a document (``exports.json_text``),
what the values mean.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from pipeline.property_names import unique_names

SURROGATE = re.compile("[\ud800-\udfff]")
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


def make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its members; names that repeat are told apart."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    return dict(zip(unique_names([name for name, _ in pairs]), (value for _, value in pairs), strict=True))


# Control characters within strings are let pass: nothing is lost by it.
DECODER = json.JSONDecoder(
    object_pairs_hook=make_object, parse_float=_real, parse_int=_integer, parse_constant=NotANumber, strict=False
)


def decode(text: str) -> Any:
    """The value of a text of :func:`encode`, with every digit."""
    return DECODER.decode(text)


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
