"""Dagster's queue in PostgreSQL: a run that is asked for on one machine is begun by the daemon, maybe on another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from assets.housekeeping import NAME
from assets.runs import PROJECT, WORKSPACE, environment
from pipeline.settings import Settings

SHIPPED = PROJECT / "deploy" / "dagster.yaml"
ENOUGH_SECONDS = 120


def _machine(folder: Path) -> dict[str, str]:
    """The environment of Dagster's processes on a machine with the settings that ``deploy`` ships."""
    settings = Settings(data=folder)
    settings.dagster_home.mkdir(parents=True)
    shutil.copyfile(SHIPPED, settings.dagster_home / "dagster.yaml")
    return {**os.environ, **environment(settings)}


def _dagster(environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    start = [sys.executable, "-m", *arguments, "--workspace", str(WORKSPACE)]
    return subprocess.Popen(start, env=environment, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_run_is_queued_on_one_machine_and_run_by_another(
    tmp_path: Path, postgres: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in postgres.items():
        monkeypatch.setenv(name, value)
    asking, running = (_machine(tmp_path / name) for name in ("asking", "running"))
    assert _dagster(asking, "dagster", "job", "launch", "--job", NAME).wait(ENOUGH_SECONDS) == 0
    with dg.DagsterInstance.from_config(asking["DAGSTER_HOME"]) as instance:
        (run,) = instance.get_runs(dg.RunsFilter(job_name=NAME))
        assert run.status is dg.DagsterRunStatus.QUEUED
        daemon = _dagster(running, "dagster._daemon", "run")
        try:
            until = time.monotonic() + ENOUGH_SECONDS
            while not run.is_finished and time.monotonic() < until:
                time.sleep(0.5)
                run = instance.get_run_by_id(run.run_id) or run
        finally:
            daemon.terminate()
            daemon.wait()
        assert run.is_success, run.status
    assert not list(tmp_path.rglob("*.db"))
