"""Parsing: from the texts of records to days, numbers and degrees; null where a text is none.

Belongs here: reading a column of texts by declared format. Does not belong here: which property holds a text, or what
becomes of a record whose text says nothing (``mapping``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import TypeVar
from unicodedata import decimal

import pyarrow as pa

Value = TypeVar("Value")

DECIMAL = re.compile(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def map_unique(texts: pa.Array, convert: Callable[[str], Value | None], type_: pa.DataType) -> pa.Array:
    """Convert each different text once; null stays null."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    encoded = texts.dictionary_encode()
    converted = pa.array([convert(text) for text in encoded.dictionary.to_pylist()], type_)
    return converted.take(encoded.indices)


def parse_dates(texts: pa.Array, formats: Iterable[str], default_year: int | None = None) -> pa.Array:
    """Read days by the declared formats only; null where none fits.

    Args:
        texts: the texts.
        formats: strptime formats tried in order; ``epoch_ms`` is milliseconds since 1970, UTC. A time with an offset
            counts for its day in UTC.
        default_year: year of dates whose format has none.
    """
    wanted = tuple(formats)

    def convert(text: str) -> date | None:
        for format_ in wanted:
            parsed = _parse_date(_plain_digits(text), format_, default_year)
            if parsed is not None:
                return parsed
        return None

    return map_unique(texts, convert, pa.date32())


def _plain_digits(text: str) -> str:
    """Arabic-Indic and other decimal digits as 0 to 9."""
    return text if text.isascii() else "".join(str(decimal(c)) if c.isdecimal() else c for c in text)


def _parse_date(text: str, format_: str, default_year: int | None) -> date | None:
    try:
        if format_ == "epoch_ms":
            return datetime.fromtimestamp(int(text) / 1000, UTC).date() if text.lstrip("-").isdigit() else None
        if default_year is not None and "%Y" not in format_ and "%y" not in format_:
            return datetime.strptime(f"{default_year} {text}", f"%Y {format_}").date()
        moment = datetime.strptime(text, format_)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError, OSError):
        return None


def parse_numbers(texts: pa.Array) -> pa.Array:
    """Read plain decimal numbers; null where a text is none."""

    def convert(text: str) -> float | None:
        try:
            number = float(_plain_digits(text))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    return map_unique(texts, convert, pa.float64())


def parse_coordinates(texts: pa.Array) -> pa.Array:
    """Read degrees as decimals (point or comma) or as degrees, minutes and seconds; null where a text is neither."""
    from lat_lon_parser import parse  # noqa: PLC0415 - only odd spellings need it

    def convert(text: str) -> float | None:
        text = _plain_digits(text)
        if DECIMAL.fullmatch(text):
            return float(text)
        if DECIMAL_COMMA.fullmatch(text):
            return float(text.replace(",", "."))
        try:
            number = float(parse(text))
        except (ValueError, TypeError, IndexError):
            return None
        return number if math.isfinite(number) else None

    return map_unique(texts, convert, pa.float64())
