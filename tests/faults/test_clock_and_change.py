"""The clock jumps, and an export changes while it is read: the recorded time counts, and no half export is taken."""

from __future__ import annotations

import os
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calm import Calm, count_whole_way
from nursery import Nursery
from small_pipeline import CONTROL, NAME, STRIKES, Small, make, take
from soundness import leftovers, read_latest
from tally import note

from pipeline import intake
from pipeline.errors import UserError
from pipeline.inbox import take_inbox
from pipeline.intake import ingest
from pipeline.publication import publish_release
from pipeline.settings import Settings
from pipeline.theatres import theatres
from pipeline.work import Work

NOON, BACK = datetime(2026, 2, 1, 12, tzinfo=UTC), datetime(2026, 1, 15, 12, tzinfo=UTC)


def take_by_the_clock(settings: Settings, small: Small) -> str:
    """Two exports, each received now; the clock is set back by weeks between them."""
    theatre = theatres()[NAME]
    take(settings, small.control, CONTROL)
    with pytest.MonkeyPatch.context() as patch:
        for path, now in ((small.first, NOON), (small.second, BACK)):
            patch.setattr(intake, "datetime", _clock(now))
            ingest(settings, path, theatre, theatre.sources[STRIKES])
    make(settings)
    return publish_release(settings).id


def take_as_declared(settings: Settings, small: Small) -> str:
    """The same exports with the times that were recorded, the later one first."""
    take(settings, small.control, CONTROL)
    take(settings, small.second, STRIKES, NOON + timedelta(seconds=1))
    take(settings, small.first, STRIKES, NOON)
    make(settings)
    return publish_release(settings).id


def _clock(now: datetime) -> Any:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now

    return Clock


def test_a_clock_that_jumps_back_turns_no_order_of_receipt(nursery: Nursery, tmp_path: Path) -> None:
    ways = {"jumped": take_by_the_clock, "declared": take_as_declared}
    for name, way in ways.items():
        nursery.start(tmp_path / name, way).succeed()
        read_latest(tmp_path / name)
    assert Calm.manifest(tmp_path / "jumped") == Calm.manifest(tmp_path / "declared")
    note(
        "clock: set back by 17 days between two exports",
        "received after what was there; same release as with those times declared",
    )


def test_a_file_from_the_future_is_taken_from_the_inbox(settings: Settings, tmp_path: Path) -> None:
    """As after a clock that was set back, or from a machine whose clock is ahead."""
    path = settings.inbox_dir / "syria" / "gazetteer" / "gazetteer.csv"
    path.parent.mkdir(parents=True)
    shutil.copy(theatres()["syria"].path("syria/gazetteer.csv"), path)
    ahead = time.time() + 86_400
    os.utime(path, (ahead, ahead))
    taken, left = take_inbox(settings)
    assert [file.records for file in taken] == [96] and left == []
    note("clock: a file in the inbox is a day ahead", "taken, as it does not change")


def test_a_file_that_goes_on_changing_stays_in_the_inbox(settings: Settings) -> None:
    path = settings.inbox_dir / "syria" / "gazetteer" / "growing.csv"
    path.parent.mkdir(parents=True)
    path.write_text("place\n", encoding="utf-8")
    with _changing(path):
        taken, left = take_inbox(settings)
    assert taken == [] and [waiting.is_young for waiting in left] == [True]


class _changing:  # noqa: N801 - reads as what it does
    """Something else writes to a file all the while."""

    def __init__(self, path: Path) -> None:
        self.path, self.ended = path, threading.Event()
        self.thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        with self.path.open("a", encoding="utf-8") as stream:
            while not self.ended.wait(0.001):
                stream.write("x,y\n")
                stream.flush()

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


def take_while_it_changes(settings: Settings, small: Small) -> str:
    """Take a file of some megabytes to which something is written all the while; how often it was refused."""
    path = settings.root.parent / "changing.csv"
    path.write_text(small.second.read_text(encoding="utf-8") * 5_000, encoding="utf-8")
    refused = 0
    with _changing(path):
        for _ in range(5):
            try:
                take(settings, path, STRIKES)
            except UserError as error:
                assert "it changed while it was read. Wait until it is complete" in str(error)
                refused += 1
    return str(refused)


def test_an_export_that_changes_while_it_is_read_is_not_taken(calm: Calm, nursery: Nursery, data: Path) -> None:
    before = Work(Settings(data=data)).lake.read("raw.exports").to_pylist()
    child = nursery.start(data, take_while_it_changes)
    child.succeed()
    assert child.said.read_text(encoding="utf-8") == "5"
    assert Work(Settings(data=data)).lake.read("raw.exports").to_pylist() == before and leftovers(data) == []
    nursery.start(data, count_whole_way, True).succeed()
    assert Calm.manifest(data) == Calm.manifest(calm.after)
    note(
        "an export that changes while it is read, 5 times", "refused 5 times in words, nothing kept; then same release"
    )
