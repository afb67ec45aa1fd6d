"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.intake import ingest_showcase
from pipeline.processes import take_turn
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import theatres
from pipeline.work import Work, run_step


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: many tests wait, for browsers, servers and Dagster's daemon."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data folder of the test's own."""
    return Settings(data=tmp_path / "data")


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """Folder of real exports, which are others' data and not part of the project."""
    folder = Path(os.environ.get("ISW_REAL_EXPORTS", "../shared/data")).resolve()
    if not (folder / "README.md").exists():
        pytest.skip("real exports are not at hand: set ISW_REAL_EXPORTS to their folder")
    return folder


@pytest.fixture(scope="session")
def showcase(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The showcase taken in and every step of Syria done, once for all tests; nobody writes to it."""
    base = tmp_path_factory.getbasetemp()
    # Processes that share the tests each have a folder in the one folder of all.
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    work = Work(Settings(data=folder / "showcase"))
    with take_turn(folder / "showcase.lock"):
        ingest_showcase(work.settings, ["syria"])
        for step in STEPS:
            run_step(work, theatres()["syria"], step)
    return work
