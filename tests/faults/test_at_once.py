"""Several runs and releases at once over one data folder, and a reader that opens the latest release all the while.

Nobody waits for a lock that he does not get, nobody reads half a release, and once all have ended one more run ends
with the release of an undisturbed one.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from calm import Calm, at_first, count_whole_way
from nursery import Nursery
from small_pipeline import LATER, NAME, STRIKES, Small, take
from soundness import read_latest
from tally import note

from pipeline.errors import UserError
from pipeline.publication import publish_release
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import theatres
from pipeline.work import Work, run_step

ROUNDS = int(os.environ.get("ISW_ROUNDS", "1"))
TOLD_TO_WAIT = ("stale parts", "older than those", "while they were read")
MONTHS = ("2015-10", "2015-11")


def backfill(settings: Settings, small: Small, months: tuple[str, ...]) -> str:
    """Take the second exports and make the months, fresh or not, as forced backfills do."""
    take(settings, small.second, STRIKES, LATER)
    work, theatre = Work(settings), theatres()[NAME]
    for step in STEPS:
        run_step(work, theatre, step, months if step.is_monthly else None, force=True)
    return "made"


def publish(settings: Settings, small: Small, others: list[Path]) -> str:
    """Publish again and again until the other runs have said their last word; how often it was told to wait."""
    counts: Counter[str] = Counter()
    while True:
        is_last = all(said.exists() for said in others)
        try:
            counts["published" if not publish_release(settings).already else "already there"] += 1
        except UserError as error:
            if not any(said in str(error) for said in TOLD_TO_WAIT):
                raise
            counts["told to run first"] += 1
        if is_last:
            return json.dumps(counts)
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("about", "spans"),
    at_first(
        {
            "four, two over each month": (MONTHS[:1], MONTHS[:1], MONTHS[1:], MONTHS[1:]),
            "two over the same months": (MONTHS, MONTHS),
            "two over different months": (MONTHS[:1], MONTHS[1:]),
        }.items(),
        1,
    ),
)
def test_backfills_and_releases_at_once(
    about: str, spans: tuple[tuple[str, ...], ...], calm: Calm, nursery: Nursery, data: Path
) -> None:
    counts: Counter[str] = Counter()
    errors: list[str] = []
    torn: list[str] = []
    seen: set[str] = set()
    for _ in range(ROUNDS):
        backfills = [nursery.start(data, backfill, span) for span in spans]
        publishers = [nursery.start(data, publish, [child.said for child in backfills]) for _ in range(2)]
        children = [*backfills, *publishers]
        while any(child.process.exitcode is None for child in children):
            counts["reads"] += 1
            try:
                seen.add(_read(data))
            except (AssertionError, OSError, ValueError, duckdb.Error) as error:
                torn.append(repr(error))
        errors += [child.said.read_text(encoding="utf-8") for child in children if child.wait()]
        if errors:
            break
        counts["backfills"] += len(backfills)
        for child in publishers:
            counts.update({f"releases: {k}": n for k, n in json.loads(child.said.read_text(encoding="utf-8")).items()})
    assert not errors and not torn
    nursery.start(data, count_whole_way, True).succeed()
    assert Calm.manifest(data) == Calm.manifest(calm.after)
    assert seen <= calm.releases()
    note(
        f"at once: backfills, {about}, two releases and a reader",
        {**counts, "errors": len(errors), "torn reads": len(torn)},
    )


def _read(data: Path) -> str:
    release = read_latest(data)
    assert release is not None, "there is no release"
    return str(release["release"])


def test_runs_over_the_same_file_count_it_once(calm: Calm, nursery: Nursery, data: Path) -> None:
    children = [nursery.start(data, count_whole_way, True) for _ in range(2)]
    ended = Counter(_outcome(child.wait(), child.said) for child in children)
    assert set(ended) <= {"published", "told to run again"}
    nursery.start(data, count_whole_way, True).succeed()
    assert Calm.manifest(data) == Calm.manifest(calm.after)
    records = Work(Settings(data=data)).lake.read("raw.records", columns=["record_id"]).column("record_id").to_pylist()
    doubled = len(records) - len(set(records))
    assert not doubled and len(records) == 2 + 24 + 30
    note("at once: two whole runs over the same file", {**ended, "records doubled": doubled})


def _outcome(status: int, said: Path) -> str:
    text = said.read_text(encoding="utf-8")
    if status == 0:
        return "published"
    return "told to run again" if any(said in text for said in TOLD_TO_WAIT) else text
