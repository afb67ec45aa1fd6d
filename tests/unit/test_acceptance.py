"""An export cut short: held back, told of, let in by a person, applied by the next run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.acceptance import accept, held_back
from pipeline.cli import app
from pipeline.errors import UserError
from pipeline.intake import ingest
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.telling import find_settled, read_states, tell_changes
from pipeline.theatres import theatres
from pipeline.work import Work, judge, run_step

SYRIA = theatres()["syria"]
COMPLETE = SYRIA.sources["airwars"].model_copy(update={"is_complete": True})
THEATRE = SYRIA.model_copy(update={"sources": {**SYRIA.sources, "airwars": COMPLETE}})
HEADER = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy"
AT = datetime(2026, 3, 1, tzinfo=UTC)


def _take(settings: Settings, folder: Path, day: int, keys: range) -> None:
    path = folder / f"list of day {day}.csv"
    rows = [f"k{key},2016-01-{key:02d},Aleppo,Aleppo,36.2,37.1,city" for key in keys]
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    ingest(settings, path, THEATRE, COMPLETE, datetime(2026, 2, day, tzinfo=UTC))


@pytest.fixture
def work(settings: Settings, tmp_path: Path) -> Work:
    """Ten strikes, and a newer list of the first three of them, mapped."""
    _take(settings, tmp_path, 1, range(1, 11))
    _take(settings, tmp_path, 2, range(1, 4))
    work = Work(settings)
    _map(work)
    return work


def _map(work: Work) -> None:
    run_step(work, THEATRE, step("mapped_strikes"), ["airwars"])


def test_a_person_lets_in_what_was_held_back_and_the_next_run_applies_it(work: Work) -> None:
    (held,) = held_back(work.lake, ["syria"])
    assert "list of day 2.csv of syria airwars (received 2026-02-02) is held back" in held.sentence
    assert f"isw-strikes accept {held.export_id[:16]}" in held.sentence
    assert work.lake.read("work.mapped_strikes").num_rows == 10
    assert accept(work.settings, held.export_id[:8], "A. Reader", "The list was cleaned", AT) == held
    (row,) = work.lake.read("raw.acceptances").to_pylist()
    assert (row["accepted_by"], row["reason"], row["accepted_at"]) == ("A. Reader", "The list was cleaned", AT)
    assert held_back(work.lake, ["syria"]) == []
    verdict = judge(work, THEATRE, step("mapped_strikes"), "airwars")
    assert verdict.why == ("acceptances of airwars changed",)
    before = read_states(work.lake)
    _map(work)
    assert work.lake.read("work.mapped_strikes").num_rows == 3
    assert tell_changes(work, find_settled(work, ["syria"], before)) == [
        "syria airwars: list of day 2.csv: strikes: 7 withdrawn"
    ]
    assert judge(work, THEATRE, step("mapped_strikes"), "airwars").is_fresh
    with pytest.raises(UserError, match="needs no acceptance: it is applied"):
        accept(work.settings, held.export_id, "A. Reader", "Again", AT)


@pytest.mark.parametrize(
    ("export", "told"),
    [
        (
            "list of day 1.csv",
            "needs no acceptance: it is applied; held back are: .* list of day 2.csv of syria airwars",
        ),
        ("nothing", "no export 'nothing' was received; held back are"),
        ("", "no export '' was received"),
    ],
)
def test_what_cannot_be_accepted_is_told_with_what_could_be(work: Work, export: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        accept(work.settings, export, "A. Reader", "why", AT)
    with pytest.raises(UserError, match="--by and --why must not be blank"):
        accept(work.settings, "list of day 2.csv", "A. Reader", " ", AT)
    assert accept(work.settings, "list of day 2.csv", "A. Reader", "why", AT).file_name == "list of day 2.csv"
    with pytest.raises(UserError, match="was accepted already: `isw-strikes run` applies it"):
        accept(work.settings, "list of day 2.csv", "A. Reader", "why", AT)


def test_an_export_that_no_run_looked_at_yet_waits_for_one(work: Work, tmp_path: Path) -> None:
    _take(work.settings, tmp_path, 3, range(5, 7))
    with pytest.raises(UserError, match="was received but not looked at yet"):
        accept(work.settings, "list of day 3.csv", "A. Reader", "why", AT)


def test_a_file_that_is_held_for_two_sources_is_let_in_for_the_one_that_is_named(work: Work) -> None:
    (row,) = (row for row in work.lake.read("core.receipts").to_pylist() if row["state"] == "held")
    work.lake.replace("core.receipts", [{**row, "source": "other"}], theatre="syria", source="other")
    with pytest.raises(UserError, match="give more of the id, or --theatre and --source"):
        accept(work.settings, row["export_id"], "A. Reader", "Right", AT)
    assert accept(work.settings, row["export_id"], "A. Reader", "Right", AT, "syria", "other").source == "other"
    assert [one.source for one in held_back(work.lake, ["syria"])] == ["airwars"]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--source", "nope"), "there is no source 'nope' in syria, ukraine: choose one of "),
        (("--theatre", "ukraine", "--source", "airwars"), "there is no source 'airwars' in ukraine: choose one of "),
        (("--theatre", "atlantis"), "there is no theatre 'atlantis': choose one of "),
    ],
)
def test_a_theatre_or_source_that_there_is_not_is_told_as_that(
    settings: Settings, option: tuple[str, ...], told: str
) -> None:
    command = CliRunner(env={"ISW_DATA": str(settings.root)})
    result = command.invoke(app, ["accept", "list.csv", "--by", "A. Reader", "--why", "Right", *option])
    assert result.exit_code and str(result.exception).startswith(told)
