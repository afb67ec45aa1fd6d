"""Which export a receipt is: declared receipts come to the same exports in whatever order they are taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports import Received
from pipeline.receipts import judge, name_export, once_more, place
from pipeline.theatres import FieldSource, Source, theatres

PLAIN = theatres()["syria"].sources["airwars"]
NAMED = PLAIN.model_copy(update={"fields": PLAIN.fields | {"note": FieldSource(file_name=True)}})
COMPLETE = PLAIN.model_copy(update={"is_complete": True})
# The bytes, the file's name, and the day of its receipt.
Receipt = tuple[str, str, int]


def _take(source: Source, receipts: Sequence[Receipt]) -> list[tuple[int, str, str, str]]:
    """Day of receipt, name, bytes and id of the exports, after receipts were taken one after another."""
    known: dict[str, dict[str, Any]] = {}
    for sha256, name, day in receipts:
        received = name_export(Received(sha256, sha256, name, 1, Path(name)), source)
        moment = datetime(2026, 11, day, tzinfo=UTC)
        verdict = judge(source, list(known.values()), received, moment, is_declared=True, is_fetched=False)
        if verdict.there is not None:
            continue
        if verdict.makes_room:
            moved = verdict.makes_room
            later = once_more(verdict.received, moved["received_at"])
            known[later.export_id] = moved | {"export_id": later.export_id}
        new = {"export_id": verdict.received.export_id, "sha256": sha256, "file_name": name, "received_at": moment}
        known[verdict.received.export_id] = new | {"is_fetched": False}
    rows = sorted(known.values(), key=place)
    return [(row["received_at"].day, row["file_name"], row["sha256"], row["export_id"]) for row in rows]


@pytest.mark.parametrize("source", [PLAIN, NAMED, COMPLETE], ids=["plain", "named", "complete"])
@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["a.csv", "b.csv"]), st.integers(1, 5)), max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_declared_receipts_are_taken_decides_nothing(
    source: Source, receipts: list[Receipt], random: Any
) -> None:
    shuffled = [*receipts, *receipts[:2]]
    random.shuffle(shuffled)
    assert _take(source, shuffled) == _take(source, receipts)


def test_a_whole_list_is_an_export_at_each_time_at_which_it_was_declared() -> None:
    receipts = [("A", "a.csv", 1), ("B", "b.csv", 2), ("A", "c.csv", 3), ("A", "a.csv", 3), ("A", "d.csv", 4)]
    assert [row[:3] for row in _take(COMPLETE, receipts)] == [
        (1, "a.csv", "A"), (2, "b.csv", "B"), (3, "a.csv", "A"), (4, "d.csv", "A"),
    ]  # fmt: skip
    assert [row[:3] for row in _take(PLAIN, receipts)] == [(1, "a.csv", "A"), (2, "b.csv", "B")]
