"""What becomes of a strike over several exports: sightings, revisions, withdrawals, and exports held back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise, permutations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.catalogue import table
from pipeline.mapping import Received
from pipeline.sessions import run_sql
from pipeline.strikes import MappedStrikes, map_strikes
from pipeline.theatres import Source, theatres

SYRIA = theatres()["syria"]
PARTIAL = SYRIA.sources["airwars"]
COMPLETE = PARTIAL.model_copy(update={"is_complete": True})
FRAMES = ("rows", "outcomes", "quarantine", "receipts", "sightings", "revisions")
# A list of strikes, by their key: what the source says of each (here its day in January 2016); None is no day at all.
Said = dict[str, int | None]


def _row(key: str, day: int | None) -> dict[str, str]:
    return {
        "airwars_id": key, "date": "" if day is None else f"2016-01-{day:02d}", "location_en": "Aleppo",
        "governorate": "Aleppo", "latitude": "36.2", "longitude": "37.1", "geolocation_accuracy": "city",
    }  # fmt: skip


def _map(
    exports: Sequence[tuple[str, int, Said]], source: Source = PARTIAL, accepted: Sequence[str] = ()
) -> MappedStrikes:
    """Map exports, each a name, the day of its receipt in January 2026, and what it says."""
    rows = [(name, day, {key: _row(key, day_) for key, day_ in said.items()}) for name, day, said in exports]
    return _map_rows(rows, source, accepted)


def _map_rows(
    exports: Sequence[tuple[str, int, dict[str, dict[str, str]]]], source: Source, accepted: Sequence[str] = ()
) -> MappedStrikes:
    """Map exports, each a name, the day of its receipt in January 2026, and its rows by what names each."""
    records, received = [], []
    for name, day, said in exports:
        where = {"theatre": "syria", "source": "airwars", "export_id": name}
        received.append(
            {
                **where, "sha256": name, "file_name": f"{name}.csv", "format": "csv", "bytes": 1, "encoding": "utf-8",
                "crs": None, "record_count": len(said), "received_at": datetime(2026, 1, day, tzinfo=UTC),
                "problem_code": None if said else "export_empty", "problem": None if said else "It holds no rows",
            }
        )  # fmt: skip
        records += [
            {
                **where, "record_id": f"{name}::{key}", "layer": "", "record_no": number, "line_no": number + 1,
                "properties": json.dumps(row), "geometry": None,
            }
            for number, (key, row) in enumerate(said.items(), 1)
        ]  # fmt: skip
    references = [table(name).empty() for name in ("core.places", "core.reports", "core.report_additions")]
    return map_strikes(
        SYRIA,
        source,
        Received(table("raw.records").conform(records), table("raw.exports").conform(received), frozenset(accepted)),
        *references,
    )


def _days(mapped: MappedStrikes) -> dict[str, int]:
    return {row["source_key"]: row["date_from"].day for row in mapped.rows.to_pylist()}


def _outcomes(mapped: MappedStrikes) -> dict[str, str]:
    return {row["record_id"]: row["outcome"] for row in mapped.outcomes.to_pylist()}


def _states(mapped: MappedStrikes) -> dict[str, str]:
    return {row["export_id"]: row["held_because"] or row["state"] for row in mapped.receipts.to_pylist()}


def _history(mapped: MappedStrikes, key: str) -> list[tuple[str, str, str | None]]:
    """Of each revision of a key: its status, the export that began it, and the one that ended it."""
    rows = [row for row in mapped.revisions.to_pylist() if row["source_key"] == key]
    return [(row["status"], row["export_id"], row["ended_by"]) for row in rows]


TEN: Said = {f"k{number}": number for number in range(1, 11)}
FIRST: Said = {**TEN, "x": 1}
SECOND: Said = {**TEN, "k1": 21, "y": 2}  # corrects k1, no longer has x, adds y
THIRD: Said = {**SECOND, "k1": 22, "k2": 23}  # corrects k1 again, and k2
CUT: Said = {key: day for key, day in THIRD.items() if key in ("k1", "k2", "k3")}
SERIES = [("e1", 1, FIRST), ("e2", 2, SECOND), ("e3", 3, THIRD), ("e4", 4, CUT)]


def test_overlapping_exports_are_one_strike_with_its_sightings_and_history() -> None:
    mapped = _map(SERIES[:3])
    strikes = {row["source_key"]: row for row in mapped.rows.to_pylist()}
    assert (strikes["k1"]["revision"], strikes["k1"]["sightings"], strikes["k1"]["date_from"].day) == (3, 3, 22)
    assert (strikes["k9"]["revision"], strikes["k9"]["sightings"], strikes["k9"]["record_id"]) == (1, 3, "e1::k9")
    seen = [row for row in mapped.sightings.to_pylist() if row["strike_id"] == strikes["k1"]["strike_id"]]
    assert [(row["record_id"], row["revision"], row["outcome"]) for row in seen] == [
        ("e1::k1", 1, "superseded"), ("e2::k1", 2, "superseded"), ("e3::k1", 3, "accepted"),
    ]  # fmt: skip
    assert _history(mapped, "k1") == [
        ("superseded", "e1", "e2"), ("superseded", "e2", "e3"), ("current", "e3", None),
    ]  # fmt: skip
    changed = [json.loads(row["changes"]) for row in mapped.revisions.to_pylist() if row["source_key"] == "k1"]
    assert changed == [
        {}, {"date_from": ["2016-01-01", "2016-01-21"]}, {"date_from": ["2016-01-21", "2016-01-22"]}
    ]  # fmt: skip
    assert "x" in strikes  # an export that is not the whole list withdraws nothing


def test_what_a_complete_export_lacks_is_withdrawn_and_keeps_its_tombstone() -> None:
    mapped = _map(SERIES[:3], COMPLETE)
    assert _days(mapped) == THIRD
    assert _outcomes(mapped)["e1::x"] == "withdrawn"
    (tombstone,) = (row for row in mapped.revisions.to_pylist() if row["source_key"] == "x")
    assert (tombstone["status"], tombstone["ended_by"], tombstone["place"]) == ("withdrawn", "e2", "Aleppo")
    assert (tombstone["known_from"].day, tombstone["known_to"].day) == (1, 2)


def test_an_export_cut_short_is_held_back_whole_until_a_person_accepts_it() -> None:
    held = _map(SERIES, COMPLETE)
    assert _states(held) == {"e1": "applied", "e2": "applied", "e3": "applied", "e4": "shrank"}
    assert _days(held) == THIRD
    assert {outcome for id_, outcome in _outcomes(held).items() if id_.startswith("e4")} == {"held"}
    (told,) = (row["told"] for row in held.receipts.to_pylist() if row["state"] == "held")
    assert "lacks 8 of the 11 that stand by e3.csv (73%), more than 20%" in told
    let_in = _map(SERIES, COMPLETE, accepted=["e4"])
    assert _days(let_in) == CUT
    assert Counter(_outcomes(let_in).values())["withdrawn"] == 9


def test_a_share_up_to_the_limit_is_withdrawn_without_asking() -> None:
    eight = dict(list(TEN.items())[:8])
    assert _states(_map([("e1", 1, TEN), ("e2", 2, eight)], COMPLETE))["e2"] == "applied"
    seven = dict(list(TEN.items())[:7])
    assert _states(_map([("e1", 1, TEN), ("e2", 2, seven)], COMPLETE))["e2"] == "shrank"
    lenient = COMPLETE.model_copy(update={"max_withdrawn_share": 0.3})
    assert _states(_map([("e1", 1, TEN), ("e2", 2, seven)], lenient))["e2"] == "applied"


def test_after_an_export_that_is_held_back_the_next_is_measured_by_the_one_before_it() -> None:
    mapped = _map([*SERIES, ("e5", 5, {**THIRD, "z": 9})], COMPLETE)
    assert _states(mapped)["e5"] == "applied"
    assert _days(mapped) == {**THIRD, "z": 9}


def test_a_record_that_is_there_but_refused_withdraws_nothing() -> None:
    mapped = _map([("e1", 1, TEN), ("e2", 2, {**TEN, "k1": None})], COMPLETE)
    assert _days(mapped) == TEN
    assert _outcomes(mapped)["e2::k1"] == "quarantined"
    refused: list[tuple[str, int, Said]] = [("e1", 1, TEN), ("e2", 2, dict.fromkeys(TEN)), ("e3", 3, {"k1": 1})]
    for gone in (_map(refused, COMPLETE), _map(refused, COMPLETE, accepted=["e2"])):
        assert _states(gone)["e3"] == "shrank"  # what was refused in between still stands, and is what e3 lacks


@pytest.mark.parametrize(
    ("key", "named", "refused"),
    [
        (("id",), "x", {"": None}),  # the key itself is not there
        (("id", "date_from"), "x | 2016-01-01", {"x": 99}),  # a day of the key cannot be read
        ((), None, {"x": 99}),  # what it says is its key
    ],
)
def test_while_a_refused_record_could_be_any_nothing_is_withdrawn(
    key: tuple[str, ...], named: str | None, refused: Said
) -> None:
    source = COMPLETE.model_copy(update={"key": key})
    standing = len(FIRST)
    series = [("e1", 1, FIRST), ("e2", 2, {**TEN, **refused}), ("e3", 3, {**TEN, **refused, "y": 2})]
    mapped = _map(series, source)
    assert [row["unidentified"] for row in mapped.receipts.to_pylist()] == [0, 1, 1]
    assert [row["lacking"] for row in mapped.receipts.to_pylist()] == [None, 1, 1]  # of all that could stand
    assert mapped.rows.num_rows == standing + 1 and (named is None or named in _days(mapped))
    assert {row["status"] for row in mapped.revisions.to_pylist()} == {"current"}
    # Once all can be told apart, what is lacking is withdrawn.
    later = _map([*series, ("e4", 4, TEN)], source)
    assert later.rows.num_rows == len(TEN) and later.receipts.to_pylist()[-1]["lacking"] == 2


def test_a_refused_record_that_was_always_there_is_none_of_those_that_are_lacking() -> None:
    bad: Said = {"": None}
    mapped = _map([("e1", 1, {**FIRST, **bad}), ("e2", 2, {**TEN, **bad}), ("e3", 3, {**TEN, **bad})], COMPLETE)
    assert [row["unidentified"] for row in mapped.receipts.to_pylist()] == [0, 0, 0]
    assert _days(mapped) == TEN


def test_a_list_that_a_spreadsheet_saved_again_tells_nothing_new() -> None:
    said = {key: _row(key, 1) for key in ("1", "2")}
    saved = {f"{key}.0": {**row, "airwars_id": f"{key}.0", "latitude": "36.20"} for key, row in said.items()}
    mapped = _map_rows([("e1", 1, said), ("e2", 2, saved)], COMPLETE)
    assert [row["source_key"] for row in mapped.rows.to_pylist()] == ["1", "2"]
    assert Counter(_outcomes(mapped).values()) == {"accepted": 2, "duplicate": 2}


def test_of_two_contents_of_one_key_the_one_said_first_stays_however_the_rows_are_sorted() -> None:
    said = {"r1": _row("k", 1), "r2": _row("k", 9), "r3": _row("z", 1)}
    for source in (PARTIAL, COMPLETE):
        mapped = _map_rows([("e1", 1, said), ("e2", 2, dict(reversed(said.items())))], source)
        assert _days(mapped) == {"k": 1, "z": 1}
        assert _history(mapped, "k") == [("current", "e1", None)]
        conflicts = [row["record_id"] for row in mapped.quarantine.to_pylist()]
        assert conflicts == ["e1::r2", "e2::r2"]


def test_of_two_contents_of_one_key_a_correction_stays_and_what_is_held_decides_nothing() -> None:
    both = {"r1": _row("k", 5), "r2": _row("k", 1), "r3": _row("y", 1)}
    one, five = ({"r1": _row("k", day), **{k: _row(k, 1) for k in "abcd"}} for day in (1, 5))
    for rows in (both, dict(reversed(both.items()))):
        mapped = _map_rows([("e1", 1, one), ("e2", 2, five), ("e3", 3, rows)], PARTIAL)
        assert _days(mapped)["k"] == 5
    cut = {"r1": _row("k", 9)}
    mapped = _map_rows(
        [("e1", 1, one), ("e2", 2, cut), ("e3", 3, {**one, "r1": _row("k", 2), "r2": _row("k", 9)})], COMPLETE
    )
    assert _states(mapped)["e2"] == "shrank" and _days(mapped)["k"] == 2


def test_a_malformed_record_is_never_out_of_scope_and_so_withdraws_nothing() -> None:
    """Its cells may lie beside their columns: what is read of ``only`` says nothing."""
    source = COMPLETE.model_copy(update={"only": {"governorate": "Aleppo"}})
    rows = {key: _row(key, 1) for key in "abcdefgh"}
    broken = {
        "airwars_id": "",
        "date": "2016-01-01",
        "_problem": "record_malformed",
        "_problem_text": "2 cells under 7",
    }
    mapped = _map_rows([("e1", 1, rows), ("e2", 2, {**rows, "h": broken})], source)
    assert [row["unidentified"] for row in mapped.receipts.to_pylist()] == [0, 1]
    assert {row["status"] for row in mapped.revisions.to_pylist()} == {"current"}
    assert [row["reason_code"] for row in mapped.quarantine.to_pylist()] == ["record_malformed"]


def test_a_list_of_which_too_much_is_refused_is_held_back() -> None:
    mapped = _map([("e1", 1, TEN), ("e2", 2, dict.fromkeys(TEN))], COMPLETE)
    assert _states(mapped)["e2"] == "refused"
    assert _days(mapped) == TEN
    (told,) = (row["told"] for row in mapped.receipts.to_pylist() if row["state"] == "held")
    assert "has, but only in records that are refused, 10 of the 10 that stand by e1.csv (100%)" in told
    two_refused = _map([("e1", 1, TEN), ("e2", 2, {**TEN, "k1": None, "k2": None})], COMPLETE)
    assert _states(two_refused)["e2"] == "applied"


def test_a_file_that_cannot_be_read_says_nothing() -> None:
    mapped = _map([("e1", 1, TEN), ("e2", 2, {})], COMPLETE)
    assert _states(mapped) == {"e1": "applied", "e2": "unreadable"}
    assert _days(mapped) == TEN


def test_what_comes_back_begins_a_new_revision() -> None:
    without = {key: day for key, day in TEN.items() if key != "k1"}
    mapped = _map([("e1", 1, TEN), ("e2", 2, without), ("e3", 3, {**TEN, "z": 1})], COMPLETE)
    assert _history(mapped, "k1") == [("withdrawn", "e1", "e2"), ("current", "e3", None)]
    assert _outcomes(mapped)["e1::k1"] == "superseded"
    assert mapped.revisions.filter(pa.compute.equal(mapped.revisions["source_key"], "k1"))["repeats"].to_pylist() == [
        None, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("source", [PARTIAL, COMPLETE], ids=["partial", "complete"])
def test_an_old_copy_received_after_a_correction_does_not_revert_it(source: Source) -> None:
    corrected = {**TEN, "k1": 21}
    exports = [("e1", 1, TEN), ("e2", 2, corrected), ("copy", 3, TEN)]
    mapped = _map(exports, source)
    assert _states(mapped) == {"e1": "applied", "e2": "applied", "copy": "reverts"}
    assert _days(mapped) == corrected
    (told,) = (row["told"] for row in mapped.receipts.to_pylist() if row["state"] == "held")
    assert "says just what e1.csv of 2026-01-01 said" in told
    let_in = _map(exports, source, accepted=["copy"])
    assert _days(let_in) == TEN
    assert _history(let_in, "k1") == [
        ("superseded", "e1", "e2"), ("superseded", "e2", "copy"), ("current", "copy", None),
    ]  # fmt: skip


def test_a_copy_that_undoes_nothing_is_a_duplicate() -> None:
    mapped = _map([("e1", 1, TEN), ("copy", 2, TEN)], COMPLETE)
    assert _states(mapped) == {"e1": "applied", "copy": "applied"}
    assert Counter(_outcomes(mapped).values()) == {"accepted": 10, "duplicate": 10}


def test_exports_received_at_one_time_count_in_the_order_of_their_names() -> None:
    mapped = _map([("b", 1, {"k": 2}), ("a", 1, {"k": 1}), ("c", 1, {"k": 3})])
    assert [row["receipt_no"] for row in mapped.receipts.to_pylist()] == [1, 2, 3]
    assert _days(mapped) == {"k": 3}


def _same(one: MappedStrikes, other: MappedStrikes) -> bool:
    return all(getattr(one, name).equals(getattr(other, name)) for name in FRAMES)


@pytest.mark.parametrize("source", [PARTIAL, COMPLETE], ids=["partial", "complete"])
def test_in_whatever_order_exports_are_taken_in_the_tables_are_the_same(source: Source) -> None:
    together = [(name, 1, said) for name, _, said in SERIES]
    for exports, orders in ((SERIES, list(permutations(SERIES))[::5]), (together, permutations(together))):
        told = _map(exports, source)
        for shuffled in orders:
            assert _same(_map(shuffled, source), told)


DAYS = st.one_of(st.none(), st.integers(1, 3))
EXPORTS = st.lists(
    st.tuples(st.integers(1, 3), st.dictionaries(st.sampled_from("abcd"), DAYS, max_size=4)), min_size=1, max_size=5
)


@settings(deadline=None, max_examples=25)
@given(
    EXPORTS, st.randoms(use_true_random=False), st.sampled_from([PARTIAL, COMPLETE]), st.sets(st.sampled_from("0123"))
)
def test_laws_of_history(drawn: list[tuple[int, Said]], random: Any, source: Source, accepted: set[str]) -> None:
    exports = [(str(number), day, said) for number, (day, said) in enumerate(drawn)]
    mapped = _map(exports, source, sorted(accepted))
    _check_conservation(mapped, exports)
    _check_revisions(mapped)
    shuffled = random.sample(exports, len(exports))
    assert _same(_map(shuffled, source, sorted(accepted)), mapped)
    if source.is_complete:
        # What stands is what the last export that counts says, as far as anything of it could ever be used.
        applied = [row for row in mapped.receipts.to_pylist() if row["state"] == "applied"]
        last = dict(drawn[int(max(applied, key=lambda row: row["receipt_no"])["export_id"])][1]) if applied else {}
        assert set(_days(mapped)) <= set(last)
        assert {key: day for key, day in last.items() if day} == {
            key: day for key, day in _days(mapped).items() if last[key]
        }


def _check_conservation(mapped: MappedStrikes, exports: list[tuple[str, int, Said]]) -> None:
    outcomes = mapped.outcomes
    raw = {"source": "airwars", "file_name": "f"}
    balance = run_sql(
        "intake/balance_records",
        exports=pa.Table.from_pylist(
            [{**raw, "export_id": name, "record_count": len(said)} for name, _, said in exports]
        ),
        records=outcomes.select(["source", "export_id"]),
        outcomes=outcomes,
    ).to_pylist()
    assert all(row["is_balanced"] for row in balance)
    assert len(outcomes) == sum(len(said) for *_, said in exports)


def _check_revisions(mapped: MappedStrikes) -> None:
    revisions = mapped.revisions.to_pylist()
    counts = Counter(_outcomes(mapped).values())
    standing = {row["strike_id"]: row for row in revisions if row["status"] == "current"}
    assert {(row["strike_id"], row["revision"], row["record_id"]) for row in mapped.rows.to_pylist()} == {
        (row["strike_id"], row["revision"], row["record_id"]) for row in standing.values()
    }
    assert counts["accepted"] == len(standing)
    assert counts["withdrawn"] == sum(row["status"] == "withdrawn" and row["is_last"] for row in revisions)
    assert len(mapped.sightings) == sum(row["sightings"] for row in revisions)
    assert len(mapped.sightings) == len(mapped.outcomes) - counts["held"] - counts["quarantined"]
    for strike in {row["strike_id"] for row in revisions}:
        own = [row for row in revisions if row["strike_id"] == strike]
        assert [row["revision"] for row in own] == list(range(1, len(own) + 1))
        for before, after in pairwise(own):
            assert before["known_to"] is not None and before["known_to"] <= after["known_from"]
