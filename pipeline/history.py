"""History: what becomes of each record, given all exports of its source.

Belongs here: the order of receipt, revisions and withdrawals, holding an export back, the outcome of each record.
Does not belong here: identity (``mapping.identify``), why a single record is refused (the stages), a person's word that
lets an export in (``acceptance``).

**Order of receipt.** By the recorded time of receipt; of exports received at the same time by file name, then by
export id. It is made from what is recorded of the exports, never from the order in which they were taken in.

**Revisions.** The newest export that holds a key says what stands of it. A revision lasts while the exports say the
same: the first record of the last revision is accepted, further records of it are duplicates, records of revisions
before it are superseded. Two contents of one key in one export are a conflict: the first stays, the rest are
quarantined.

**Withdrawals.** Each export of a source that ``is_complete`` is the whole list: a key that a newer one lacks is
withdrawn, and the record that was accepted is its tombstone. A record that is there but refused withdraws nothing.
Where a key comes back, a new revision begins.

**Held back** is an export, with nothing of it applied, until a person accepts it (``isw-strikes accept``)

- that is complete and lacks more of the keys of the one before than the source allows (``max_withdrawn_share``);
- that says as a whole what an earlier export said, and would undo what was said in between: most likely an old copy.
  What the source's own server sends is no copy: it is what the source says now.

Polygons of control are settled by days, and none of them is held (``control.polygons``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.catalogue import table
from pipeline.catalogue.reasons import reasons
from pipeline.lake import connect, sql
from pipeline.theatres import Source

APPLIED, HELD, UNREADABLE = "applied", "held", "unreadable"
SHRANK, REVERTS = "shrank", "reverts"


@dataclass(frozen=True)
class Settled:
    """What became of the records of one source.

    Attributes:
        outcomes: ``core.record_outcomes`` rows with the key as ``target_id``.
        quarantine: ``core.quarantine`` rows.
        receipts: ``core.receipts`` rows.
        revisions: a row a key and revision: ``source_key``, ``revision``, ``status``, ``is_last``, ``repeats``, the
            ``record_id`` and ``export_id`` that it is made from, ``sightings``, ``known_from``, ``known_to``,
            ``ended_by``, ``last_seen``.
        sightings: a row a record that tells of a key: ``source_key``, ``revision``, ``record_id``, ``export_id``,
            ``received_at``, ``outcome``.
    """

    outcomes: pa.Table
    quarantine: pa.Table
    receipts: pa.Table
    revisions: pa.Table
    sightings: pa.Table


def settle(
    source: Source,
    theatre: str,
    fields: pa.Table,
    refused: pa.Table,
    exports: pa.Table,
    accepted: Collection[str] = (),
) -> Settled:
    """Decide what becomes of each record.

    Args:
        source: the source.
        theatre: name of the theatre.
        fields: records of all its exports, with ``source_key`` and ``content_digest``.
        refused: reasons found so far: record_id, reason_code, field, value.
        exports: its rows of ``raw.exports``.
        accepted: ids of exports that a person let in.
    """
    hints = pa.table({"reason_code": list(reasons()), "hint": [reason.hint for reason in reasons().values()]})
    identity = {"theatre": theatre, "source": source.name}
    with connect() as connection:
        for name, frame in {
            "fields": fields.drop_columns(["geometry"]), "refused": refused, "hints": hints, "exports": exports
        }.items():  # fmt: skip
            connection.register(name, frame)
        connection.execute(sql("history/read_statements"))
        receipts = _judge_exports(connection, source, accepted)
        connection.register("receipts", _frame(receipts))
        connection.execute(sql("history/number_revisions"))
        connection.execute(sql("history/settle_records"))
        outcomes = connection.execute(sql("history/list_outcomes"), identity).to_arrow_table()
        quarantine = connection.execute(sql("history/list_quarantine"), identity).to_arrow_table()
        return Settled(
            table("core.record_outcomes").conform(outcomes),
            table("core.quarantine").conform(quarantine),
            table("core.receipts").conform([{**identity, **row} for row in receipts]),
            connection.execute(sql("history/list_revisions")).to_arrow_table(),
            connection.execute(sql("history/list_sightings")).to_arrow_table(),
        )


def _judge_exports(
    connection: duckdb.DuckDBPyConnection, source: Source, accepted: Collection[str]
) -> list[dict[str, Any]]:
    """The exports in order of receipt, each applied, held or unreadable: a later one is judged by those applied."""
    found = connection.execute(sql("history/list_receipts")).to_arrow_table().to_pylist()
    before: list[dict[str, Any]] = []
    judged = []
    for row in found:
        row |= {
            "is_complete": source.is_complete,
            "standing": None,
            "lacking": None,
            "held_because": None,
            "told": None,
        }
        row |= {"repeats": None, "is_accepted": row["export_id"] in accepted, "state": UNREADABLE}
        if row["is_readable"]:
            why = None if source.kind == "control_polygons" else _find_fault(connection, source, row, before)
            row["state"] = HELD if why and not row["is_accepted"] else APPLIED
            row["held_because"] = why if row["state"] == HELD else None
            row["told"] = _tell(source, row, before) if row["state"] == HELD else None
        if row["state"] == APPLIED:
            before.append(row)
        judged.append(row)
    following = [row["receipt_no"] for row in before[1:]] + [None]
    for row, later in zip(before, following, strict=False):
        row["next_complete"] = later if source.is_complete else None
    return judged


def _find_fault(
    connection: duckdb.DuckDBPyConnection, source: Source, row: dict[str, Any], before: list[dict[str, Any]]
) -> str | None:
    """Why an export should be held back, if it should; notes in the row what it was measured by."""
    alike = next((earlier for earlier in before if _says_the_same(earlier, row)), None)
    if not before or not (source.is_complete or alike):
        return None
    measured = connection.execute(
        sql("history/measure_export"),
        {
            "applied": [earlier["receipt_no"] for earlier in before],
            "previous": before[-1]["receipt_no"] if source.is_complete else None,
            "receipt_no": row["receipt_no"],
        },
    ).to_arrow_table()
    standing, lacking, changed = (measured.column(name)[0].as_py() for name in ("standing", "lacking", "changed"))
    if source.is_complete:
        row |= {"standing": standing, "lacking": lacking}
        if lacking > source.max_withdrawn_share * standing:
            return SHRANK
    undoes = not _says_the_same(before[-1], row) if source.is_complete else changed > 0
    if alike and undoes and not row["is_fetched"]:
        row["repeats"] = alike["export_id"]
        return REVERTS
    return None


def _says_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["keys"] == other["keys"] and one["fingerprint"] == other["fingerprint"])


def _tell(source: Source, row: dict[str, Any], before: list[dict[str, Any]]) -> str:
    """Why an export is held back, in words."""
    if row["held_because"] == SHRANK:
        return (
            f"it lacks {row['lacking']:,} of the {row['standing']:,} that stand by {before[-1]['file_name']}"
            f" ({row['lacking'] / row['standing']:.0%}), more than {source.max_withdrawn_share:.0%}:"
            " most likely it was cut short"
        )
    alike = next(earlier for earlier in before if earlier["export_id"] == row["repeats"])
    return (
        f"it says just what {alike['file_name']} of {alike['received_at']:%Y-%m-%d} said, and would undo"
        " what was received since: most likely it is an old copy"
    )


def _frame(receipts: list[dict[str, Any]]) -> pa.Table:
    """The judged exports as the SQL takes them."""
    schema = pa.schema(
        [
            ("receipt_no", pa.int64()), ("export_id", pa.string()), ("received_at", pa.timestamp("us", "UTC")),
            ("state", pa.string()), ("next_complete", pa.int64()),
        ]
    )  # fmt: skip
    rows = [{field.name: row.get(field.name) for field in schema} for row in receipts]
    return pa.Table.from_pylist(rows, schema=schema)
