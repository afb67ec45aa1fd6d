"""Sensors and schedules, evaluated without a daemon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stub_pipeline import SYRIA, Stub

from assets import inbox_files, retries, sensors, touched
from assets.definitions import definitions
from assets.lost_runs import process_tag
from assets.touched import find_launch
from pipeline import inbox
from pipeline.plan import spans_of
from pipeline.settings import Settings
from pipeline.status import Outcome, note_failure, read_status
from pipeline.theatres import Theatre
from pipeline.work import Work, run_step

CLAIMS = SYRIA.path("syria/mod_claims.csv")
START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@pytest.fixture
def stub(settings: Settings) -> Stub:
    return Stub(settings)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def tick(stub: Stub, name: str, instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    loaded = definitions(stub.pipeline())
    sensor = loaded.resolve_sensor_def(name)
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, repository_def=loaded.get_repository_def(), sensor_name=name
    )
    result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def drop(stub: Stub, name: str, content: bytes, seconds_ago: float = 60) -> Path:
    path = stub.settings.inbox_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    when = datetime.now(UTC).timestamp() - seconds_ago
    os.utime(path, (when, when))
    return path


def do_everything(stub: Stub) -> None:
    work = stub.pipeline().work()
    for step in stub.pipeline().steps:
        run_step(work, SYRIA, step)


def reason(result: dg.SensorResult) -> str:
    assert not result.run_requests
    return str(result.skip_reason.skip_message) if result.skip_reason else ""


class TestInbox:
    def test_file_is_taken_when_two_ticks_agree(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        assert "two ticks" in reason(first)
        second = tick(stub, "inbox", instance, first.cursor)
        (request,) = second.run_requests or ()
        assert request.job_name == "syria_ingest"
        assert request.tags["isw/why"] == "in the inbox: claims.csv"
        third = tick(stub, "inbox", instance, second.cursor)
        assert [again.run_key for again in third.run_requests or ()] == [request.run_key]

    def test_growing_file_is_waited_for(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        drop(stub, "claims.csv", CLAIMS.read_bytes()[:5000], 60)
        first = tick(stub, "inbox", instance)
        drop(stub, "claims.csv", CLAIMS.read_bytes(), 50)
        assert "two ticks" in reason(tick(stub, "inbox", instance, first.cursor))

    def test_other_content_has_another_key(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        keys = set()
        for content in (CLAIMS.read_bytes(), CLAIMS.read_bytes() + b"\n"):
            drop(stub, "syria/mod_claims/claims.csv", content)
            first = tick(stub, "inbox", instance)
            (request,) = tick(stub, "inbox", instance, first.cursor).run_requests or ()
            keys.add(request.run_key)
        assert len(keys) == 2

    def test_unknown_file_is_named_with_a_hint(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        drop(stub, "notes.txt", b"nothing to see here\n")
        first = tick(stub, "inbox", instance)
        assert "notes.txt: no source recognises it" in reason(tick(stub, "inbox", instance, first.cursor))

    def test_empty_inbox_is_said(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        result = tick(stub, "inbox", instance)
        assert reason(result) == "The inbox is empty."
        assert json.loads(result.cursor or "")["files"] == {}

    def test_a_file_is_looked_into_once(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[str] = []
        decide = inbox.decide

        def note(settings: Settings, path: Path) -> inbox.Waiting:
            looked.append(path.name)
            return decide(settings, path)

        monkeypatch.setattr(inbox, "decide", note)
        drop(stub, "notes.txt", b"nothing to see here\n")
        cursor = None
        for _ in range(4):
            result = tick(stub, "inbox", instance, cursor)
            cursor = result.cursor
        assert looked == ["notes.txt"] and "notes.txt: no source" in reason(result)

    def test_a_large_file_is_left_to_a_run_and_starves_no_other(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox_files, "LARGE_BYTES", len(CLAIMS.read_bytes()))
        drop(stub, "large.csv", CLAIMS.read_bytes() + b"\n")
        drop(stub, "ukraine/large.csv", CLAIMS.read_bytes() + b"\n")
        drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        requests = tick(stub, "inbox", instance, first.cursor).run_requests or ()
        asked = {request.tags["isw/theatre"]: request.tags["isw/why"] for request in requests}
        assert asked["ukraine"] == "in the inbox: large.csv"
        assert "claims.csv" in asked["syria"] and any("large.csv" in why for why in asked.values())

    def test_a_tick_that_has_looked_for_long_leaves_the_others_to_the_next(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox_files, "SECONDS_A_TICK", 0)
        drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        second = tick(stub, "inbox", instance, first.cursor)
        assert "two ticks" in reason(second)
        monkeypatch.undo()
        assert len(tick(stub, "inbox", instance, second.cursor).run_requests or ()) == 1

    def test_a_file_that_a_run_takes_meanwhile_stops_no_tick(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        monkeypatch.setattr(inbox, "list_inbox", lambda _: [gone])
        gone.unlink()
        assert reason(tick(stub, "inbox", instance, first.cursor)) == "The inbox is empty."


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
