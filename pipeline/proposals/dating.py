"""Dating: which columns hold the days that a mapping asks for.

Belongs here: choosing among columns that read as days, and the words in which a doubt is told.
Does not belong here: formats (``days``).
"""

from __future__ import annotations

import re

from pipeline.column_names import known_names, plain
from pipeline.proposals.days import Days, read_days, span_of
from pipeline.proposals.draft import Draft
from pipeline.proposals.inspection import Column, examples, quoted

# Days in the names of files, and the formats that read them; the most telling first.
NAMED_DAYS = (
    (r"(\d{4}-\d{2}-\d{2})", "%Y-%m-%d"),
    (r"(\d{4}_\d{2}_\d{2})", "%Y_%m_%d"),
    (r"(?<!\d)(\d{8})(?!\d)", "%Y%m%d"),
    (r"(\d{1,2}[A-Za-z]{3}\d{4})", "%d%b%Y"),
)


def add_days(draft: Draft, first: str, *others: str) -> None:
    """Map the days of a draft.

    Args:
        draft: the draft.
        first: the field that a row cannot do without.
        others: further fields of days.
    """
    span = span_of(draft.theatre)
    found_days = {column.name: days for column in draft.free() if (days := read_days(column, span))}
    # What is left of a join: days on few rows, and none of them of this war.
    read = {name: days for name, days in found_days.items() if days.in_span or days.read > draft.found.rows / 2}
    columns = [column for column in draft.free() if column.name in read]
    other_columns = {name: found[0] for name in others if (found := draft.found.named(known_names()[name], columns))}
    avoided = {plain(name) for name in known_names()["not_an_event"]}
    rest = [c for c in columns if c not in other_columns.values() and c.plain_name not in avoided]
    named = draft.found.named(known_names()[first], rest)
    chosen = named[0] if named else max(rest, key=lambda c: read[c.name].in_span, default=None)
    is_whole = chosen is not None and bool(named) and chosen.filled == draft.found.rows
    if draft.kind == "control_polygons" and not is_whole and _add_day_of_name(draft) and not named:
        draft.doubts.append(f"{first}: no column says it, so the file's name does")
        return
    if chosen is None:
        draft.doubts.append(f"{first}: no column reads as days; without one every row is quarantined")
    else:
        _map_days(draft, first, chosen, read[chosen.name])
        if not named:
            draft.doubts.append(f"{first}: no name says which column it is; `{chosen.name}` reads as days")
    for name, column in other_columns.items():
        _map_days(draft, name, column, read[column.name])
    if chosen is not None and chosen.filled < draft.found.rows:
        _tell_of_lacking(draft, first, chosen)


def _tell_of_lacking(draft: Draft, name: str, column: Column) -> None:
    """Rows without a day; where each belongs to a report, its period will do and the day is an exact one."""
    lacking = draft.found.rows - column.filled
    if "valid_from_file" in draft.fields:
        draft.doubts.append(f"{name}: {lacking:,} rows have no `{column.name}`; the day in the file's name is taken")
    elif "period_from" in draft.fields:
        draft.fields = {("date_exact" if key == name else key): value for key, value in draft.fields.items()}
        draft.doubts.append(f"date_exact: {lacking:,} rows have no `{column.name}`; their period is taken")
    else:
        draft.doubts.append(f"{name}: {lacking:,} rows have no `{column.name}`; they would be quarantined")


def _map_days(draft: Draft, name: str, column: Column, days: Days) -> None:
    draft.fields[name] = column.name
    draft.date_formats += [format_ for format_ in days.formats if format_ not in draft.date_formats]
    if days.ambiguous and days.example is not None:
        why = "the theatre's months speak for the order taken" if days.is_settled else "nothing decides: check it"
        draft.doubts.append(
            f"date_formats: {days.ambiguous:,} rows of `{column.name}` read as day/month and as month/day, such as "
            f"{quoted(days.example)}; {days.formats[0]} is taken ({why})"
        )
    if days.unread:
        draft.doubts.append(f"{name}: no format reads {examples(days.unread)} of `{column.name}`")
    outside = days.read - days.in_span
    # Control is stated before the theatre's months too, for it goes on.
    if outside and (name in ("date_from", "date_to") or (name == "valid_from" and not days.in_span)):
        draft.doubts.append(
            f"{name}: {outside:,} of {days.read:,} days of `{column.name}` lie outside the theatre's months "
            f"{draft.theatre.first_month} to {draft.theatre.last_month}"
        )


def _add_day_of_name(draft: Draft) -> bool:
    """Map the day in the file's name, where it holds one."""
    for pattern, format_ in NAMED_DAYS:
        if re.search(pattern, draft.found.file_name):
            draft.fields["valid_from_file"] = {"file_name": True, "pattern": pattern}
            draft.date_formats.append(format_)
            return True
    return False
