"""What a person mends so that a file can be read holds for files that were received before."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import running
from pipeline.inputs import of_mapped_strikes
from pipeline.intake import find_outdated, ingest, read_outdated
from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.theatres import FieldSource, Source, theatres
from pipeline.theatres.sources import Dialect
from pipeline.work import Work

SYRIA = theatres()["syria"]
AIRWARS = SYRIA.sources["airwars"]
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = "airwars_id,incident_code,geolocation_accuracy,date,location_en,latitude,longitude\n"
ROW = "1,c,village,2015-10-01,Aleppo,36.2,37.1\n"
RENAMED = HEADER.replace("date", "incident_date") + ROW
RAISED = "ISW_MAX_COLUMNS was raised from 5 to 2,000"
ALSO_SO_NAMED = FieldSource(names=("date", "incident_date"))
ALSO_NAMED = AIRWARS.model_copy(update={"fields": {**AIRWARS.fields, "date_from": ALSO_SO_NAMED}})


def _in(source: Source) -> Any:
    return SYRIA.model_copy(update={"sources": {**SYRIA.sources, source.name: source}})


def _take(settings: Settings, folder: Path, content: str | bytes, source: Source = AIRWARS, name: str = "a.csv") -> Any:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return ingest(settings, path, SYRIA, source, RECEIVED)


def _with(**dialect: Any) -> Source:
    return AIRWARS.model_copy(update={"dialect": Dialect(**dialect)})


def _raw(settings: Settings, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = Lake(settings).read(f"raw.{name}").to_pylist()
    return rows


@pytest.mark.parametrize(
    ("content", "code", "caps", "source", "why"),
    [
        (RENAMED, "export_missing_column", {}, ALSO_NAMED, "its source's mapping asks for other columns"),
        (HEADER + ROW, "export_cap_exceeded", {"max_columns": 5}, AIRWARS, RAISED),
        (
            HEADER.replace(",", "#") + ROW.replace(",", "#"), "export_missing_column", {}, _with(delimiter="#"),
            "its source has another dialect",
        ),
    ],
    ids=["columns", "cap", "dialect"],
)  # fmt: skip
def test_what_was_refused_is_read_once_its_cause_is_mended(
    settings: Settings, tmp_path: Path, content: str, code: str, caps: dict[str, Any], source: Source, why: str
) -> None:
    narrow = Settings(data=settings.data, **caps)
    refused = _take(narrow, tmp_path, content)
    assert refused.problem.startswith(code) and read_outdated(narrow, SYRIA, [AIRWARS]) == []
    (before,) = _raw(settings, "exports")
    inputs = of_mapped_strikes(Work(settings), SYRIA, "airwars")

    told: list[str] = []
    (again,) = read_outdated(settings, _in(source), [source], told.append)
    assert (again.read_again, again.problem) == (why, None)
    assert told == [f"syria airwars: a.csv was read again ({why}): 1 records"]
    (after,) = _raw(settings, "exports")
    kept = ("export_id", "received_at", "file_name", "is_fetched")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert (after["record_count"], _raw(settings, "refused_exports")) == (1, [])
    assert [row["export_id"] for row in _raw(settings, "records")] == [refused.export_id]
    # What is made of it is stale by its exports, whatever else is.
    assert of_mapped_strikes(Work(settings), SYRIA, "airwars")["exports of airwars"] != inputs["exports of airwars"]
    assert read_outdated(settings, _in(source), [source]) == []


def test_a_file_that_is_given_again_is_read_by_what_holds_now(settings: Settings, tmp_path: Path) -> None:
    _take(settings, tmp_path, RENAMED)
    again = _take(settings, tmp_path, RENAMED, ALSO_NAMED)
    assert (again.is_new, again.problem, again.records) == (False, None, 1) and again.read_again
    assert _take(settings, tmp_path, RENAMED, ALSO_NAMED).read_again is None


def test_a_file_that_is_still_refused_says_by_what_now(settings: Settings, tmp_path: Path) -> None:
    narrow = Settings(data=settings.data, max_columns=5)
    _take(narrow, tmp_path, RENAMED)
    (again,) = read_outdated(settings, SYRIA, [AIRWARS])
    assert again.problem is not None and again.problem.startswith("export_missing_column")
    assert [row["reason_code"] for row in _raw(settings, "refused_exports")] == ["export_missing_column"]
    assert read_outdated(settings, SYRIA, [AIRWARS]) == []


def test_texts_that_were_read_in_a_wrong_encoding_are_read_in_the_right_one(settings: Settings, tmp_path: Path) -> None:
    content = (HEADER + ROW.replace("Aleppo", "Алеппо")).encode("cp1251")
    _take(settings, tmp_path, content, _with(encoding="cp1252"))
    right = _with(encoding="cp1251")
    (again,) = read_outdated(settings, _in(right), [right])
    assert (again.records, again.problem) == (1, None)
    (record,) = _raw(settings, "records")
    assert json.loads(record["properties"])["location_en"] == "Алеппо"


def _title(source: Source) -> Source:
    return source.model_copy(update={"title": "Another", "date_formats": ("%d/%m/%Y",)})


def _further_name(source: Source) -> Source:
    return source.model_copy(update={"fields": ALSO_NAMED.fields})


def _other_name(source: Source) -> Source:
    only = FieldSource(names=("incident_date",))
    return source.model_copy(update={"fields": {**source.fields, "date_from": only}})


@pytest.mark.parametrize(
    ("change", "outdated"),
    [(_title, []), (_further_name, ["refused.csv"]), (_other_name, ["read.csv", "refused.csv"])],
)
def test_only_what_could_be_read_otherwise_is_read_again(
    settings: Settings, tmp_path: Path, change: Callable[[Source], Source], outdated: list[str]
) -> None:
    _take(settings, tmp_path, HEADER + ROW, name="read.csv")
    _take(settings, tmp_path, RENAMED, name="refused.csv")
    found = find_outdated(Settings(data=settings.data, max_columns=9, threads=1), SYRIA, [change(AIRWARS)])
    assert [row["file_name"] for _, row, _ in found] == outdated


def test_a_file_without_a_column_that_is_asked_for_now_is_refused(settings: Settings, tmp_path: Path) -> None:
    _take(settings, tmp_path, HEADER + ROW)
    other = _other_name(AIRWARS)
    (again,) = read_outdated(settings, _in(other), [other])
    assert again.problem is not None and again.problem.startswith("export_missing_column")
    assert (_raw(settings, "records"), len(_raw(settings, "refused_exports"))) == ([], 1)


def test_one_whose_bytes_are_gone_is_told_and_stops_no_other(settings: Settings, tmp_path: Path) -> None:
    narrow = Settings(data=settings.data, max_columns=5)
    gone = _take(narrow, tmp_path, HEADER + ROW, name="a.csv")
    _take(narrow, tmp_path, HEADER + ROW.replace("1,", "2,"), name="b.csv")
    next(settings.exports_dir.glob(f"*/{gone.export_id}")).unlink()
    lost, other = read_outdated(settings, SYRIA)
    assert lost.problem is not None and "a.csv could not be read again" in lost.problem
    assert (other.problem, other.records) == (None, 1)
    assert [row["record_count"] for row in _raw(settings, "exports")].count(0) == 1


def test_a_run_would_say_what_it_reads_again(settings: Settings, tmp_path: Path) -> None:
    _take(Settings(data=settings.data, max_columns=5), tmp_path, HEADER + ROW)
    told = f"syria: a.csv of airwars would be read again, and what it touches made again: {RAISED}"
    assert told in running.plan(settings, ["syria"], showcase=False)
