"""Receipts: which export the receipt of a file is, given what a source has received.

Belongs here: the ids of exports, and when known bytes are an export once more. Does not belong here: writing anything
(``intake``), what an export changes (``history``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.exports import Received
from pipeline.theatres import Source

Row = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What is to be written for a receipt.

    Attributes:
        received: the file under the id that its export has.
        there: the row of ``raw.exports`` that says it already, so that nothing is to be written; or None.
        is_new: False where the export is there, and is written again as received earlier or under another name.
        said_before: when the same bytes were received before, where they are an export once more.
        makes_room: the row of ``raw.exports`` that has the id now, and gets the one of :func:`once_more`; or None.
    """

    received: Received
    there: Row | None = None
    is_new: bool = False
    said_before: datetime | None = None
    makes_room: Row | None = None


def judge(
    source: Source,
    known: Sequence[Row],
    received: Received,
    moment: datetime,
    is_declared: bool,
    is_fetched: bool,
    accepted: Collection[str] = (),
) -> Verdict:
    """Which export a receipt is. Declared receipts come to the same exports in whatever order they are judged, and
    take nothing from what the source's own server said, or from what a person let in.

    Args:
        source: the source.
        known: its rows of ``raw.exports``.
        received: the file, under the id that :func:`name_export` gives.
        moment: when it was received.
        is_declared: False where that is no more than a guess, which moves no export that is there.
        is_fetched: True where the source's own server has just sent it.
        accepted: ids of exports that a person let in.
    """
    alike = sorted((row for row in known if _is_alike(source, row, received)), key=place)
    if not alike:
        return Verdict(received, is_new=True)
    # Where the source has since begun, or ceased, to be read by its files' names, ids were formed in another way.
    first = next((row for row in alike if row["export_id"] == received.export_id), alike[0])
    received = replace(received, export_id=first["export_id"])
    is_later = moment > first["received_at"]
    if is_fetched or not is_declared:
        is_anew = (is_fetched or source.is_complete) and _is_said_anew(known, alike, moment, is_fetched)
    else:
        is_anew = source.is_complete and is_later and all(row["received_at"] != moment for row in alike)
    if is_anew:
        is_back = max(known, key=place) not in alike
        before = alike[-1]["received_at"] if is_back or not is_fetched else None
        return Verdict(once_more(received, moment), is_new=True, said_before=before)
    if is_fetched or not is_declared:
        return Verdict(received, there=alike[-1])
    same = next((row for row in alike if row["received_at"] == moment), None)
    if same and received.file_name < same["file_name"] and not same["is_fetched"]:
        return Verdict(replace(received, export_id=same["export_id"]))
    if same or is_later:
        return Verdict(received, there=alike[-1])
    is_kept = source.is_complete or first["is_fetched"] or first["export_id"] in accepted
    return Verdict(received, is_new=is_kept, makes_room=first if is_kept else None)


def name_export(received: Received, source: Source) -> Received:
    """A received file under the id that its export has in a source: that of its bytes, or of them and its name."""
    if not source.is_read_by_name:
        return received
    named = hashlib.sha256(f"{received.sha256} {received.file_name}".encode()).hexdigest()
    return replace(received, export_id=named)


def once_more(received: Received, moment: datetime) -> Received:
    """Known bytes as one more export, which is known by its receipt."""
    again = hashlib.sha256(f"{received.export_id} {moment.isoformat()}".encode()).hexdigest()
    return replace(received, export_id=again)


def place(row: Row) -> tuple[datetime, str, str]:
    """The place of an export in the order of receipt."""
    return row["received_at"], row["file_name"], row["export_id"]


def _is_alike(source: Source, row: Row, received: Received) -> bool:
    """Whether an export is of the same bytes and, where the name tells something, of the same name."""
    is_named_so = not source.is_read_by_name or row["file_name"] == received.file_name
    return bool(row["sha256"] == received.sha256 and is_named_so)


def _is_said_anew(known: Sequence[Row], alike: list[Row], moment: datetime, is_fetched: bool) -> bool:
    """Whether known bytes come after another export; for a server, whether it has not said them last."""
    said = [row for row in known if row["is_fetched"]] if is_fetched else known
    latest = max(said, key=place, default=None)
    return latest is None or bool(latest not in alike and moment > latest["received_at"])
