"""History: what becomes of each record, given all exports of its source.

Belongs here: the order of receipt, revisions and withdrawals, holding an export back, the outcome of each record.
Does not belong here: identity (``identity``), why a single record is refused (the stages), a person's word that
lets an export in (``acceptance``).

**Order of receipt.** By the recorded time of receipt; of exports received at the same time by file name, then by
export id. It is made from what is recorded of the exports, never from the order in which they were taken in.

**Revisions.** The newest export that holds a key says what stands of it. A revision lasts while the exports say the
same: the first record of the last revision is accepted, further records of it are duplicates, records of revisions
before it are superseded. Two contents of one key in one export are a conflict: the one that stands stays, else that of
the first record, so that rows in another order tell nothing new; the rest are quarantined.

**Withdrawals.** Each export of a source that ``is_complete`` is the whole list: a key that a newer one lacks is
withdrawn, and the record that was accepted is its tombstone. A record that is there but refused withdraws nothing;
where its key does not tell which one it is, it could be any of those that the export lacks, and the export withdraws
nothing at all; unless it was there, word for word, in the last export that could withdraw. Where a key comes back, a
new revision begins.

**Held back** is an export, with nothing of it applied, until a person accepts it (``isw-strikes accept``)

- that is complete and lacks more of the keys of the one before than the source allows (``max_withdrawn_share``);
- that is complete and has more of those keys than that only in records that are refused;
- that says as a whole what an earlier export said, and would undo what was said in between: most likely an old copy.
  What the source's own server sends is no copy: it is what the source says now.

Polygons of control are settled by days; of them only days are held (``control.polygons``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.catalogue import table
from pipeline.catalogue.reasons import reasons
from pipeline.sessions import connect, sql
from pipeline.standing import Measured, Standing
from pipeline.theatres import Source

APPLIED, HELD, UNREADABLE = "applied", "held", "unreadable"
SHRANK, REFUSED, REVERTS, PART = "shrank", "refused", "reverts", "part"


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
        standing = Standing(connection)
        receipts = _judge_exports(connection, source, accepted, standing)
        connection.register("receipts", _frame(receipts))
        connection.register("choices", standing.choices())
        connection.execute(sql("history/choose_statements"))
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
    connection: duckdb.DuckDBPyConnection, source: Source, accepted: Collection[str], standing: Standing
) -> list[dict[str, Any]]:
    """The exports in order of receipt, each applied, held or unreadable: a later one is judged by those applied."""
    judged: list[dict[str, Any]] = connection.execute(sql("history/list_receipts")).to_arrow_table().to_pylist()
    before: list[dict[str, Any]] = []
    doubts = _list_doubts(connection)
    known_doubts: Counter[int] | None = None
    sayings: dict[tuple[int, int], dict[str, Any]] = {}  # by what an export says as a whole, the first that said it
    for row in judged:
        row |= {
            "is_complete": source.is_complete, "standing": None, "lacking": None, "held_because": None, "told": None,
            "repeats": None, "is_accepted": row["export_id"] in accepted, "state": UNREADABLE,
            "unidentified": None,
        }  # fmt: skip
        if not row["is_readable"]:
            continue
        standing.choose(row["receipt_no"])
        doubtful = doubts[row["receipt_no"]]
        if source.is_complete:
            row["unidentified"] = (doubtful - (doubtful if known_doubts is None else known_doubts)).total()
        alike = sayings.get(_saying(row))
        fault = None
        if before and source.kind != "control_polygons":
            fault = _find_fault(source, row, standing.measure(row["receipt_no"]), before[-1], alike)
        if fault and not row["is_accepted"]:
            row |= {"state": HELD, "held_because": fault[0], "told": fault[1]}
            continue
        row["state"] = APPLIED
        standing.apply(row["receipt_no"], withdraws=_withdraws(row))
        known_doubts = known_doubts if row["unidentified"] else doubtful
        before.append(row)
        sayings.setdefault(_saying(row), row)
    later = None
    for row in reversed(before):
        row["next_complete"] = later
        later = row["receipt_no"] if _withdraws(row) else later
    return judged


def _list_doubts(connection: duckdb.DuckDBPyConnection) -> defaultdict[int, Counter[int]]:
    """By export, what its refused records say of which nobody can tell which they are, as numbers, and how often."""
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for receipt_no, said, count in connection.execute(sql("history/list_unidentified")).fetchall():
        found[receipt_no][said] = count
    return found


def _withdraws(row: dict[str, Any]) -> bool:
    return row["is_complete"] and not row["unidentified"]


def _saying(row: dict[str, Any]) -> tuple[int, int]:
    return row["keys"], row["fingerprint"]


def _find_fault(
    source: Source, row: dict[str, Any], measured: Measured, last: dict[str, Any], alike: dict[str, Any] | None
) -> tuple[str, str] | None:
    """Why an export should be held back, if it should, as a word and in words; notes what it was measured by.

    Args:
        source: its source.
        row: the export.
        measured: the export against what stands.
        last: the export applied last.
        alike: the first applied export that says the same as a whole.
    """
    most = source.max_withdrawn_share * measured.standing
    if source.is_complete:
        row |= {"standing": measured.standing, "lacking": measured.lacking}
        for word, count, what, likely in (
            (SHRANK, measured.lacking, "lacks", "it was cut short"),
            (REFUSED, measured.refused, "has, but only in records that are refused,", "its layout changed"),
        ):
            if count > most:
                return word, (
                    f"it {what} {count:,} of the {measured.standing:,} that stand by {last['file_name']}"
                    f" ({count / measured.standing:.0%}), more than {source.max_withdrawn_share:.0%}:"
                    f" most likely {likely}"
                )
    undoes = _saying(last) != _saying(row) if source.is_complete else measured.changed > 0
    if alike and undoes and not row["is_fetched"]:
        row["repeats"] = alike["export_id"]
        return REVERTS, (
            f"it says just what {alike['file_name']} of {alike['received_at']:%Y-%m-%d} said, and would undo"
            " what was received since: most likely it is an old copy"
        )
    return None


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
