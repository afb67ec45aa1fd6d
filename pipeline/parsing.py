"""Parsing: from the texts of records to days and numbers; null where a text is none.

Belongs here: reading a column of texts by declared format. Does not belong here: coordinates (``coordinates``), which
property holds a text, or what becomes of a record whose text says nothing (``mapping``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar
from unicodedata import decimal

import pyarrow as pa

Value = TypeVar("Value")

# Milliseconds since 1970 of any day to 2286 but those within 116 days of it, and 0, which programs write for none.
# Eight digits or fourteen are a day written together.
EPOCH_MS = re.compile(r"(?:0|\d{11,13}|-\d{11,})(?:\.0*)?")
WITH_EXPONENT = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?[eE]\+?\d{1,2}")
DAY_MS = 86_400_000
# Parts of a format that nothing keeps apart.
TOGETHER = re.compile(r"(?:%[YymdHMS]){2,}")
DIGITS = re.compile(r"\d+")
# Days that programs write where there is none: of spreadsheets and shapefiles, of Unix, of databases, of old Macs.
NULL_DAYS = ("1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01", "0001-01-01", "1753-01-01", "1904-01-01")
# Longest text in which two days are looked for, in letters.
LONGEST_SPAN = 200
NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
BETWEEN_DAYS = re.compile(r"\s*[/–—]\s*|\s+(?:-|to|until|إلى|حتى|по|до)\s+")


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
        formats: strptime formats tried in order; ``epoch_ms`` is milliseconds since 1970, UTC, of 11 digits or more.
            A time with an offset counts for its day in UTC.
        default_year: year of dates whose format has none.
    """
    wanted = tuple(formats)

    def convert(text: str) -> date | None:
        for format_ in wanted:
            parsed = _parse_date(plain_digits(text), format_, default_year)
            if parsed is not None:
                return parsed
        return None

    return map_unique(texts, convert, pa.date32())


def null_days() -> pa.Table:
    """Days that stand for none, as a frame with the column ``day``."""
    return pa.table({"day": pa.array([date.fromisoformat(day) for day in NULL_DAYS], pa.date32())})


def parse_spans(texts: pa.Array, formats: Iterable[str], default_year: int | None = None) -> tuple[pa.Array, pa.Array]:
    """Read first and last day of texts that name one day or two ("5/10/2015 – 8/10/2015"); null where they do not.

    Args:
        texts: the texts; both days are written in one of the declared formats.
        formats: as for :func:`parse_dates`.
        default_year: as for :func:`parse_dates`.
    """
    wanted = tuple(formats)

    def read(text: str) -> tuple[date | None, date | None]:
        if len(text) > LONGEST_SPAN:
            return None, None
        halves = [(text, text), *((text[: gap.start()], text[gap.end() :]) for gap in BETWEEN_DAYS.finditer(text))]
        for half in halves:
            first, last = parse_dates(pa.array(half, pa.string()), wanted, default_year).to_pylist()
            if first and last:
                return first, last
        return None, None

    return (
        map_unique(texts, lambda text: read(text)[0], pa.date32()),
        map_unique(texts, lambda text: read(text)[1], pa.date32()),
    )


def plain_digits(text: str) -> str:
    """Arabic-Indic and other decimal digits as 0 to 9."""
    return text if text.isascii() else "".join(str(decimal(c)) if c.isdecimal() else c for c in text)


def _parse_date(text: str, format_: str, default_year: int | None) -> date | None:
    try:
        if format_ == "epoch_ms":
            return _parse_epoch_ms(text)
        if not _is_whole(text, format_):
            return None
        if default_year is not None and "%Y" not in format_ and "%y" not in format_:
            return datetime.strptime(f"{default_year} {text}", f"%Y {format_}").date()
        moment = datetime.strptime(text, format_)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError, OSError):
        return None


def _parse_epoch_ms(text: str) -> date | None:
    """The day of milliseconds, which a program may have made decimals (1647475200000.0) or powers (1.6474752e+12).

    Powers are often rounded, 1.65e+12 by as much as 58 days: such a number is read if all that it may stand for is on
    one day, or if it is a midnight, which rounding hardly hits.
    """
    if not WITH_EXPONENT.fullmatch(text):
        return _utc_day(int(float(text))) if EPOCH_MS.fullmatch(text) else None
    number = Decimal(text)
    if number != int(number) or not EPOCH_MS.fullmatch(str(int(number))):
        return None
    half_place = Decimal(5).scaleb(int(number.as_tuple().exponent) - 1)
    is_one_day = (number - half_place) // DAY_MS == (number + half_place) // DAY_MS
    return _utc_day(int(number)) if is_one_day or number % DAY_MS == 0 else None


def _utc_day(milliseconds: int) -> date:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date()


def _is_whole(text: str, format_: str) -> bool:
    """Whether no digit is missing where a format writes numbers together: 2015111 is 1 November or 11 January."""
    longest = max(map(len, DIGITS.findall(text)), default=0)
    return all(2 * (run.count("%") + run.count("Y")) <= longest for run in TOGETHER.findall(format_))


def parse_numbers(texts: pa.Array) -> pa.Array:
    """Read plain decimal numbers; null where a text is none."""

    def convert(text: str) -> float | None:
        plain = plain_digits(text)
        # Python alone would also take 1_000, inf and nan.
        number = float(plain) if NUMBER.fullmatch(plain) else math.nan
        return number if math.isfinite(number) else None

    return map_unique(texts, convert, pa.float64())
