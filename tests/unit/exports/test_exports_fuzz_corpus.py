"""The corpus of fuzzing and the inputs that once crashed a reader, read again: none raises, hangs or loses a record.

What is run and what must hold is in ``tests/fuzz``, where new inputs are found (``python tests/fuzz/run.py``).
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"
sys.path.append(str(FUZZ))

import harnesses  # noqa: E402 - its folder is no package
import mutation  # noqa: E402

KEPT = sorted(path for folder in ("corpus", "crashes") for path in (FUZZ / folder).glob("*/*"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_fuzzing_found_reads_or_is_refused(path: Path) -> None:
    assert harnesses.run(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("reader", harnesses.HARNESSES)
def test_sound_files_come_in_as_their_format_and_changed_ones_without_a_crash(reader: str) -> None:
    """A few changes of each seed, always the same; fuzzing itself makes many, guided by what they reach."""
    chance = random.Random(20151001)

    def changed(content: bytes) -> bytes:
        at = chance.randrange(len(content) + 1)
        return content[:at] + chance.randbytes(chance.randrange(4)) + content[at + chance.randrange(8) :]

    seeds = harnesses.seeds(reader)
    assert {harnesses.run(reader, seed) for seed in seeds} <= set(harnesses.HARNESSES[reader].formats)
    for number in range(12):
        seed = seeds[number % len(seeds)]
        assert harnesses.run(reader, mutation.mutate(seed, harnesses.HARNESSES[reader].longest, number, changed))


def test_a_change_is_the_same_for_the_same_seed() -> None:
    seed = harnesses.seeds("wrapper")[0]
    first, again = (mutation.mutate(seed, 10_000, 7, lambda content: content + b"x") for _ in range(2))
    assert first == again != seed


def test_a_record_that_is_lost_is_a_crash() -> None:
    csv = harnesses.Harness(("csv",), lambda: [], count=lambda *_: 3)
    with pytest.raises(harnesses.Broken, match="2 records of 3 came in"):
        csv.read(csv, b"a,b\n1,2\n3,4\n")
