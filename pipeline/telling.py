"""Telling: what the files that a run took came to, in words for whoever started it.

Belongs here: sentences on what new files brought, and on what of them needs a person. Does not belong here: deciding
any of it (``history``, ``overrides``), and what the run itself did (``running``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.history import APPLIED
from pipeline.intake import Taken
from pipeline.overrides import EMPTIED, OUTRANKED_BY
from pipeline.work import Work


def tell_changes(work: Work, taken: list[Taken]) -> list[str]:
    """What each new file of a source of strikes brought, corrected and withdrew."""
    told = []
    for file in taken:
        rows = work.lake.read(
            "core.revisions",
            columns=["export_id", "revision", "status", "ended_by"],
            theatre=file.theatre,
            source=file.source,
        ).to_pylist()
        began = Counter(row["revision"] > 1 for row in rows if row["export_id"] == file.export_id)
        ended = sum(row["status"] == "withdrawn" and row["ended_by"] == file.export_id for row in rows)
        counts = (("new", began[False]), ("said otherwise than before", began[True]), ("withdrawn", ended))
        changes = [f"{count:,} {what}" for what, count in counts if count]
        if changes:
            told.append(f"{file.theatre} {file.source}: {Path(file.path).name}: strikes: {', '.join(changes)}")
    return told


def tell_refused(work: Work, taken: list[Taken]) -> list[str]:
    """How many records of each new file were refused, and why; what belongs to another source is no fault."""
    told = []
    for file in taken:
        rows = work.lake.read(
            "core.quarantine",
            columns=["export_id", "record_id", "reason_code"],
            theatre=file.theatre,
            source=file.source,
        ).to_pylist()
        own = [
            row for row in rows if row["export_id"] == file.export_id and row["reason_code"] != "record_out_of_scope"
        ]
        if own:
            reasons = Counter(row["reason_code"] for row in own)
            listed = ", ".join(f"{code} {count}" for code, count in sorted(reasons.items()))
            refused = len({row["record_id"] for row in own})
            told.append(
                f"{Path(file.path).name}: {refused:,} of {file.records:,} records refused ({listed});"
                " `isw-strikes quarantine` names row, field, value and what to do"
            )
    return told


def tell_older(work: Work, taken: list[Taken]) -> list[str]:
    """Of which new files most records are superseded at once, by what was there before them."""
    told = []
    new = {file.export_id for file in taken}
    for file in taken:
        where: dict[str, Any] = {"theatre": file.theatre, "source": file.source}
        outcomes = work.lake.read("core.record_outcomes", columns=["export_id", "outcome"], **where).to_pylist()
        older = sum(row["export_id"] == file.export_id and row["outcome"] == "superseded" for row in outcomes)
        if not older or 2 * older < file.records:
            continue
        receipts = {row["export_id"]: row for row in work.lake.read("core.receipts", **where).to_pylist()}
        own = receipts[file.export_id]
        later = [row for row in receipts.values() if row["receipt_no"] > own["receipt_no"] and row["state"] == APPLIED]
        if any(row["export_id"] not in new for row in later):
            told.append(
                f"{Path(file.path).name} counts as received {own['received_at']:%Y-%m-%d %H:%M}: {older:,} of its"
                f" {file.records:,} records are older than what stands"
                f" (received {max(row['received_at'] for row in later):%Y-%m-%d %H:%M})"
            )
    return told


def tell_unidentified(work: Work, taken: list[Taken]) -> list[str]:
    """Which new files lack strikes and withdraw none, because their refused records could be just those."""
    told = []
    for file in taken:
        rows = work.lake.read("core.receipts", theatre=file.theatre, source=file.source).to_pylist()
        told += [
            f"{row['file_name']} lacks {row['lacking']:,} of the {row['standing']:,} that stand, and withdraws none:"
            f" {row['unidentified']:,} of its records are refused in a way that does not tell which they are"
            for row in rows
            if row["export_id"] == file.export_id and row["lacking"] and row["unidentified"]
        ]
    return told


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
