"""What jobs ask of the pipeline, seen with steps that do next to nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from stub_pipeline import SYRIA, Stub, number

from assets import theatre_assets
from assets.failures import say_failures
from pipeline.catalogue import table
from pipeline.errors import PassingError, UserError
from pipeline.intake import ingest
from pipeline.settings import Settings

ALL = {"range_start": SYRIA.months()[0], "range_end": SYRIA.months()[-1]}
QUARTER = {"range_start": "2015-10", "range_end": "2015-12"}
MONTHS = ["2015-10", "2015-11", "2015-12"]


@pytest.fixture
def stub(settings: Settings) -> Stub:
    stub = Stub(settings)
    stub.receive()
    return stub


def materialised(result: dg.ExecuteInProcessResult, *key: str) -> dict[str | None, dg.AssetMaterialization]:
    made = [event.step_materialization_data.materialization for event in result.get_asset_materialization_events()]
    return {event.partition: event for event in made if event.asset_key == dg.AssetKey(key)}


def version(result: dg.ExecuteInProcessResult) -> str | None:
    return (materialised(result, "syria", "mapped_strikes")[None].tags or {}).get("dagster/data_version")


def verdicts(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {f"{e.asset_key.path[-1]} {e.check_name}": e.passed for e in result.get_asset_check_evaluations()}


def test_range_is_one_run_of_each_step(stub: Stub, instance: dg.DagsterInstance) -> None:
    result = stub.run("syria", instance=instance, **QUARTER)
    assert result.success
    assert [part for step, part in stub.made if step == "strikes"] == MONTHS
    assert [part for step, part in stub.made if step == "attribution"] == MONTHS
    strikes = materialised(result, "syria", "strikes")
    assert sorted(map(str, strikes)) == MONTHS
    assert strikes["2015-11"].metadata["why"].value == "never made"


def test_second_run_finds_everything_fresh(stub: Stub, instance: dg.DagsterInstance) -> None:
    before = stub.run("syria", instance=instance, **QUARTER)
    stub.made.clear()
    result = stub.run("syria", instance=instance, **QUARTER)
    assert result.success
    assert stub.made == []
    assert "fresh" in str(materialised(result, "syria", "strikes")["2015-10"].metadata["why"].value)
    assert materialised(result, "syria", "control")[None].metadata["parts made"].value == 0
    first, second = (version(result) for result in (before, result))
    assert first == second


def test_force_makes_what_is_fresh_again(stub: Stub, instance: dg.DagsterInstance) -> None:
    stub.run("syria", instance=instance, **QUARTER)
    stub.made.clear()
    stub.run("syria_months", instance=instance, force="true", **QUARTER)
    assert stub.made == [("strikes", month) for month in MONTHS] + [("attribution", month) for month in MONTHS]


def test_only_what_changed_is_made(stub: Stub, instance: dg.DagsterInstance) -> None:
    stub.run("syria", instance=instance, **ALL)
    stub.made.clear()
    stub.state[("strikes", "2016-01")] = "second"
    stub.run("syria", instance=instance, **ALL)
    assert stub.made == [("strikes", "2016-01")]


def test_months_without_a_range_are_asked_for(stub: Stub, instance: dg.DagsterInstance) -> None:
    result = stub.run("syria_months", instance=instance)
    assert not result.success
    failure = next(event for event in result.all_events if event.is_step_failure)
    assert "choose a range" in str(failure.step_failure_data.user_failure_data)


def test_release_waits_for_stale_months(stub: Stub, instance: dg.DagsterInstance) -> None:
    result = stub.run("publish", instance=instance, theatre="syria")
    assert stub.published == []
    assert verdicts(result) == {"release published": False}
    assert stub.told and "Not published" in stub.told[0]


def test_an_export_that_is_held_back_is_a_warning_and_the_run_goes_on(stub: Stub, instance: dg.DagsterInstance) -> None:
    row = dict.fromkeys(table("core.receipts").columns) | {
        "theatre": "syria", "source": "isw_reports", "export_id": "e" * 64, "receipt_no": 1, "file_name": "strikes.csv",
        "received_at": datetime(2026, 11, 1, tzinfo=UTC), "state": "held", "is_complete": True, "is_accepted": False,
        "keys": 1, "held_because": "shrank", "told": "it lacks 9 of the 10 that stand",
    }  # fmt: skip
    stub.pipeline().work().lake.replace("core.receipts", [row], theatre="syria", source="isw_reports")
    result = stub.run("syria_ingest", instance=instance)
    assert result.success
    found = {name: passed for name, passed in verdicts(result).items() if name.endswith("exports_applied")}
    assert found == {
        "references exports_applied": True, "mapped_strikes exports_applied": False, "control exports_applied": True,
    }  # fmt: skip
    check = next(e for e in result.get_asset_check_evaluations() if not e.passed)
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert "strikes.csv of syria isw_reports" in str(check.description) and "isw-strikes accept" in str(
        check.description
    )


def test_release_shows_sentence_and_picture(settings: Settings, instance: dg.DagsterInstance) -> None:
    stub = Stub(settings)
    result = stub.run("publish", instance=instance, theatre="syria")
    assert stub.published == [["syria"]]
    metadata = materialised(result, "release")[None].metadata
    assert "76%" in str(metadata["headline"].value)
    picture = str(metadata["picture: headline"].value)
    assert picture.startswith("![headline](data:image/png;base64,") and len(picture) < 500_000


def test_refused_release_fails_in_words(settings: Settings, instance: dg.DagsterInstance) -> None:
    stub = Stub(settings, refusal="The release is not published: 1 of its checks failed.")
    result = stub.run("publish", instance=instance, theatre="syria")
    assert not result.success
    assert verdicts(result) == {"release published": False}
    failure = next(event for event in result.all_events if event.is_step_failure)
    told = failure.step_failure_data.user_failure_data
    assert told is not None and told.description == stub.refusal


def test_refused_candidate_fails_in_words_and_leaves_the_data(stub: Stub, instance: dg.DagsterInstance) -> None:
    assert stub.run("syria_ingest", instance=instance).success
    lake = stub.pipeline().work().lake
    before = lake.read("core.record_outcomes").to_pylist(), lake.version("core.record_outcomes")
    stub.outcome = "lost"
    stub.state[("mapped_strikes", "isw_reports")] = "second"

    result = stub.run("syria_ingest", instance=instance)

    assert not result.success
    assert (lake.read("core.record_outcomes").to_pylist(), lake.version("core.record_outcomes")) == before
    failure = next(event for event in result.all_events if event.is_step_failure)
    told = failure.step_failure_data.user_failure_data
    assert told is not None and told.description is not None
    assert "broke its contract" in told.description and "Nothing was replaced" in told.description
    check = next(e for e in result.get_asset_check_evaluations() if not e.passed)
    assert check.check_name == "contract_record_outcomes"
    assert number(check.metadata["failed"]) >= 1
    assert "lost" in str(check.metadata["failures"].value)


def test_conservation_blocks_what_follows(stub: Stub, instance: dg.DagsterInstance) -> None:
    where = {"theatre": "syria", "source": "isw_reports", "export_id": "e" * 64}
    lake = stub.pipeline().work().lake
    lost = {**lake.read("raw.exports").to_pylist()[0], "record_count": 2}
    lake.replace("raw.exports", [lost], **where)

    result = stub.run("syria", instance=instance, **QUARTER)

    assert not result.success
    assert verdicts(result)["mapped_strikes conservation"] is False
    assert not [made for made in stub.made if made[0] == "strikes"]


def test_a_file_that_a_cap_refused_is_read_by_the_next_run_under_a_wider_one(
    stub: Stub, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text("airwars_id,date,location_en\n1,2015-10-01,Aleppo\n", encoding="utf-8")
    narrow = stub.settings.model_copy(update={"max_columns": 2})
    ingest(narrow, path, SYRIA, SYRIA.sources["airwars"], datetime(2026, 11, 1, tzinfo=UTC))
    stub.run("syria_ingest", instance=instance)
    (row,) = stub.pipeline().work().lake.read("raw.exports", source="airwars").to_pylist()
    assert (row["record_count"], row["problem_code"]) == (1, None)
    assert any("read again (ISW_MAX_COLUMNS was raised from 2 to 2,000)" in line for line in stub.told)


@pytest.mark.parametrize("job", ["syria_ingest", "syria_months", "syria_publish"])
def test_a_run_that_would_not_fit_on_the_disk_makes_nothing(
    settings: Settings, instance: dg.DagsterInstance, job: str
) -> None:
    full = Stub(settings.model_copy(update={"min_free_bytes": 2**60}))
    full.receive()
    result = full.run(job, instance=instance, **(QUARTER if job == "syria_months" else {}))
    assert "Nothing was begun" in say_failures(result.all_events)[0]
    assert not result.success and not full.made


@pytest.mark.parametrize(("fault", "retries"), [(PassingError("the store is away"), 2), (UserError("put it out"), 0)])
def test_only_what_may_pass_by_itself_is_tried_again(
    stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, fault: UserError, retries: int
) -> None:
    monkeypatch.setattr(theatre_assets, "over_store", lambda _: dg.RetryPolicy(max_retries=2))
    stub.fault = fault
    result = stub.run("syria_ingest", instance=instance)
    again = [event for event in result.all_events if event.event_type is dg.DagsterEventType.STEP_UP_FOR_RETRY]
    assert len(again) == retries and say_failures(result.all_events) == [f"syria control: {fault}"]
