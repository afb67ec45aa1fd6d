"""Telling: what the exports that a run settled came to, in words for whoever started it.

Belongs here: which exports those are, sentences on what they brought, and on what of them needs a person. Does not
belong here: deciding any of it (``history``, ``overrides``), and what the run itself did (``running``).

An export is told of by the run that settles it, by whatever way it came in: from the inbox, by hand, from a server, or
let in by a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from pipeline.history import APPLIED, UNREADABLE
from pipeline.lake import Lake
from pipeline.overrides import EMPTIED, OUTRANKED_BY
from pipeline.printing import printable
from pipeline.table_files import DamagedTable
from pipeline.work import Work

# An export by theatre, source and id, with its state and whether a person let it in.
States = dict[tuple[str, str, str], tuple[str, bool]]
Row = dict[str, Any]


def read_states(lake: Lake) -> States:
    """How the exports stand; nothing where that is damaged, as the run makes it again and settles all of them."""
    columns = ["theatre", "source", "export_id", "state", "is_accepted"]
    try:
        return {_name(row): _state(row) for row in lake.read("core.receipts", columns=columns).to_pylist()}
    except DamagedTable:
        return {}


def find_settled(work: Work, names: list[str], before: States) -> list[Row]:
    """Exports that were settled since, or settled otherwise, by theatre, source and order of receipt.

    Files that cannot be read are none of them: of those whoever took them was told.

    Args:
        work: the data folder.
        names: theatres.
        before: how exports stood.

    Returns:
        Rows of ``core.receipts``, with how many ``records`` each has.
    """
    rows = work.lake.read("core.receipts", theatre=names).to_pylist()
    settled = [row for row in rows if row["state"] != UNREADABLE and before.get(_name(row)) != _state(row)]
    if not settled:
        return []
    exports = work.lake.read(
        "raw.exports", columns=["theatre", "source", "export_id", "record_count"], theatre=names
    ).to_pylist()
    records = {_name(row): row["record_count"] for row in exports}
    settled.sort(key=lambda row: (row["theatre"], row["source"], row["receipt_no"]))
    return [row | {"records": records[_name(row)]} for row in settled]


def tell_changes(work: Work, settled: Sequence[Row]) -> list[str]:
    """What each export of a source of strikes brought, corrected and withdrew."""
    told = []
    for where, files in _by_source(settled):
        rows = work.lake.read(
            "core.revisions", columns=["export_id", "revision", "status", "ended_by"], **where
        ).to_pylist()
        began = Counter((row["export_id"], row["revision"] > 1) for row in rows)
        ended = Counter(row["ended_by"] for row in rows if row["status"] == "withdrawn")
        for file in files:
            export = file["export_id"]
            counts = (
                ("new", began[export, False]),
                ("said otherwise than before", began[export, True]),
                ("withdrawn", ended[export]),
            )
            changes = [f"{count:,} {what}" for what, count in counts if count]
            if changes:
                name = printable(file["file_name"])
                told.append(f"{where['theatre']} {where['source']}: {name}: strikes: {', '.join(changes)}")
    return told


def tell_refused(work: Work, settled: Sequence[Row]) -> list[str]:
    """How many records of each export were refused, and why; what belongs to another source is no fault."""
    told = []
    for where, files in _by_source(settled):
        rows = work.lake.read("core.quarantine", columns=["export_id", "record_id", "reason_code"], **where).to_pylist()
        refused: dict[str, list[Row]] = {}
        for row in rows:
            if row["reason_code"] != "record_out_of_scope":
                refused.setdefault(row["export_id"], []).append(row)
        for file in files:
            own = refused.get(file["export_id"])
            if own:
                reasons = Counter(row["reason_code"] for row in own)
                listed = ", ".join(f"{code} {count}" for code, count in sorted(reasons.items()))
                told.append(
                    f"{printable(file['file_name'])}: {len({row['record_id'] for row in own}):,} of"
                    f" {file['records']:,} records refused ({listed});"
                    " `isw-strikes quarantine` names row, field, value and what to do"
                )
    return told


def tell_older(work: Work, settled: Sequence[Row]) -> list[str]:
    """Of which exports most records are superseded at once, by what was there before them."""
    told = []
    new = {file["export_id"] for file in settled}
    for where, files in _by_source(settled):
        outcomes = work.lake.read("core.record_outcomes", columns=["export_id", "outcome"], **where).to_pylist()
        older = Counter(row["export_id"] for row in outcomes if row["outcome"] == "superseded")
        old = [file for file in files if older[file["export_id"]] and 2 * older[file["export_id"]] >= file["records"]]
        receipts = work.lake.read("core.receipts", **where).to_pylist() if old else []
        applied = [row for row in receipts if row["state"] == APPLIED]
        for file in old:
            later = [row for row in applied if row["receipt_no"] > file["receipt_no"]]
            if any(row["export_id"] not in new for row in later):
                told.append(
                    f"{printable(file['file_name'])} counts as received {file['received_at']:%Y-%m-%d %H:%M}:"
                    f" {older[file['export_id']]:,} of its {file['records']:,} records are older than what stands"
                    f" (received {max(row['received_at'] for row in later):%Y-%m-%d %H:%M})"
                )
    return told


def tell_unidentified(_: Work, settled: Sequence[Row]) -> list[str]:
    """Which exports lack strikes and withdraw none, because their refused records could be just those."""
    return [
        f"{printable(row['file_name'])} lacks {row['lacking']:,} of the {row['standing']:,} that stand, and withdraws"
        f" none: {row['unidentified']:,} of its records are refused in a way that does not tell which they are"
        for row in settled
        if row["lacking"] and row["unidentified"]
    ]


def _name(row: Row) -> tuple[str, str, str]:
    return row["theatre"], row["source"], row["export_id"]


def _state(row: Row) -> tuple[str, bool]:
    return row["state"], row["is_accepted"]


def _by_source(settled: Sequence[Row]) -> Iterator[tuple[dict[str, Any], list[Row]]]:
    for (theatre, source), files in groupby(settled, key=lambda row: (row["theatre"], row["source"])):
        yield {"theatre": theatre, "source": source}, list(files)


def tell_overrides(work: Work, names: list[str], on_progress: Callable[[str], None]) -> list[str]:
    """What people's overrides came to in the last run.

    Returns:
        Each that was refused, is outdated or outranked, with what to do; ``on_progress`` is told how many count.
    """
    problems = []
    rows = work.lake.read("core.overrides", theatre=names).to_pylist()
    outcomes = work.lake.read("core.record_outcomes", columns=["record_id", "outcome"], theatre=names).to_pylist()
    still_refused = {row["record_id"] for row in outcomes if row["outcome"] == "quarantined"}
    for theatre, source in sorted({(row["theatre"], row["source"]) for row in rows}):
        own = [row for row in rows if (row["theatre"], row["source"]) == (theatre, source)]
        applied = [row for row in own if row["state"] == "applied"]
        lines = {(row["file_name"], row["line_no"], row["state"]) for row in own}
        states = Counter(state for _, _, state in lines)
        records = {row["record_id"] for row in applied}
        on_progress(
            f"{theatre} {source}: overrides: {states['applied']:,} applied to {len(records):,} records"
            f" ({len(records & still_refused):,} of them are refused all the same), {states['unneeded']:,} unneeded,"
            f" {states['outdated']:,} outdated, {states['outranked']:,} outranked, {states['refused']:,} refused"
        )
        problems += [
            f"{row['file_name']} line {row['line_no']}: {row['reason_code']}: {row['hint']}"
            for row in own
            if row["state"] == "refused"
        ]
        problems += [
            f"{row['file_name']} line {row['line_no']}: the source no longer says {row['was']!r} of {row['field']} but"
            f" {row['value_before']!r}: check the override, and delete it or its `was`"
            for row in own
            if row["state"] == "outdated"
        ]
        problems += [
            f"{row['file_name']} line {row['line_no']}: {row['field']} changes nothing where the record says"
            f" {' or '.join(OUTRANKED_BY[row['field']])}: correct that, or empty it with {EMPTIED}"
            for row in own
            if row["state"] == "outranked"
        ]
    return problems
