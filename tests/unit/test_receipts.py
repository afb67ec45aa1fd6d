"""Which export a receipt is: declared receipts come to the same exports in whatever order they are taken, and take away
neither what a server said nor what a person let in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
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
# The bytes, the file's name, the day of its receipt, and whether the source's own server sent it (at noon).
Receipt = tuple[str, str, int, bool]
LAYER = "layer.csv"


def _moment(receipt: Receipt) -> datetime:
    return datetime(2026, 11, receipt[2], 12 * receipt[3], tzinfo=UTC)


def _export(sha256: str, name: str, moment: datetime, id_: str, is_fetched: bool = False) -> dict[str, Any]:
    return {
        "export_id": id_, "sha256": sha256, "file_name": name, "received_at": moment, "is_fetched": is_fetched,
    }  # fmt: skip


def _take(source: Source, receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """The exports in order of receipt, after receipts were taken one after another."""
    known: dict[str, dict[str, Any]] = {}
    for receipt in receipts:
        sha256, name, _, is_fetched = receipt
        received = name_export(Received(sha256, sha256, name, 1, Path(name)), source)
        moment = _moment(receipt)
        verdict = judge(source, list(known.values()), received, moment, not is_fetched, is_fetched)
        if verdict.there is not None:
            continue
        if verdict.makes_room:
            moved = verdict.makes_room
            later = once_more(verdict.received, moved["received_at"])
            known[later.export_id] = moved | {"export_id": later.export_id}
        id_ = verdict.received.export_id
        known[id_] = _export(sha256, name, moment, id_, is_fetched)
    return sorted(known.values(), key=place)


def _said(exports: Sequence[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(row["sha256"], row["file_name"], row["received_at"].day) for row in exports]


@pytest.mark.parametrize("source", [PLAIN, NAMED, COMPLETE], ids=["plain", "named", "complete"])
@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.tuples(
                    st.sampled_from("AB"), st.sampled_from(["a.csv", "b.csv", LAYER]), st.integers(1, 5), st.just(False)
                ),
                st.tuples(st.sampled_from("AB"), st.just(LAYER), st.integers(1, 5), st.just(True)),
            ),
            st.integers(0, 5),
        ),
        max_size=8,
        unique_by=lambda one: one[0][2:] if one[0][3] else one,
    )
)
def test_when_declared_receipts_are_taken_decides_nothing(source: Source, receipts: list[tuple[Receipt, int]]) -> None:
    """A server's answer is taken when it comes, a declared receipt any number of days after it was received."""
    at_once = [receipt for receipt, _ in sorted(receipts, key=lambda one: _moment(one[0]))]
    late = sorted(receipts, key=lambda one: _moment(one[0]) + timedelta(days=0 if one[0][3] else one[1]))
    assert _take(source, [receipt for receipt, _ in late]) == _take(source, at_once)


@pytest.mark.parametrize("source", [PLAIN, COMPLETE], ids=["plain", "complete"])
def test_what_a_server_says_is_an_export_whoever_said_it_before(source: Source) -> None:
    mailed, corrected, served = ("A", "a.csv", 1, False), ("B", "b.csv", 2, False), ("A", LAYER, 3, True)
    for order in permutations([mailed, corrected, served]):
        assert _said(_take(source, order)) == [("A", "a.csv", 1), ("B", "b.csv", 2), ("A", LAYER, 3)]
    # Who says the same again has not heard of a correction: it stands.
    again = [served, ("B", "b.csv", 4, False), ("A", LAYER, 5, True)]
    assert _said(_take(source, again)) == [("A", LAYER, 3), ("B", "b.csv", 4)]


def test_an_export_that_a_person_let_in_stays_beside_an_earlier_receipt_of_it() -> None:
    moment = datetime(2026, 11, 7, tzinfo=UTC)
    let_in = _export("A", "a.csv", moment, "A")
    received = Received("A", "A", "a.csv", 1, Path("a.csv"))
    earlier = moment - timedelta(days=3)
    verdict = judge(PLAIN, [let_in], received, earlier, is_declared=True, is_fetched=False, accepted={"A"})
    assert (verdict.makes_room, verdict.is_new) == (let_in, True)
    without = judge(PLAIN, [let_in], received, earlier, is_declared=True, is_fetched=False)
    assert (without.makes_room, without.is_new, without.there) == (None, False, None)


def test_a_whole_list_is_an_export_at_each_time_at_which_it_was_declared() -> None:
    said = [("A", "a.csv", 1), ("B", "b.csv", 2), ("A", "c.csv", 3), ("A", "a.csv", 3), ("A", "d.csv", 4)]
    receipts = [(*one, False) for one in said]
    assert _said(_take(COMPLETE, receipts)) == [*said[:2], *said[3:]]
    assert _said(_take(PLAIN, receipts)) == said[:2]
