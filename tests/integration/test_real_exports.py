"""Others' exports through the same code: run where they are at hand, skipped (saying so) where not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.intake import ingest, ingest_showcase
from pipeline.settings import Settings
from pipeline.steps import STEPS, control_frames
from pipeline.theatres import theatres
from pipeline.who import Question, answer
from pipeline.work import Work, run_step

pytestmark = pytest.mark.real
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)


def _take(work: Work, theatre: str, source: str, paths: list[Path]) -> None:
    for path in paths:
        taken = ingest(work.settings, path, theatres()[theatre], theatres()[theatre].sources[source], RECEIVED)
        assert taken.problem is None, taken.problem


def test_airwars_beside_the_tryout(real_exports: Path, tmp_path: Path) -> None:
    work = Work(Settings(data=tmp_path / "data"))
    ingest_showcase(work.settings, ["syria"])
    _take(work, "syria", "airwars", list((real_exports / "syria").glob("airwars_*.csv")))
    for step in STEPS:
        run_step(work, theatres()["syria"], step)
    row = next(
        r
        for r in work.lake.read("marts.headline").to_pylist()
        if (r["source"], r["window"], r["filter"], r["unit"]) == ("airwars", "article", "all", "row")
    )
    # The tryout gave 70.7 % at the point and 71.2 % expected over 719 incidents.
    assert row["n"] == 719
    assert row["not_focus_at_point"] == pytest.approx(0.707, abs=0.02)
    assert row["not_focus_expected"] == pytest.approx(0.712, abs=0.02)


def test_the_kharkiv_flips_of_september_2022(real_exports: Path, tmp_path: Path) -> None:
    work = Work(Settings(data=tmp_path / "data"))
    days = sorted((real_exports / "ukraine/isw-geojson/RussianAssessedCoTinUkraine").glob("202209*"))[:14]
    _take(work, "ukraine", "isw_control", days)
    ukraine = theatres()["ukraine"]
    run_step(work, ukraine, next(s for s in STEPS if s.name == "control"), ["isw_control"])
    balakliia, kupiansk = (49.46, 36.86), (49.71, 37.61)
    asked = [(balakliia, 7), (balakliia, 10), (kupiansk, 9), (kupiansk, 11)]
    questions = [Question(*place, date(2022, 9, day)) for place, day in asked]
    found = answer(ukraine, questions, control_frames(work, ukraine))
    assert [row["controller"] for row in found] == ["russian", "ukrainian", "russian", "ukrainian"]
