"""Two small theatres beside one another: one that is worked at while the other is published.

Belongs here: their files and the way of each. Does not belong here: what a small theatre is (``small_pipeline``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_pipeline import CONTROL, LATER, NAME, RECEIVED, STRIKES, Small, data_settings, install, write_small

from pipeline.intake import ingest
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import theatres
from pipeline.work import Work, run_step

OTHER = "other"


@dataclass(frozen=True)
class Two:
    """A data folder, and the files of both theatres."""

    settings: Settings
    small: Small

    def take(self, name: str, path: Path, source: str = STRIKES) -> None:
        """Take a file for one of them; files taken later count as received later."""
        theatre = theatres()[name]
        at = RECEIVED if path in (self.small.first, self.small.control) else LATER
        ingest(self.settings, path, theatre, theatre.sources[source], at)

    def make(self, name: str, without: Iterable[str] = ()) -> None:
        """Do the stale parts of a theatre, without those of some steps."""
        work = Work(self.settings)
        for step in STEPS:
            if step.name not in without:
                run_step(work, theatres()[name], step)

    def begin(self, *names: str) -> None:
        """Take the first files of theatres and do every step."""
        for name in names:
            self.take(name, self.small.control, CONTROL)
            self.take(name, self.small.first)
            self.make(name)


@contextmanager
def beside_one_another(folder: Path) -> Iterator[Two]:
    """Both theatres, known to this process alone, and nothing received."""
    small = write_small(folder / "files")
    known = small.folder / "theatres"
    shutil.copy(known / f"{NAME}.yaml", known / f"{OTHER}.yaml")
    with pytest.MonkeyPatch.context() as patch:
        install(small, patch)
        # A run through Dagster, and one thread, set variables of the process.
        for name in ("DAGSTER_HOME", "ISW_DATA", "OMP_NUM_THREADS"):
            patch.setenv(name, "1")
        yield Two(data_settings(folder / "data").model_copy(update={"keep_releases": 5}), small)
    theatres.cache_clear()
