"""The sensor of touched months, and the daily schedule, evaluated without a daemon."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_ticks import reason, tick
from stub_pipeline import SYRIA, Stub

from assets import retries, sensors, touched
from assets.definitions import definitions
from assets.lost_runs import process_tag
from assets.touched import find_launch
from pipeline.plan import spans_of
from pipeline.status import Outcome, note_failure, read_status
from pipeline.theatres import Theatre
from pipeline.work import Work, run_step

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def do_everything(stub: Stub) -> None:
    work = stub.pipeline().work()
    for step in stub.pipeline().steps:
        run_step(work, SYRIA, step)


class TestTouchedMonths:
    def test_nothing_received(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        assert "syria: nothing was received" in reason(tick(stub, "touched_months", instance))

    def test_one_run_for_each_span(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        stub.receive()
        do_everything(stub)
        for part in ("2015-10", "2015-11", "2016-02"):
            stub.state[("strikes", part)] = "second"
        requests = tick(stub, "touched_months", instance).run_requests or []
        assert [(r.job_name, r.tags[START], r.tags[END]) for r in requests] == [
            ("syria_months", "2015-10", "2015-11"),
            ("syria_months", "2016-02", "2016-02"),
        ]
        assert requests[0].tags["isw/why"] == "2015-10 changed; 2015-11 changed; 2016-02 changed"

    def test_the_export_behind_the_months_is_named(self, stub: Stub) -> None:
        stub.receive()
        do_everything(stub)
        stub.state[("mapped_strikes", "isw_reports")] = "second"
        do_everything(stub)

        def named(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
            return {f"strikes of isw_reports in {part}": "other" if part == "2015-10" else "none"}

        steps = tuple(replace(s, inputs=named) if s.name == "strikes" else s for s in stub.pipeline().steps)
        launch = find_launch(replace(stub.pipeline(), steps=steps), SYRIA)
        assert launch.told.endswith("(since exports of isw_reports changed, the newest of which is strikes.csv)"), (
            launch.told
        )

    def test_the_same_change_has_the_same_key(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        stub.receive()
        do_everything(stub)
        keys = []
        for state in ("second", "second", "third"):
            stub.state[("strikes", "2015-10")] = state
            (request,) = tick(stub, "touched_months", instance).run_requests or ()
            keys.append(request.run_key)
        assert keys[0] == keys[1] != keys[2]

    def test_what_failed_is_tried_again_after_growing_pauses_and_not_for_ever(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stub.receive()
        do_everything(stub)
        stub.state[("strikes", "2015-10")] = "second"
        job = definitions(stub.pipeline()).resolve_job_def("syria_months")
        keys = set()
        for _ in range(1 + len(retries.PAUSES)):
            (request,) = tick(stub, "touched_months", instance).run_requests or ()
            keys.add(request.run_key)
            run = instance.create_run_for_job(job, tags=request.tags, status=dg.DagsterRunStatus.STARTED)
            instance.report_run_failed(run)
            monkeypatch.undo()
            assert "failed" in reason(tick(stub, "touched_months", instance))
            monkeypatch.setattr(retries, "PAUSES", (timedelta(0),) * len(retries.PAUSES))
        assert len(keys) == 6
        assert "failed 6 times: left to a person" in reason(tick(stub, "touched_months", instance))

    def test_tables_and_release_come_last(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        stub.receive()
        do_everything(stub)
        stub.state[("tables", "all")] = "second"
        (request,) = tick(stub, "touched_months", instance).run_requests or ()
        assert request.job_name == "syria_publish"
        assert START not in request.tags

    def test_release_older_than_tables_is_published(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        stub.receive()
        do_everything(stub)
        (request,) = tick(stub, "touched_months", instance).run_requests or ()
        assert (request.job_name, request.tags["isw/why"]) == ("syria_publish", "the release is older than the tables")

    @pytest.mark.parametrize("received", ["exports", "acceptances"])
    def test_new_exports_and_those_let_in_are_mapped_first(
        self, stub: Stub, instance: dg.DagsterInstance, received: str
    ) -> None:
        stub.received = received
        stub.receive()
        do_everything(stub)
        stub.state[("mapped_strikes", "airwars")] = "second"
        stub.state[("strikes", "2015-10")] = "second"
        (request,) = tick(stub, "touched_months", instance).run_requests or ()
        assert request.job_name == "syria_ingest"

    def test_first_run_is_left_to_a_person(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        stub.receive()
        assert "run the job syria once" in reason(tick(stub, "touched_months", instance))

    @pytest.mark.parametrize("is_backfill", [False, True])
    def test_a_run_under_way_is_waited_for(self, stub: Stub, instance: dg.DagsterInstance, is_backfill: bool) -> None:
        stub.receive()
        do_everything(stub)
        stub.state[("strikes", "2015-10")] = "second"
        asset_selection = frozenset({dg.AssetKey(["syria", "strikes"])}) if is_backfill else None
        instance.create_run_for_job(
            definitions(stub.pipeline()).resolve_job_def("syria_months"),
            tags={} if is_backfill else {"isw/theatre": "syria"},
            status=dg.DagsterRunStatus.STARTED,
            asset_selection=asset_selection,
        )
        assert "syria: a run is under way" in reason(tick(stub, "touched_months", instance))

    @pytest.mark.parametrize(
        ("named", "is_busy"),
        [({"isw/theatre": "ukraine,syria"}, True), ({"isw/theatre": "ukraine"}, False), ({}, True)],
    )
    def test_a_publication_is_under_way_for_the_theatres_that_it_names_or_for_all(
        self, stub: Stub, instance: dg.DagsterInstance, named: dict[str, str], is_busy: bool
    ) -> None:
        stub.receive()
        do_everything(stub)
        job = definitions(stub.pipeline()).resolve_job_def("publish")
        instance.create_run_for_job(job, tags=named, status=dg.DagsterRunStatus.STARTED)
        result = tick(stub, "touched_months", instance)
        assert bool(result.run_requests) is not is_busy
        assert not is_busy or "syria: a run is under way" in reason(result)

    @pytest.mark.parametrize(
        ("state", "job", "is_later", "is_cleared"),
        [
            ("first", "syria_ingest", True, True),
            ("first", "syria_ingest", False, False),
            ("first", "housekeeping", True, False),
            ("second", "syria_ingest", True, False),
        ],
    )
    def test_a_failure_is_cleared_by_a_later_run_once_nothing_is_left_to_do(
        self,
        stub: Stub,
        instance: dg.DagsterInstance,
        monkeypatch: pytest.MonkeyPatch,
        state: str,
        job: str,
        is_later: bool,
        is_cleared: bool,
    ) -> None:
        stub.receive()
        do_everything(stub)
        monkeypatch.setattr(touched, "is_released", lambda _: True)
        monkeypatch.setattr(sensors, "latest_id", lambda _: "r1")
        stub.state[("strikes", "2015-10")] = state
        failed = datetime.now(UTC) + timedelta(hours=-1 if is_later else 1)
        note_failure(stub.settings, "the disk is full", failed)
        assert stub.run(job, instance=instance).success
        tick(stub, "touched_months", instance)
        status = read_status(stub.settings)
        assert status is not None and (status.outcome is Outcome.UNCHANGED) is is_cleared

    def test_a_run_whose_process_was_killed_is_not_waited_for(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        stub.receive()
        do_everything(stub)
        stub.state[("strikes", "2015-10")] = "second"
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        lost = instance.create_run_for_job(
            definitions(stub.pipeline()).resolve_job_def("syria_months"),
            tags={"isw/theatre": "syria"},
            status=dg.DagsterRunStatus.STARTED,
        )
        instance.add_run_tags(lost.run_id, process_tag(lost.run_id, ended.pid))
        assert len(tick(stub, "touched_months", instance).run_requests or ()) == 1


def test_daily_schedule_asks_for_all_months(stub: Stub) -> None:
    schedule = definitions(stub.pipeline()).resolve_schedule_def("syria_daily")
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 24, 4, tzinfo=UTC))
    request = schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert (request.tags[START], request.tags[END]) == ("2015-09", "2016-09")
    assert request.tags["isw/why"] == "daily schedule of 2026-11-24"
    assert "isw/showcase" not in request.tags
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 4 * * *", "UTC")


@given(st.sets(st.sampled_from(SYRIA.months())))
def test_spans_hold_each_month_once_without_gaps(wanted: set[str]) -> None:
    months = SYRIA.months()
    found = spans_of(months, wanted)
    assert [month for span in found for month in span] == sorted(wanted)
    for span in found:
        start = months.index(span[0])
        assert list(span) == months[start : start + len(span)]
    for one, two in pairwise(found):
        assert months.index(two[0]) > months.index(one[-1]) + 1
