"""What a run tells of the files that it took, and what it refuses to take."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.intake import Taken, ingest
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.telling import tell_older
from pipeline.theatres import theatres
from pipeline.work import Work, run_step

SYRIA = theatres()["syria"]
HEADER = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy\n"


def _take(settings: Settings, path: Path, day: int, received: int) -> Taken:
    path.write_text(HEADER + f"k1,2016-01-{day:02d},Aleppo,Aleppo,36.2,37.1,city\n", encoding="utf-8")
    return ingest(settings, path, SYRIA, SYRIA.sources["airwars"], datetime(2026, 2, received, tzinfo=UTC))


def test_a_file_that_is_older_than_what_stands_is_told_of(settings: Settings, tmp_path: Path) -> None:
    standing = _take(settings, tmp_path / "standing.csv", day=2, received=9)
    older = _take(settings, tmp_path / "older.csv", day=3, received=8)
    work = Work(settings)
    run_step(work, SYRIA, step("mapped_strikes"), ["airwars"])
    assert tell_older(work, [older]) == [
        "older.csv counts as received 2026-02-08 00:00: 1 of its 1 records are older than what stands"
        " (received 2026-02-09 00:00)"
    ]
    assert tell_older(work, [standing]) == []
    assert tell_older(work, [older, standing]) == []  # taken together, the newer is what was wanted


def test_a_receipt_in_the_future_is_refused(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER, encoding="utf-8")
    options = ["--theatre", "syria", "--source", "airwars", "--received-at", "2999-01-01"]
    result = CliRunner(env={"ISW_DATA": str(settings.root)}).invoke(app, ["ingest", str(path), *options])
    assert result.exit_code and "--received-at 2999-01-01 lies in the future" in str(result.exception)
    assert not settings.exports_dir.exists()
