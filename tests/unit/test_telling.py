"""What a run tells of the exports that it settled, and what is refused before any run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.intake import ingest
from pipeline.running import run_all
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.telling import find_settled, read_states, tell_older
from pipeline.theatres import theatres
from pipeline.work import Work, run_step

SYRIA = theatres()["syria"]
HEADER = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy\n"


def _row(key: str, day: int) -> str:
    return f"{key},2016-01-{day:02d},Aleppo,Aleppo,36.2,37.1,city\n"


def _take(settings: Settings, name: str, rows: str, received: int) -> None:
    path = settings.root.parent / name
    path.write_text(HEADER + rows, encoding="utf-8")
    ingest(settings, path, SYRIA, SYRIA.sources["airwars"], datetime(2026, 2, received, tzinfo=UTC))


def _map(settings: Settings, *_: object) -> None:
    run_step(Work(settings), SYRIA, step("mapped_strikes"), ["airwars"])


def test_a_run_tells_of_an_export_by_whatever_way_it_came_in_and_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.running._run_jobs", _map)

    def run() -> list[str]:
        told: list[str] = []
        outcome = run_all(settings, ["syria"], force=False, showcase=False, on_progress=told.append)
        return told + outcome.problems

    _take(settings, "by hand.csv", _row("k1", 1) + _row("k2", 33), received=8)
    changed, refused = run()
    assert changed == "syria airwars: by hand.csv: strikes: 1 new"
    assert refused.startswith("by hand.csv: 1 of 2 records refused (date_unparsable 1);")
    assert run() == []


def test_where_it_is_damaged_how_exports_stood_all_are_told_of_again(settings: Settings) -> None:
    _take(settings, "one.csv", _row("k1", 1), received=8)
    _map(settings)
    work = Work(settings)
    assert find_settled(work, ["syria"], read_states(work.lake)) == []
    (file,) = (settings.root / "lake" / "core.receipts").rglob("*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:10])
    before = read_states(work.lake)
    file.write_bytes(whole)
    assert [one["file_name"] for one in find_settled(work, ["syria"], before)] == ["one.csv"]


def test_a_file_that_is_older_than_what_stands_is_told_of(settings: Settings) -> None:
    _take(settings, "standing.csv", _row("k1", 2), received=9)
    _map(settings)
    work = Work(settings)
    before = read_states(work.lake)
    _take(settings, "older.csv", _row("k1", 3), received=8)
    _map(settings)
    assert tell_older(work, find_settled(work, ["syria"], before)) == [
        "older.csv counts as received 2026-02-08 00:00: 1 of its 1 records are older than what stands"
        " (received 2026-02-09 00:00)"
    ]
    # Settled together, the newer is what was wanted.
    assert tell_older(work, find_settled(work, ["syria"], {})) == []


def test_a_receipt_in_the_future_is_refused(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER, encoding="utf-8")
    options = ["--theatre", "syria", "--source", "airwars", "--received-at", "2999-01-01"]
    result = CliRunner(env={"ISW_DATA": str(settings.root)}).invoke(app, ["ingest", str(path), *options])
    assert result.exit_code and "--received-at 2999-01-01 lies in the future" in str(result.exception)
    assert not settings.exports_dir.exists()
