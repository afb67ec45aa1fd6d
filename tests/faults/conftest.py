"""Fixtures of the fault suite: the small theatre, where processes come from, and what an undisturbed run gives."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from calm import Calm, count_whole_way
from nursery import Nursery
from small_pipeline import Small, write_small
from two_theatres import Two, beside_one_another


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return write_small(tmp_path_factory.mktemp("small") / "files")


@pytest.fixture(scope="session")
def nursery(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Nursery:
    return Nursery(small.folder, tmp_path_factory.mktemp("nursery"))


@pytest.fixture(scope="session")
def calm(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    folder = tmp_path_factory.mktemp("calm")
    before, after = folder / "before", folder / "after"
    counted = []
    for data, with_second in ((before, False), (after, True)):
        if with_second:
            shutil.copytree(before, after, symlinks=True)
        child = nursery.start(data, count_whole_way, with_second)
        child.succeed()
        counted.append(int(child.said.read_text(encoding="utf-8")))
    return Calm(before, after, write_operations=counted[1], writes_from_nothing=counted[0])


@pytest.fixture
def data(calm: Calm, tmp_path: Path) -> Path:
    """A data folder with the first release in it, the test's own."""
    return Path(shutil.copytree(calm.before, tmp_path / "data", symlinks=True))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """Two theatres in this process, and nothing received."""
    with beside_one_another(tmp_path) as both:
        yield both
