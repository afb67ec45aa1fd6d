"""What is exclusive is done by one run at a time, and a run that was killed holds nothing back."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
from stub_pipeline import Stub

from assets.release_assets import POOL
from assets.runs import instance, run_job
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
            while not slots.get_concurrency_info(POOL).pending_step_count:
                assert not waiting.done()
                time.sleep(0.05)
            assert not stub.published
            slots.free_concurrency_slots_for_run(other.run_id)
            assert waiting.result().success
        assert stub.published


def test_a_killed_run_holds_no_place(settings: Settings) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    stub = Stub(settings)
    with instance(settings) as opened:
        assert run_job(stub.pipeline(), "publish", {}).success
        (run,) = opened.get_runs()
        host = run.tags["isw/process"].partition(":")[0]
        lost = dg.DagsterRun("publish", status=dg.DagsterRunStatus.STARTED, tags={"isw/process": f"{host}:{ended.pid}"})
        opened.add_run(lost)
        assert opened.event_log_storage.claim_concurrency_slot(POOL, lost.run_id, "release").is_claimed
    assert run_job(stub.pipeline(), "publish", {}).success
