"""What an undisturbed run gives, and the way that every run of the fault suite goes.

Belongs here: what tests of several faults share by name. Does not belong here: fixtures (``conftest``), for two folders
have a module of that name and processes that are started afresh would import either.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from small_pipeline import Small, whole_way

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


def count_whole_way(settings: object, small: Small, with_second: bool) -> None:
    """As ``whole_way``, and says nothing, so that the count of write operations is told."""
    whole_way(settings, small, with_second)  # type: ignore[arg-type]
