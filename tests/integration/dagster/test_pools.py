"""What is exclusive is done by one run at a time, and a run that was killed holds nothing back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import dagster as dg
import pytest
from stub_pipeline import Stub

from assets import release_assets
from assets.resources import Pipeline
from assets.runs import instance, run_job
from pipeline.publication import Publication
from pipeline.settings import Settings


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_publications_wait_for_one_another(settings: Settings) -> None:
    stub = Stub(settings)
    spans: list[tuple[float, float]] = []

    def publish(known: Settings, names: list[str] | None, tell: Callable[[str], None]) -> Publication:
        began = time.monotonic()
        time.sleep(0.3)
        spans.append((began, time.monotonic()))
        return stub.pipeline().publish(known, names, tell)

    pipeline: Pipeline = replace(stub.pipeline(), publish=publish)
    with instance(settings):  # made once, before two runs want it
        pass
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: run_job(pipeline, "publish", {}), range(2)))
    assert all(outcome.success for outcome in outcomes)
    (_, first_ended), (second_began, _) = sorted(spans)
    assert first_ended <= second_began


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
        claim = opened.event_log_storage.claim_concurrency_slot(release_assets.POOL, lost.run_id, "release")
        assert claim.is_claimed
    assert run_job(stub.pipeline(), "publish", {}).success
