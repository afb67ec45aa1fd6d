"""What is exclusive is done by one run at a time, and a run that was killed holds nothing back."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import dagster as dg
import pytest
from stub_pipeline import Stub

from assets.definitions import definitions
from assets.lost_runs import process_tag
from assets.release_assets import POOL
from assets.runs import instance, run_job
from pipeline.publication import Publication
from pipeline.settings import Settings


def test_a_publication_waits_for_another_runs(settings: Settings) -> None:
    stub = Stub(settings)
    with instance(settings) as opened:
        other = opened.add_run(dg.DagsterRun("publish", status=dg.DagsterRunStatus.STARTED))
        slots = opened.event_log_storage
        slots.initialize_concurrency_limit_to_default(POOL)
        assert slots.claim_concurrency_slot(POOL, other.run_id, "release").is_claimed
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(run_job, stub.pipeline(), "publish", {})
            while not stub.told:
                assert not waiting.done()
                time.sleep(0.05)
            assert not stub.published
            slots.free_concurrency_slots_for_run(other.run_id)
            assert waiting.result().success
        assert stub.published
        assert (
            f"waiting for Dagster run {other.run_id} (publish, started by a person): it has or awaits `release`"
            in stub.told[0]
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_waits_can_be_stopped(settings: Settings, number: signal.Signals) -> None:
    def stop(_: str) -> None:
        threading.Timer(0.2, os.kill, (os.getpid(), number)).start()

    pipeline = replace(Stub(settings).pipeline(), on_progress=stop)
    with instance(settings) as opened:
        other = opened.add_run(dg.DagsterRun("publish", status=dg.DagsterRunStatus.STARTED))
        slots = opened.event_log_storage
        slots.initialize_concurrency_limit_to_default(POOL)
        assert slots.claim_concurrency_slot(POOL, other.run_id, "release").is_claimed
        with pytest.raises(KeyboardInterrupt):
            run_job(pipeline, "publish", {})
        assert [run.run_id for run in opened.get_runs()] == [other.run_id]
        assert not slots.get_concurrency_info(POOL).pending_step_count


def test_who_waits_for_a_run_that_is_killed_goes_on(settings: Settings) -> None:
    stub = Stub(settings)
    with instance(settings) as opened:
        other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        run = dg.DagsterRun("publish", status=dg.DagsterRunStatus.STARTED)
        opened.add_run(run.with_tags(process_tag(run.run_id, other.pid)))
        slots = opened.event_log_storage
        slots.initialize_concurrency_limit_to_default(POOL)
        assert slots.claim_concurrency_slot(POOL, run.run_id, "release").is_claimed

        def kill(_: str) -> None:
            other.kill()
            other.wait()

        assert run_job(replace(stub.pipeline(), on_progress=kill), "publish", {}).success
    assert stub.published


def die(settings: Settings) -> None:
    """Publish as Dagster's daemon has it done, and be killed in the middle."""

    def kill(*_: object, **__: object) -> Publication:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody comes here")

    stub = Stub(settings)
    with instance(settings) as opened:
        resolved = definitions(replace(stub.pipeline(), publish=kill)).resolve_job_def("publish")
        resolved.execute_in_process(instance=opened)


def test_a_killed_run_holds_no_place_whoever_started_it(settings: Settings) -> None:
    with instance(settings) as opened:
        killed = multiprocessing.get_context("spawn").Process(target=die, args=(settings,))
        killed.start()
        killed.join()
        (run,) = opened.get_runs()
        assert run.status is dg.DagsterRunStatus.STARTED
        assert opened.event_log_storage.get_concurrency_info(POOL).active_run_ids == {run.run_id}
    with instance(settings) as opened:
        closed = opened.get_run_by_id(run.run_id)
        assert closed is not None and closed.status is dg.DagsterRunStatus.FAILURE
        assert not opened.event_log_storage.get_concurrency_info(POOL).claimed_slots
    assert run_job(Stub(settings).pipeline(), "publish", {}).success
