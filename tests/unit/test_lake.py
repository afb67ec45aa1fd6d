"""Working tables: a partition is replaced whole, and a table of an older layout is begun anew."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.settings import Settings


def _rows(theatre: str, strike: str) -> pa.Table:
    row = {"strike_id": strike, "theatre": theatre, "source": "airwars", "episode_id": strike}
    return table("core.episodes").conform([row])


def test_a_partition_is_replaced_and_others_stay(settings: Settings) -> None:
    lake = Lake(settings)
    for theatre, strike in (("syria", "s1"), ("ukraine", "u1"), ("syria", "s2")):
        lake.replace("core.episodes", _rows(theatre, strike), theatre=theatre)
    assert lake.read("core.episodes").column("strike_id").to_pylist() == ["s2", "u1"]


def test_batches_are_asked_for_one_after_another_while_they_are_written(settings: Settings) -> None:
    given: list[weakref.ref[Any]] = []
    alive: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(40):
            (batch,) = _rows("syria", f"s{number:02d}").to_batches()
            alive.append(sum(one() is not None for one in given))
            given.append(weakref.ref(batch))
            yield batch
            del batch

    lake = Lake(settings)
    lake.replace("core.episodes", _rows("syria", "old"), theatre="syria")
    lake.replace("core.episodes", _rows("ukraine", "u1"), theatre="ukraine")
    lake.replace_in_batches("core.episodes", batches, theatre="syria")
    assert lake.read("core.episodes").column("strike_id").to_pylist() == [*(f"s{n:02d}" for n in range(40)), "u1"]
    assert max(alive) < 10


def test_writers_of_one_partition_at_once_leave_the_rows_of_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delta alone sees no conflict between them, and kept the rows of both."""
    Lake(settings).replace("core.episodes", _rows("ukraine", "u1"), theatre="ukraine")
    commit, together, has_waited = DeltaTable.create_write_transaction, Barrier(3), local()

    def commit_together(*given: Any, **named: Any) -> None:
        if not hasattr(has_waited, "once"):
            has_waited.once = True
            together.wait()
        commit(*given, **named)

    monkeypatch.setattr(DeltaTable, "create_write_transaction", commit_together)

    def write(number: int) -> None:
        Lake(settings).replace_in_batches("core.episodes", _rows("syria", f"s{number}").to_batches, theatre="syria")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    assert Lake(settings).read("core.episodes", theatre="syria").num_rows == 1


@pytest.mark.parametrize("was_there", [True, False])
def test_two_decisions_about_the_same_are_never_made_from_one_version(settings: Settings, was_there: bool) -> None:
    lake = Lake(settings)
    if was_there:
        lake.replace("core.episodes", _rows("syria", "s1"), theatre="syria")
    seen = lake.version("core.episodes")
    decided = lake.replace_as_decided("core.episodes", _rows("syria", "s2"), "syria", seen, theatre="syria")
    with pytest.raises(CommitFailedError):
        lake.replace_as_decided("core.episodes", _rows("syria", "s3"), "syria", seen, theatre="syria")
    lake.replace_as_decided("core.episodes", _rows("ukraine", "u1"), "ukraine", seen, theatre="ukraine")
    assert lake.read("core.episodes").column("strike_id").to_pylist() == ["s2", "u1"]
    lake.replace_as_decided("core.episodes", _rows("syria", "s4"), "syria", decided.version, theatre="syria")
    assert lake.read("core.episodes").column("strike_id").to_pylist() == ["s4", "u1"]


def test_what_stops_a_batch_replaces_nothing_and_is_not_tried_again(settings: Settings) -> None:
    lake, calls = Lake(settings), []
    lake.replace("core.episodes", _rows("syria", "old"), theatre="syria")

    def breaks() -> Iterator[pa.RecordBatch]:
        calls.append(1)
        yield from _rows("syria", "new").to_batches()
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        lake.replace_in_batches("core.episodes", breaks, theatre="syria")
    with pytest.raises(ValueError, match="outside theatre"):
        lake.replace_in_batches("core.episodes", _rows("ukraine", "u").to_batches, theatre="syria")
    assert (lake.read("core.episodes").column("strike_id").to_pylist(), len(calls)) == (["old"], 1)


def test_a_table_of_an_older_layout_is_begun_anew(settings: Settings) -> None:
    older = _rows("ukraine", "u1").drop_columns(["episode_id"])
    write_deltalake(str(settings.lake_dir / "core.episodes"), older, partition_by=["theatre"])
    lake = Lake(settings)
    lake.replace("core.episodes", _rows("syria", "s1"), theatre="syria")
    assert lake.read("core.episodes").column("strike_id").to_pylist() == ["s1"]


def test_what_was_received_is_never_begun_anew(settings: Settings) -> None:
    name = "raw.refused_exports"
    older = table(name).empty().drop_columns(["hint"])
    write_deltalake(str(settings.lake_dir / name), older, partition_by=["theatre", "source", "export_id"])
    where = {"theatre": "syria", "source": "airwars", "export_id": "e"}
    with pytest.raises(UserError, match="isw-strikes migrate"):
        Lake(settings).replace(name, table(name).empty(), **where)
    with pytest.raises(UserError, match="isw-strikes migrate"):
        Lake(settings).read(name)
