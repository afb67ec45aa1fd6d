"""What was known by a moment is what a data folder would hold that had received no more by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from pipeline.as_of import end_of, known_by, work_as_of
from pipeline.catalogue import table
from pipeline.content import content_digest
from pipeline.errors import UserError
from pipeline.intake import ingest
from pipeline.lake import Lake
from pipeline.override_files import read_overrides
from pipeline.release.database import open_database, write_database
from pipeline.release.manifest import combine, released
from pipeline.settings import Settings
from pipeline.steps import step
from pipeline.theatres import theatres
from pipeline.work import Work

SYRIA = theatres()["syria"]
THEATRE = SYRIA.model_copy(
    update={
        "sources": {
            **SYRIA.sources,
            "airwars": SYRIA.sources["airwars"].model_copy(update={"is_complete": True, "max_withdrawn_share": 0.9}),
        }
    }
)
HEADER = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy"
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
RAW = ("raw.exports", "raw.records", "raw.refused_exports", "raw.acceptances")
# An export: for each of three keys the day that it says of it, or none where it lacks the key.
LISTS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), min_size=1), min_size=2, max_size=4, unique_by=str
)


def take(settings: Settings, folder: Path, number: int, days: dict[str, int]) -> None:
    rows = [f"{key},2016-01-{day:02d},Aleppo,Aleppo,36.2,37.1,city" for key, day in sorted(days.items())]
    path = folder / f"{number}.csv"
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    ingest(settings, path, THEATRE, THEATRE.sources["airwars"], FIRST + timedelta(days=number))


def made_of(work: Work) -> dict[str, pa.Table]:
    """What the step of mapped strikes makes, not written; all months of core.strikes."""
    built = step("mapped_strikes").build(work, THEATRE, ["airwars"])["airwars"]
    frames = {candidate.table: candidate.frame for candidate in built.candidates}
    return frames | {"core.strikes": frames.pop("work.mapped_strikes")}


def digests(frames: dict[str, pa.Table], lake: Lake) -> dict[str, str]:
    found = {name: frame.sort_by([(key, "ascending") for key in table(name).key]) for name, frame in frames.items()}
    return {name: content_digest(frame) for name, frame in (found | {name: lake.read(name) for name in RAW}).items()}


def keys_of(work: Work) -> list[str]:
    return sorted(made_of(work)["core.strikes"].column("source_key").to_pylist())


@tuned(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lists=LISTS)
def test_as_of_each_receipt_is_what_a_folder_of_that_day_held(lists: list[dict[str, int]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        settings, then = Settings(data=folder / "now"), Settings(data=folder / "then")
        for number, days in enumerate(lists):
            take(settings, folder, number, days)
        now = made_of(Work(settings))
        database = folder / "now.duckdb"
        empty = {name: spec.empty() for name, spec in released().items()}
        write_database(database, combine({"syria": empty | now}), settings)
        for number, days in enumerate(lists):
            take(then, folder, number, days)
            held = made_of(Work(then))
            moment = end_of((FIRST + timedelta(days=number)).date())
            known = work_as_of(settings, moment)
            assert digests(made_of(known), known.lake) == digests(held, Lake(then))
            with open_database(database, settings) as connection:
                found = connection.execute("FROM core.strikes_as_of($1)", [moment]).to_arrow_table()
            assert table("core.strikes").conform(found).equals(held["core.strikes"].sort_by("strike_id"))


def test_an_export_that_was_let_in_later_is_held_back_until_then(settings: Settings, tmp_path: Path) -> None:
    lake = Lake(settings)
    for number, days in enumerate([{"a": 1, "b": 1, "c": 1}, {"d": 2}]):
        take(settings, tmp_path, number, days)
    export = lake.read("raw.exports").to_pylist()
    newest = max(export, key=lambda row: row["received_at"])
    where = {name: newest[name] for name in ("theatre", "source", "export_id")}
    accepted = {**where, "accepted_at": FIRST + timedelta(days=5), "accepted_by": "a person", "reason": "it is right"}
    lake.replace("raw.acceptances", [accepted], **where)
    moments = {day: FIRST + timedelta(days=day) for day in (0, 1, 4, 5)}
    keys = {day: keys_of(work_as_of(settings, moment)) for day, moment in moments.items()}
    assert keys == {0: ["a", "b", "c"], 1: ["a", "b", "c"], 4: ["a", "b", "c"], 5: ["d"]}


def test_before_the_first_receipt_it_is_said_what_known_means(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing was received yet"):
        known_by(settings, FIRST)
    take(settings, tmp_path, 0, {"a": 1})
    with pytest.raises(UserError, match=r"first export was received on 2026-01-01.*--received-at"):
        known_by(settings, datetime(2016, 1, 15, tzinfo=UTC))


def test_nothing_made_for_another_day_is_found_in_the_working_tables(settings: Settings, tmp_path: Path) -> None:
    take(settings, tmp_path, 0, {"a": 1})
    take(settings, tmp_path, 1, {"b": 1})
    then = work_as_of(settings, FIRST)
    then.lake.replace("core.strikes", made_of(then)["core.strikes"], theatre="syria", month="2016-01")
    assert then.lake.read("core.strikes").column("source_key").to_pylist() == ["a"]
    assert Work(settings).lake.read("core.strikes").num_rows == 0


def test_an_answer_is_made_once_and_of_what_had_been_received(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.as_of.STEPS", ())  # what had been received is there without any
    for number in range(3):
        take(settings, tmp_path, number, {"a": number + 1})
    then = known_by(settings, end_of(FIRST.date()))
    assert (then.exports, then.later, then.newest) == (1, 2, FIRST)
    assert "As known by 2026-01-01 23:59:59 UTC: 1 of 3 exports had been received" in then.sentence
    with open_database(then.database, settings) as connection:
        assert connection.execute("SELECT file_name FROM raw.exports").fetchall() == [("0.csv",)]
    made = then.database.stat().st_ino
    assert known_by(settings, FIRST + timedelta(hours=20)).database == then.database
    assert then.database.stat().st_ino == made
    assert known_by(settings, FIRST + timedelta(days=1)).database != then.database


def test_the_newest_answers_are_kept(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.as_of.STEPS", ())
    monkeypatch.setattr("pipeline.as_of.KEPT", 2)
    for number in range(3):
        take(settings, tmp_path, number, {"a": number + 1})
    asked = [known_by(settings, FIRST + timedelta(days=day)).database for day in range(3)]
    assert sorted((settings.root / "as_of").glob("*.duckdb")) == sorted(asked[1:])


def test_what_people_correct_counts_on_every_day(settings: Settings, tmp_path: Path) -> None:
    take(settings, tmp_path, 0, {"a": 1})
    folder = settings.overrides_dir / "syria" / "airwars"
    folder.mkdir(parents=True)
    (folder / "fix.csv").write_text("record,field,value,who,why\na,place,Azaz,me,typing error\n", encoding="utf-8")
    work = work_as_of(settings, FIRST)
    assert read_overrides(work.settings, "syria", "airwars").column("value").to_pylist() == ["Azaz"]
