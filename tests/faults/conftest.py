"""Fixtures of the fault suite: the small theatre, where processes come from, and what an undisturbed run gives."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from nursery import Nursery
from small_pipeline import Small, whole_way, write_small

LONG = "ISW_KILLS" in os.environ
T = TypeVar("T")


def at_first(cases: Iterable[T], number: int) -> list[T]:
    """All cases in a long run; the first few, which tell most, in a short one."""
    return list(cases) if LONG else list(cases)[:number]


@dataclass(frozen=True)
class Calm:
    """Data folders of undisturbed runs, nobody's to change: after the first exports, and after the second."""

    before: Path
    after: Path
    write_operations: int
    writes_from_nothing: int

    @staticmethod
    def manifest(data: Path) -> bytes:
        """The manifest of the latest release: digests of every table and file."""
        return (data / "latest" / "manifest.json").read_bytes()

    def releases(self) -> set[str]:
        """Ids of the two releases that there may be."""
        return {str(json.loads(self.manifest(data))["release"]) for data in (self.before, self.after)}


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


def count_whole_way(settings: object, small: Small, with_second: bool) -> None:
    """As ``whole_way``, and says nothing, so that the count of write operations is told."""
    whole_way(settings, small, with_second)  # type: ignore[arg-type]


@pytest.fixture
def data(calm: Calm, tmp_path: Path) -> Path:
    """A data folder with the first release in it, the test's own."""
    return Path(shutil.copytree(calm.before, tmp_path / "data", symlinks=True))
