"""Housekeeping through Dagster: its old runs go, and what it knows of the assets stays."""

from __future__ import annotations

import os

import dagster as dg
from stub_pipeline import Stub

from assets.definitions import definitions
from assets.housekeeping import tidy_runs
from assets.lost_runs import process_tag
from assets.runs import instance
from pipeline.settings import Settings

QUARTER = {"range_start": "2015-10", "range_end": "2015-12"}
STRIKES = dg.AssetKey(["syria", "strikes"])


def test_old_runs_go_but_those_that_made_what_is_there(settings: Settings) -> None:
    settings = settings.model_copy(update={"keep_runs_days": 0})
    stub = Stub(settings)
    stub.receive()
    with instance(settings) as opened:
        first, second = (stub.run("syria_months", instance=opened, **QUARTER) for _ in range(2))
        other = stub.run("syria_months", instance=opened, range_start="2016-01", range_end="2016-01")
        files = settings.dagster_home / "history" / "runs"
        assert (files / f"{first.run_id}.db").exists()

        assert tidy_runs(settings, opened, is_dry=True).count == 1
        assert opened.get_run_by_id(first.run_id) is not None
        assert tidy_runs(settings, opened).count == 1
        assert {record.dagster_run.run_id for record in opened.get_run_records()} == {second.run_id, other.run_id}
        assert not (files / f"{first.run_id}.db").exists()
        made = set(opened.get_materialized_partitions(STRIKES))
        assert made == {"2015-10", "2015-11", "2015-12", "2016-01"}
        assert tidy_runs(settings, opened).count == 0


def test_the_job_tells_what_it_removed(settings: Settings) -> None:
    job = definitions(Stub(settings).pipeline()).resolve_job_def("housekeeping")
    left = settings.exports_dir / ".incoming-a"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"12345")
    os.utime(left, (0, 0))
    with dg.DagsterInstance.ephemeral() as opened:
        result = job.execute_in_process(instance=opened)
        run = opened.get_run_by_id(result.run_id)
    assert result.success and not left.exists()
    # A run that was killed is closed at the next tick, because it says which process it was.
    assert run is not None and run.tags.items() >= process_tag(result.run_id).items()
    (output,) = (event.step_output_data for event in result.all_events if event.is_successful_output)
    assert output.metadata["leftovers of runs that were ended"].value == 1
