"""Explain: why one strike counts as it does, from the latest release, with the row of the raw file behind it.

Belongs here: finding a strike and laying out what the release says of it. Does not belong here: any wording of why
(``pipeline/sql/tables/explain_strikes.sql``) or any computing.
"""

from __future__ import annotations

from typing import Any

from pipeline.errors import UserError
from pipeline.exact_json import decode, encode
from pipeline.printing import printable
from pipeline.released import released_tables
from pipeline.sessions import connect, sql
from pipeline.settings import Settings

# What the parts of an explanation are called, in the order in which they are told; here, on the map and on the pages.
PARTS = {
    "counts_as": "Counts as",
    "days_counted": "Days",
    "place_searched": "Place",
    "control_used": "Control map",
    "ground_found": "Ground",
    "how_sure": "How sure",
    "would_change": "What if",
}
FILES = {
    "explanations": "marts.explanations",
    "strikes": "core.strikes",
    "records": "raw.records",
    "exports": "raw.exports",
    "overrides": "core.overrides",
}


def explain_strike(settings: Settings, strike_id: str) -> list[str]:
    """Why a strike counts as it does, as lines of plain English.

    Args:
        settings: settings.
        strike_id: id of a strike in the latest release; a beginning that only one id has is enough.

    Raises:
        UserError: there is no release, or not exactly one strike of that id.
    """
    files = released_tables(settings, FILES)
    with connect(settings) as session:
        found = (
            session.execute(sql("explain/find_strike"), {**files, "strike_id": strike_id}).to_arrow_table().to_pylist()
        )
    if not found:
        raise UserError(f"the latest release has no strike {strike_id!r}: ids stand in core.strikes.strike_id")
    if len(found) > 1:
        raise UserError(f"{len(found)} strikes begin with {strike_id!r}: give more of the id")
    row = found[0]
    lines = [
        f"{row['strike_id']}: {row['what']}",
        *(f"  {title:<12} {row[part]}" for part, title in PARTS.items()),
        *([f"  {'Report':<12} {row['report_title'] or ''} {row['report_url']}"] if row["report_url"] else []),
        f"  {'Raw row':<12} {origin(row)}, sha256 {row['sha256']}",
        *(f"  {'':<12} {name} = {value}" for name, value in raw_values(row["properties"])),
        *(f"  {'Override':<12} {correction(override)}" for override in row["overrides"] or []),
    ]
    return [printable(line) for line in lines]


def origin(row: dict[str, Any]) -> str:
    """Where a raw record stands: file, layer, number of the record, and line where the format has lines."""
    line = f"line {row['line_no']}" if row["line_no"] else None
    return ", ".join(part for part in (row["file_name"], row["layer"], f"record {row['record_no']}", line) if part)


def correction(override: dict[str, Any]) -> str:
    """What a person corrected in a raw record: field, value before and after, who, why, and where it says so."""
    before, after = (
        "nothing" if override[name] is None else repr(override[name]) for name in ("value_before", "value_after")
    )
    when = f", {override['given_when']}" if override["given_when"] else ""
    return (
        f"{override['field']}: {before} became {after}, by {override['who']}{when}: {override['why']}"
        f" ({override['file_name']} line {override['line_no']})"
    )


def raw_values(properties: str) -> list[tuple[str, str]]:
    """The properties of a raw record that hold anything, as they were received."""
    values = decode(properties).items()
    return [
        (name, value if isinstance(value, str) else encode(value)) for name, value in values if value not in (None, "")
    ]
