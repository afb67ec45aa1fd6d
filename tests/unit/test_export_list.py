"""The list of exports: every record of every export in one column, and the reasons of those refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.export_list import FILES, OUTCOMES, list_exports
from pipeline.intake import ingest
from pipeline.settings import Settings
from pipeline.theatres import theatres


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with the tables that are read, one record of the sample refused for two reasons."""
    frames = sample_frames()
    outcomes = frames["core.record_outcomes"].to_pylist()
    refused = next(row for row in outcomes if row["source"] == "isw_reports" and row["outcome"] == "accepted")
    refused |= {"outcome": "quarantined", "target_id": None}
    frames["core.record_outcomes"] = table("core.record_outcomes").conform(outcomes)
    why = {name: refused[name] for name in ("theatre", "source", "export_id", "record_id")}
    seen = dict.fromkeys(("first_seen", "last_seen"), datetime(2026, 1, 1, tzinfo=UTC))
    reasons = [
        why | {"reason_code": code, "file_name": "a.csv", "hint": "mend it", **seen} for code in ("x_bad", "y_bad")
    ]
    frames["core.quarantine"] = table("core.quarantine").conform(reasons)
    folder = tmp_path / "releases" / "one" / "tables"
    folder.mkdir(parents=True)
    for name in FILES.values():
        pq.write_table(frames[name], folder / f"{name}.parquet")
    (tmp_path / "latest").symlink_to("releases/one")
    return Settings(data=tmp_path)


def test_outcomes_of_an_export_add_up_to_its_outcomes(settings: Settings) -> None:
    outcomes = sample_frames()["core.record_outcomes"].to_pylist()
    rows = list_exports(settings)
    assert rows
    for row in rows:
        held = [one for one in outcomes if (one["source"], one["export_id"]) == (row["source"], row["export_id"])]
        assert sum(row[outcome] for outcome in OUTCOMES) == len(held)


def test_reasons_are_counted_by_record(settings: Settings) -> None:
    row = next(row for row in list_exports(settings, "syria") if row["source"] == "isw_reports")
    assert (row["quarantined"], row["reasons"]) == (1, "x_bad 1, y_bad 1")
    assert list_exports(settings, "ukraine") == []


def test_before_the_first_release_the_working_tables_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    path.write_text("airwars_id,date,location_en,latitude,longitude\n1,2015-10-01,x,36.2", encoding="utf-8")
    syria = theatres()["syria"]
    own = Settings(data=tmp_path / "data")
    ingest(own, path, syria, syria.sources["airwars"], datetime(2026, 1, 1, tzinfo=UTC))
    (row,) = list_exports(own)
    assert (row["file_name"], row["records"], row["accepted"]) == ("cut.csv", 1, 0)
    assert "may be cut off" in row["notes"]


def test_before_the_first_file_the_user_is_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="isw-strikes run"):
        list_exports(Settings(data=tmp_path))
