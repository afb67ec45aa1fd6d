"""A run that is killed, wherever it is, leaves nothing half-done: the next run ends with the same release.

Each trial takes a folder that holds a release, or nothing, and starts the run that brings the second exports. That run
is killed, and so are the next three: at a write operation, in a native write, at a random moment, in a native write
again (``nursery``). The last is left alone. After each kill a reader opens what is published. Eight kills by default;
more with ISW_KILLS=n.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest
from calm import Calm, count_whole_way
from nursery import Nursery
from soundness import leftovers, named_releases, read_latest, read_release
from tally import note

KILLS = int(os.environ.get("ISW_KILLS", "8"))
# Two series, so that two cores share them; each begins elsewhere.
SEEDS = (29, 400)
# Write calls of a run, native ones included; beyond what one makes the kill comes too late and is not counted.
WRITE_CALLS = 400
DOING = {
    "writing": "hit: at a random moment, a file open to write",
    "just wrote": "hit: at a random moment, a file written within 20 ms",
    "between": "at a random moment between writes",
}


@pytest.mark.timeout(600 + 30 * KILLS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_next_run_heals_what_a_killed_one_left(seed: int, calm: Calm, nursery: Nursery, tmp_path: Path) -> None:
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    trial = seed
    while counts["kills"] < KILLS / len(SEEDS):
        trial += 1
        data = tmp_path / f"data-{trial}"
        from_nothing = trial % 4 == 0
        if not from_nothing:
            shutil.copytree(calm.before, data, symlinks=True)
        operations = calm.writes_from_nothing if from_nothing else calm.write_operations
        for turn, way in enumerate(WAYS):
            # Evenly over all operations, so that every stage has its share whatever the number of kills.
            share = (len(WAYS) * trial + turn) * 0.6180339887 % 1
            counts += way(nursery, data, 1 + int(share * operations), chance)
            _must_be_sound(calm, data)
        nursery.start(data, count_whole_way, True).succeed()
        assert Calm.manifest(data) == Calm.manifest(calm.after)
        _must_be_sound(calm, data)
        assert [path for path in leftovers(data) if "building" in path] == []
        counts += Counter({"runs left alone after kills": 1, "of which end with the same release": 1})
        shutil.rmtree(data)
        note(f"kills, seed {seed}", dict(counts))
    hit = sum(counts[name] for name in counts if name.startswith("hit: "))
    assert hit > counts["kills"] / 2, f"too few kills hit a write: {dict(counts)}"


def _at_operation(nursery: Nursery, data: Path, number: int, _: random.Random) -> Counter[str]:
    killed = nursery.start(data, count_whole_way, True, die_at=number).wait() == -signal.SIGKILL
    return Counter({"kills": 1, "hit: at a write operation": 1} if killed else {"came too late": 1})


def _in_native(nursery: Nursery, data: Path, number: int, chance: random.Random) -> Counter[str]:
    # There are about two thirds as many native writes as operations that Python announces; most take milliseconds.
    die_in = (number * 2 // 3, 10 ** chance.uniform(-4, -2.5))
    killed = nursery.start(data, count_whole_way, True, die_in=die_in).wait() == -signal.SIGALRM
    return Counter({"kills": 1, "hit: in a native write": 1} if killed else {"came too late": 1})


def _at_moment(nursery: Nursery, data: Path, _: int, chance: random.Random) -> Counter[str]:
    doing = nursery.start(data, count_whole_way, True).kill_after(chance.randrange(1, WRITE_CALLS))
    return Counter({"kills": 1, DOING[doing]: 1} if doing else {"came too late": 1})


WAYS = (_at_operation, _in_native, _at_moment, _in_native)


def _must_be_sound(calm: Calm, data: Path) -> None:
    """What is published is whole, and one of the two releases that there are."""
    latest = read_latest(data)
    assert latest is None or latest["release"] in calm.releases()
    for path in named_releases(data):
        assert read_release(path)["release"] == path.name
