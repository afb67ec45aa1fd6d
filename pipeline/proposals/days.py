"""Days: the date formats that read a column.

Belongs here: trying formats against all values, and saying where two of them read the same text as different days.
Does not belong here: reading dates (``parsing``), which column is which (``fields``).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from pipeline.parsing import parse_dates
from pipeline.proposals.inspection import Column
from pipeline.theatres import Theatre

# Tried in this order; of two that read as much the first is taken.
FORMATS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
    "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d", "%Y%m%d", "epoch_ms",
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M", "%d.%m.%y",
    "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d%b%Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%d %B, %Y",
)  # fmt: skip
# Pairs that read the same text as different days.
OTHER_ORDER = {
    format_: format_.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
    for format_ in FORMATS
    if format_.startswith(("%d/%m", "%m/%d", "%d-%m", "%m-%d"))
}
PLAUSIBLE = (date(1990, 1, 1), date(2100, 1, 1))
SAMPLE = 50  # a format that reads none of so many texts is not tried on all


@dataclass(frozen=True)
class Days:
    """How a column reads as days.

    Attributes:
        formats: formats that together read most, in order of how much each reads.
        read: rows that they read.
        unread: texts that none reads, with their counts.
        in_span: rows whose day lies in the theatre's months.
        ambiguous: rows that the other order of day and month would read as another day; 0 where that order is ruled
            out.
        example: such a text.
        is_settled: whether the months of the theatre speak for the order taken.
    """

    formats: tuple[str, ...]
    read: int
    unread: dict[str, int]
    in_span: int
    ambiguous: int = 0
    example: str | None = None
    is_settled: bool = True


def span_of(theatre: Theatre) -> tuple[date, date]:
    """First and last day that a theatre looks at."""
    year, month = (int(part) for part in theatre.last_month.split("-"))
    return date.fromisoformat(f"{theatre.first_month}-01"), date(year, month, calendar.monthrange(year, month)[1])


def read_days(column: Column, span: tuple[date, date]) -> Days | None:
    """The formats that read a column; None where they read less than four fifths of it.

    Args:
        column: the column.
        span: first and last day that the theatre looks at, which decide between day first and month first.
    """
    left, read, in_span = dict(column.counts), 0, 0
    formats: list[str] = []
    first: Days | None = None
    while left:
        chosen = _best(left, span, formats)
        if chosen is None:
            break
        days = _parse(list(left), chosen)
        formats.append(chosen)
        read += sum(left[text] for text in days)
        in_span += sum(left[text] for text, day in days.items() if span[0] <= day <= span[1])
        first = first or _question(chosen, left, days, span)
        left = {text: count for text, count in left.items() if text not in days}
        if read < column.filled / 2:
            return None
    if read < 0.8 * column.filled:
        return None
    doubt = (first.ambiguous, first.example, first.is_settled) if first else (0, None, True)
    return Days(tuple(formats), read, left, in_span, *doubt)


def _best(left: dict[str, int], span: tuple[date, date], taken: list[str]) -> str | None:
    """The format that reads most of the texts, then most of them into the span."""
    texts = list(left)
    sample = texts[:: max(1, len(texts) // SAMPLE)]
    best, best_score = None, (0, 0)
    for format_ in FORMATS:
        if format_ in taken or OTHER_ORDER.get(format_) in taken or not _parse(sample, format_):
            continue
        days = _parse(texts, format_)
        within = sum(left[text] for text, day in days.items() if span[0] <= day <= span[1])
        score = (sum(left[text] for text in days), within)
        if score > best_score:
            best, best_score = format_, score
    return best


def _parse(texts: list[str], format_: str) -> dict[str, date]:
    """Plausible days of the texts that a format reads."""
    days = parse_dates(pa.array(texts, pa.string()), [format_]).to_pylist()
    return {text: day for text, day in zip(texts, days, strict=True) if day and PLAUSIBLE[0] <= day <= PLAUSIBLE[1]}


def _question(format_: str, counts: dict[str, int], days: dict[str, date], span: tuple[date, date]) -> Days | None:
    """Whether the other order of day and month would do as well; None where it reads less."""
    other = OTHER_ORDER.get(format_)
    if other is None:
        return None
    others = _parse(list(days), other)
    if len(others) < len(days):
        return None
    differing = [text for text in days if days[text] != others[text]]
    if not differing:
        return None
    inside = [sum(counts[t] for t, day in d.items() if span[0] <= day <= span[1]) for d in (days, others)]
    return Days((), 0, {}, 0, sum(counts[t] for t in differing), min(differing), inside[0] > inside[1])
