"""Three exports, each overlapping and correcting the one before, and one cut short, from files to strikes by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.acceptance import held_back
from pipeline.conservation import balance_records
from pipeline.content import content_digest
from pipeline.intake import ingest
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.theatres import theatres
from pipeline.work import Work, judge, run_step

SYRIA = theatres()["syria"]
COMPLETE = SYRIA.sources["airwars"].model_copy(update={"is_complete": True})
THEATRE = SYRIA.model_copy(update={"sources": {**SYRIA.sources, "airwars": COMPLETE}})
HEADER = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy"
TABLES = (
    "core.strikes", "core.sightings", "core.revisions", "core.receipts", "core.record_outcomes", "core.quarantine",
    "raw.exports", "raw.records",
)  # fmt: skip
MONTHS = ["2015-12", "2016-01", "2016-02"]
FIRST = {f"k{number}": f"2016-01-{number:02d}" for number in range(1, 11)}
SECOND = {**FIRST, "k1": "2015-12-31", "k11": "2016-02-01"} | {"k2": "not a day"}  # moves k1 to another month
THIRD = {key: day for key, day in {**SECOND, "k2": "2016-01-12"}.items() if key != "k10"}  # withdraws k10
LISTS = {"1.csv": FIRST, "2.csv": SECOND, "3.csv": THIRD, "4.csv": {"k1": "2015-12-31", "k3": "2016-01-03"}}


def _take(settings: Settings, folder: Path, names: Sequence[str]) -> Work:
    for name in names:
        rows = [f"{key},{day},Aleppo,Aleppo,36.2,37.1,city" for key, day in LISTS[name].items()]
        (folder / name).write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        ingest(settings, folder / name, THEATRE, COMPLETE, datetime(2026, 2, 1, tzinfo=UTC))
    work = Work(settings)
    run_step(work, THEATRE, step("mapped_strikes"), ["airwars"])
    run_step(work, THEATRE, step("strikes"), MONTHS)
    return work


def _digests(work: Work) -> dict[str, str]:
    return {name: content_digest(work.lake.read(name)) for name in TABLES}


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The four exports taken in one after the other, all received on one day."""
    folder = tmp_path_factory.mktemp("in_order")
    return _take(Settings(data=folder / "data"), folder, ["1.csv", "2.csv", "3.csv", "4.csv"])


def test_what_stands_is_what_the_third_says_and_the_fourth_is_held_back(in_order: Work) -> None:
    strikes = in_order.lake.read("core.strikes").to_pylist()
    assert {row["source_key"]: f"{row['date_from']}" for row in strikes} == THIRD
    assert {row["source_key"]: row["month"] for row in strikes}["k1"] == "2015-12"
    assert [one.file_name for one in held_back(in_order.lake, ["syria"])] == ["4.csv"]
    withdrawn = [row for row in in_order.lake.read("core.revisions").to_pylist() if row["status"] == "withdrawn"]
    assert [row["source_key"] for row in withdrawn] == ["k10"]
    balance = {row["file_name"]: row for row in balance_records(in_order, THEATRE, ["airwars"])}
    assert all(row["is_balanced"] for row in balance.values())
    told = {name: {key: row[key] for key in ("accepted", "duplicate", "superseded", "withdrawn", "held", "quarantined")}
            for name, row in balance.items()}  # fmt: skip
    assert [tuple(told[name].values()) for name in sorted(told)] == [
        (7, 0, 2, 1, 0, 0), (2, 8, 0, 0, 0, 1), (1, 9, 0, 0, 0, 0), (0, 0, 0, 0, 2, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [
        ["4.csv", "3.csv", "2.csv", "1.csv"],
        ["3.csv", "1.csv", "4.csv", "2.csv", "1.csv", "3.csv"],
    ],
    ids=["backwards", "shuffled and repeated"],
)
def test_order_and_repetition_of_ingest_change_no_table(
    names: list[str], in_order: Work, settings: Settings, tmp_path: Path
) -> None:
    assert _digests(_take(settings, tmp_path, names)) == _digests(in_order)


def test_taken_one_by_one_with_a_run_after_each_the_tables_are_the_same(
    in_order: Work, settings: Settings, tmp_path: Path
) -> None:
    for name in ("2.csv", "1.csv", "4.csv", "3.csv"):
        work = _take(settings, tmp_path, [name])
    assert _digests(work) == _digests(in_order)


def test_the_same_bytes_again_leave_everything_fresh(in_order: Work, tmp_path: Path) -> None:
    before = _digests(in_order)
    again = _take(in_order.settings, tmp_path, ["1.csv", "3.csv"])
    assert judge(again, THEATRE, step("mapped_strikes"), "airwars").is_fresh
    assert _digests(again) == before
