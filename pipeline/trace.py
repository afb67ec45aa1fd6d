"""Trace: the way back from one strike to every row of every file that tells of it, from the latest release; and from a
record that was refused to its row.

Belongs here: laying out revisions, sightings, corrections, the episode and possible duplicates of a strike, and why a
record became none.
Does not belong here: what became of a record (``history``), why a strike counts as it does (``explain``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import duckdb

from pipeline.errors import UserError
from pipeline.explain import correction, origin, raw_values
from pipeline.printing import printable
from pipeline.released import released_tables
from pipeline.sessions import connect, sql
from pipeline.settings import Settings

FILES = {
    "revisions": "core.revisions",
    "sightings": "core.sightings",
    "outcomes": "core.record_outcomes",
    "receipts": "core.receipts",
    "exports": "raw.exports",
    "records": "raw.records",
    "episodes": "core.episodes",
    "links": "core.links",
    "strikes": "core.strikes",
    "overrides": "core.overrides",
    "quarantine": "core.quarantine",
}
LISTS = ("revisions", "sightings", "overrides", "episode", "links")
Row = Mapping[str, Any]


def trace_strike(settings: Settings, strike_id: str) -> list[str]:
    """The way back from a strike, or from a refused record, as lines of plain English.

    Args:
        settings: settings.
        strike_id: id of a strike of the latest release, withdrawn ones included; a beginning is enough where only one
            id has it. Or the id or key of a record that was refused.

    Raises:
        UserError: there is no release, or neither exactly one strike of that id nor a refused record; the message
            names those that could be meant.
    """
    files = released_tables(settings, FILES)
    with connect(settings) as session:
        asked = {**files, "strike_id": strike_id}
        found = _ask(session, "find_strikes", asked)
        refused = [] if found else _ask(session, "list_refused", asked)
        if refused:
            near = _ask(session, "suggest_strikes", asked)
            return [printable(line) for line in _tell_refused(strike_id, refused, near)]
        strike = _only(session, asked, found)
        known = {**files, **{name: strike[name] for name in ("strike_id", "theatre", "source", "source_key")}}
        rows = {name: _ask(session, f"list_{name}", known) for name in LISTS}
    told = (
        _head(strike),
        _tell_revisions(rows["revisions"]),
        _tell_sightings(rows["sightings"]),
        _tell_overrides(rows["overrides"]),
        _tell_episode(strike, rows["episode"]),
        _tell_links(rows["links"]),
    )
    parts = [[printable(line) for line in part] for part in told]
    return [line for number, part in enumerate(filter(None, parts)) for line in ([""] if number else []) + part]


def _ask(session: duckdb.DuckDBPyConnection, name: str, known: Mapping[str, str]) -> list[dict[str, Any]]:
    (statement,) = session.extract_statements(sql(f"trace/{name}"))
    wanted = {parameter: known[parameter] for parameter in statement.named_parameters}
    return list(session.execute(statement, wanted).to_arrow_table().to_pylist())


def _only(session: duckdb.DuckDBPyConnection, asked: Mapping[str, str], found: list[dict[str, Any]]) -> Row:
    strike_id = asked["strike_id"]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(row["strike_id"] for row in found[:5]) + (" and more" if len(found) > 5 else "")
        raise UserError(f"several strikes begin with {strike_id!r} ({listed}): give more of the id")
    near = [
        f"{row['strike_id']} ({row['source']} {row['source_key']})" if row["is_key"] else row["strike_id"]
        for row in _ask(session, "suggest_strikes", asked)
    ]
    hint = f"did you mean {' or '.join(near)}?" if near else "ids stand in core.strikes and core.revisions"
    raise UserError(f"the latest release knows no strike {strike_id!r}: {hint}")


def _tell_refused(asked: str, refused: list[dict[str, Any]], near: list[dict[str, Any]]) -> Iterator[str]:
    """Each record with its reasons; and the strike that other records of its key tell of."""
    records = [list(rows) for _, rows in groupby(refused, key=lambda row: (row["source"], row["record_id"]))]
    yield f"{asked}: {len(records)} refused record{'' if len(records) == 1 else 's'}, of which no strike is made"
    for number, rows in enumerate(records, 1):
        first = rows[0]
        yield f"  {number}. {first['theatre']} {first['source']}: {origin(first)}, {first['record_id']}"
        yield f"     received {_moment(first['received_at'])}, sha256 {first['sha256']}"
        for row in rows:
            said = "" if row["field"] is None else f": {row['field']} = {_told(row['value'])}"
            yield f"     {row['reason_code']}{said}"
            yield f"     what to do: {row['hint']}"
        yield from (f"     {name} = {value}" for name, value in raw_values(first["properties"]))
    yield from (f"Of the same key is strike {row['strike_id']} ({row['source']})" for row in near if row["is_key"])


def _head(strike: Row) -> Iterator[str]:
    where = ", ".join(part for part in (strike["place"], strike["province"]) if part) or "no place named"
    days = " to ".join(dict.fromkeys((f"{strike['date_from']}", f"{strike['date_to']}")))
    yield f"{strike['strike_id']}: {where}, {days} ({strike['theatre']} {strike['source']} {strike['source_key']})"
    if strike["status"] == "withdrawn":
        yield "  It was withdrawn: no figure counts it, and this is its tombstone."


def _tell_revisions(revisions: list[dict[str, Any]]) -> Iterator[str]:
    yield f"Revisions: {len(revisions)}"
    for row in revisions:
        span = f"from {_moment(row['known_from'])}"
        if row["known_to"]:
            verb = "withdrawn: it is not in" if row["status"] == "withdrawn" else "superseded by"
            span += f" to {_moment(row['known_to'])}, {verb} {row['ended_by_file']}"
        again = f"; says what revision {row['repeats']} said" if row["repeats"] else ""
        yield f"  {row['revision']}  {span}{'' if row['known_to'] else ', stands'}{again}"
        for field, (before, after) in sorted(json.loads(row["changes"]).items()):
            yield f"     {field}: {_told(before)} became {_told(after)}"


def _tell_sightings(sightings: list[dict[str, Any]]) -> Iterator[str]:
    yield f"Sightings: {len([row for row in sightings if row['outcome'] != 'held'])}"
    first: dict[int | None, list[tuple[str, str]]] = {}
    for number, row in enumerate(sightings, 1):
        what = "held back, not applied" if row["outcome"] == "held" else f"{row['outcome']}, revision {row['revision']}"
        yield f"  {number}. {origin(row)}: {what}"
        yield f"     received {_moment(row['received_at'])}, sha256 {row['sha256']}"
        values = raw_values(row["properties"])
        known = first.setdefault(row["revision"], values)
        shown = values if known is values else [value for value in values if value not in known]
        yield from (f"     {name} = {value}" for name, value in shown)
        if known is not values:
            yield "     the rest as the first of its revision" if shown else "     as the first of its revision"


def _tell_overrides(overrides: list[dict[str, Any]]) -> Iterator[str]:
    if overrides:
        yield "Corrected by hand"
    yield from (f"  {row['export_name']}: {correction(row)}" for row in overrides)


def _tell_episode(strike: Row, episode: list[dict[str, Any]]) -> Iterator[str]:
    others = [row["strike_id"] for row in episode if row["strike_id"] != strike["strike_id"]]
    if others:
        yield f"Counted as one episode with: {', '.join(others)}"


def _tell_links(links: list[dict[str, Any]]) -> Iterator[str]:
    if links:
        yield "Could be the same event in other sources (links, never merged)"
    for row in links:
        days = " to ".join(dict.fromkeys((f"{row['date_from']}", f"{row['date_to']}")))
        yield (
            f"  {row['other_id']}  {row['other_source']}: {row['place'] or 'no place named'}, {days};"
            f" {row['distance_m']:,.0f} m apart, {'a day apart' if row['days_apart'] else 'days overlap'},"
            f" score {row['score']:.2f}"
        )


def _moment(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _told(text: str | None) -> str:
    return "nothing" if text is None else repr(text)
