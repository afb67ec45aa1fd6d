"""The showcase through Dagster, as the command line runs it, over an instance on the disk."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from stub_pipeline import SYRIA, Stub, number

from assets.lost_runs import process_tag
from assets.resources import Pipeline
from assets.runs import RunOutcome, environment, instance, run_job, run_theatre
from pipeline.errors import UserError
from pipeline.settings import Settings

MONTHS = SYRIA.months()
EVERYTHING = {
    "dagster/asset_partition_range_start": MONTHS[0],
    "dagster/asset_partition_range_end": MONTHS[-1],
    "isw/showcase": "true",
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, RunOutcome, Stub]:
    """The showcase taken in and everything of Syria made; only the release is a stub."""
    settings = Settings(data=tmp_path_factory.mktemp("run") / "data")
    stub = Stub(settings)
    pipeline = Pipeline(settings, publish=stub.pipeline().publish, on_progress=stub.told.append)
    return settings, run_job(pipeline, "syria", EVERYTHING), stub


def noted(opened: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    """A run as the instance knows it."""
    run = opened.get_run_by_id(run_id)
    assert run is not None
    return run


def test_everything_is_made(first: tuple[Settings, RunOutcome, Stub]) -> None:
    settings, outcome, stub = first
    assert outcome.success and outcome.failures == []
    assert stub.published == [["syria"]]
    assert any(line.startswith("syria attribution 2015-10: ") for line in stub.told)
    with instance(settings) as opened:
        for name in ("strikes", "attribution"):
            assert set(opened.get_materialized_partitions(dg.AssetKey(["syria", name]))) == set(MONTHS)
        for name in ("records", "references", "mapped_strikes", "control", "tables"):
            assert opened.get_latest_materialization_event(dg.AssetKey(["syria", name])), name


def test_metadata_tells_what_was_made(first: tuple[Settings, RunOutcome, Stub]) -> None:
    settings, _, _ = first
    with instance(settings) as opened:

        def metadata(name: str) -> dict[str, dg.MetadataValue]:
            event = opened.get_latest_materialization_event(dg.AssetKey(["syria", name]))
            assert event is not None and event.asset_materialization is not None
            return dict(event.asset_materialization.metadata)

        records, tables, mapped = metadata("records"), metadata("tables"), metadata("mapped_strikes")
    assert records["exports"].value == 6
    taken = records["exports taken"]
    assert isinstance(taken, dg.TableMetadataValue)
    assert {"source", "file", "records", "problem"} <= set(taken.records[0].data)
    assert "reported strike locations" in str(tables["headline"].value)
    assert 0 < number(tables["not_focus_at_point"]) < 1
    assert "mod_claims" in str(mapped["refused"].value)
    assert number(mapped["dagster/row_count"]) > 100


def test_all_checks_pass(first: tuple[Settings, RunOutcome, Stub]) -> None:
    settings, outcome, _ = first
    with instance(settings) as opened:
        records = opened.get_records_for_run(outcome.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records
    found = [record.event_log_entry.get_dagster_event().asset_check_evaluation_data for record in records]
    assert all(check.passed for check in found)
    balance = next(c for c in found if c.check_name == "conservation" and c.asset_key.path[-1] == "mapped_strikes")
    assert balance.metadata["records"].value == 141
    assert {check.check_name for check in found} >= {"contract_strikes", "contract_attribution", "exports_readable"}


def test_second_run_makes_nothing(first: tuple[Settings, RunOutcome, Stub]) -> None:
    settings, _, _ = first
    told: list[str] = []
    outcome = run_theatre(settings, "syria", ("2015-10", "2015-12"), on_progress=told.append)
    assert outcome.success
    assert told == []


def test_forced_range_makes_just_its_months(first: tuple[Settings, RunOutcome, Stub]) -> None:
    settings, _, _ = first
    told: list[str] = []
    pipeline = Pipeline(settings, on_progress=told.append)
    tags = {
        "dagster/asset_partition_range_start": "2015-10",
        "dagster/asset_partition_range_end": "2015-12",
        "isw/force": "true",
    }
    assert run_job(pipeline, "syria_months", tags).success
    made = [line.split(":")[0] for line in told]
    assert made == [f"syria {step} 2015-{month}" for step in ("strikes", "attribution") for month in (10, 11, 12)]


def test_ui_can_execute_such_a_run_again(first: tuple[Settings, RunOutcome, Stub]) -> None:
    """The UI asks for the origin; Dagster gives in-process runs none."""
    settings, outcome, _ = first
    with instance(settings) as opened:
        run = noted(opened, outcome.run_id)
    assert run.remote_job_origin is not None
    origin = run.remote_job_origin
    assert (origin.location_name, origin.job_name) == ("isw_strikes", "syria")
    assert origin.repository_origin.repository_name == "__repository__"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "started by a person"),
        ({"dagster/backfill": "abcd"}, "started by a person, backfill abcd"),
        ({"isw/why": "daily schedule"}, "daily schedule"),
    ],
)
def test_every_run_says_why_it_exists(settings: Settings, given: dict[str, str], why: str) -> None:
    outcome = run_job(Stub(settings).pipeline(), "publish", given)
    with instance(settings) as opened:
        (run,) = opened.get_runs()
    assert (run.run_id, run.tags["isw/why"]) == (outcome.run_id, why)


def test_lost_run_is_closed(first: tuple[Settings, RunOutcome, Stub]) -> None:
    settings, outcome, _ = first
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lost, alive, renumbered, copied = (str(uuid.uuid4()) for _ in range(4))
    said = {
        lost: process_tag(lost, ended.pid),
        alive: process_tag(alive),
        # After a reboot another process has the number; and the UI copies the tags of what it executes again.
        renumbered: {"isw/process": process_tag(renumbered)["isw/process"].replace(f":{os.getpid()}:", ":1:")},
        copied: process_tag(lost, ended.pid),
    }
    with instance(settings) as opened:
        assert noted(opened, outcome.run_id).tags["isw/process"] == process_tag(outcome.run_id)["isw/process"]
        for run_id, named in said.items():
            opened.add_run(dg.DagsterRun("syria", run_id, status=dg.DagsterRunStatus.STARTED, tags=named))
    with instance(settings) as opened:
        closed = {run_id for run_id in said if noted(opened, run_id).status is dg.DagsterRunStatus.FAILURE}
        assert closed == {lost, renumbered}
        for run_id in (alive, copied):
            opened.report_run_canceled(noted(opened, run_id))


def test_instance_lives_in_the_data_folder_and_tells_nobody(settings: Settings) -> None:
    variables = environment(settings)
    assert variables["DAGSTER_HOME"] == str(settings.root / "dagster")
    with instance(settings) as opened:
        assert not opened.telemetry_enabled and not opened.nux_enabled
    own = settings.dagster_home / "dagster.yaml"
    own.write_text(own.read_text() + "# mine\n")
    environment(settings)
    assert own.read_text().endswith("# mine\n")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (UserError("the inbox is on fire: put it out"), "syria control: the inbox is on fire: put it out"),
        (ValueError("odd\nand more"), "syria control: ValueError: odd"),
        (DagsterExecutionInterruptedError(), "syria control: stopped; what was finished stays, run again to go on"),
    ],
)
def test_failures_are_told_in_a_line(settings: Settings, fault: BaseException, told: str) -> None:
    stub = Stub(settings, fault=fault)
    stub.receive()
    outcome = run_job(stub.pipeline(), "syria_ingest", {})
    assert not outcome.success
    assert outcome.failures == [told]


def test_the_showcase_is_taken_only_where_a_run_asks_for_it(settings: Settings) -> None:
    """A schedule and the UI do not, so a folder that is run with --no-showcase stays without."""
    stub = Stub(settings)
    for asked, exports in (({}, 0), ({"isw/showcase": "true"}, 6)):
        run_job(stub.pipeline(), "syria_ingest", asked, [dg.AssetKey(["syria", "records"])])
        assert stub.pipeline().work().lake.read("raw.exports").num_rows == exports


def test_blocking_check_is_told(settings: Settings) -> None:
    outcome = run_job(Stub(settings).pipeline(), "syria_ingest", {})
    (failure,) = outcome.failures
    assert failure.startswith("syria mapped_strikes: conservation: Records were lost or doubled: isw_reports")
