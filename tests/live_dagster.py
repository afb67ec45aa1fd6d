"""Dagster's UI and daemon over a data folder, as processes of their own on a free port, and the API that the UI uses.

Belongs here: starting, asking and ending them. Does not belong here: any expectation.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from dagster._core.remote_origin import RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, InstigatorType
from dagster._core.workspace.load import location_origins_from_yaml_paths

from assets.runs import PROJECT, WORKSPACE, instance
from pipeline.settings import Settings

LOADED = """{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
    __typename ... on PythonError { message } ... on RepositoryLocation { name } } } } }
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"""
LAUNCH_BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
LAUNCH_RUN = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status error { message } } } }"""
RUNS = """query($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results {
    runId jobName status startTime endTime tags { key value } } } } }"""
LOG = """query($id: ID!, $after: String) { logsForRun(runId: $id, afterCursor: $after) {
    ... on EventConnection { cursor hasMore events { ... on MessageEvent { message }
        ... on ErrorEvent { error { message causes { message } stack } } } } } }"""
REPOSITORY = "__repository__"
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
BACKFILL_ENDED = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED", "CANCELED"}


@dataclass
class LiveDagster:
    """A running UI with its daemon."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """The UI's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What the GraphQL API answers."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def launch_backfill(self, job: str, location: str, partitions: Sequence[str], **tags: str) -> str:
        """Launch a backfill of a partitioned job as the UI's dialog does; its id."""
        repository = {"repositoryLocationName": location, "repositoryName": REPOSITORY}
        params = {
            "selector": {"partitionSetName": f"{job}_partition_set", "repositorySelector": repository},
            "partitionNames": list(partitions),
            "tags": _pairs(tags),
        }
        launched = self.ask(LAUNCH_BACKFILL, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return str(launched["backfillId"])

    def launch_run(self, job: str, location: str, **tags: str) -> str:
        """Launch a job's run as the UI's dialog does; its id."""
        selector = {"repositoryLocationName": location, "repositoryName": REPOSITORY, "jobName": job}
        params = {"selector": selector, "mode": "default", "executionMetadata": {"tags": _pairs(tags)}}
        launched = self.ask(LAUNCH_RUN, params=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def backfill_status(self, backfill: str) -> str:
        """Status of a backfill."""
        return str(self.ask(BACKFILL, id=backfill)["partitionBackfillOrError"]["status"])

    def runs(self, **chosen: Any) -> list[dict[str, Any]]:
        """Runs by a filter of the API."""
        return list(self.ask(RUNS, filter=chosen)["runsOrError"]["results"])

    def runs_of(self, backfill: str) -> list[dict[str, Any]]:
        """Runs that a backfill started."""
        return self.runs(tags=[{"key": "dagster/backfill", "value": backfill}])

    def log(self, run: str) -> str:
        """All messages and errors of a run."""
        lines: list[str] = []
        after = None
        while True:
            page = self.ask(LOG, id=run, after=after)["logsForRun"]
            lines += [json.dumps(event, ensure_ascii=False) for event in page["events"]]
            if not page["hasMore"]:
                return "\n".join(lines)
            after = page["cursor"]

    def is_loaded(self) -> bool:
        """True when the code location is loaded and every daemon that is needed is at work.

        Raises:
            RuntimeError: Dagster ended, or the code location cannot be loaded.
        """
        if self.process.poll() is not None:
            raise RuntimeError(f"Dagster ended with {self.process.returncode}")
        try:
            answer = self.ask(LOADED)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        entries = [entry["locationOrLoadError"] for entry in answer["workspaceOrError"]["locationEntries"]]
        for entry in entries:
            if entry and entry["__typename"] == "PythonError":
                raise RuntimeError(entry["message"])
        daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
        return bool(entries) and all(entries) and all(one["healthy"] for one in daemons if one["required"])


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def wait_until(is_so: Callable[[], bool], seconds: float = 600, every: float = 0.25) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it is still not so after the seconds.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{is_so} after {seconds} s")
        time.sleep(every)


def stop_sensors(settings: Settings) -> None:
    """Stop the sensors of a data folder whose Dagster is not running yet: stale months then wait for a person."""
    with mock.patch.dict(os.environ), instance(settings) as opened:
        (location,) = location_origins_from_yaml_paths([str(WORKSPACE)])
        for name in ("inbox", "touched_months"):
            origin = RemoteRepositoryOrigin(location, REPOSITORY).get_instigator_origin(name)
            opened.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.STOPPED))


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def ui_over(settings: Settings, **environment: str) -> Iterator[LiveDagster]:
    """The UI as `isw-strikes ui` starts it, loaded and with its daemon at work, until the block ends."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("isw-strikes")), "ui", "--port", str(port)]
    with dagster_processes(command, port, {"ISW_DATA": str(settings.root), **environment}) as live:
        yield live


@contextmanager
def dagster_processes(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[LiveDagster]:
    """A command that serves Dagster's UI on a port, loaded and with its daemon at work, until the block ends."""
    process = subprocess.Popen(
        command, cwd=PROJECT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, start_new_session=True
    )
    live = LiveDagster(port, process)
    try:
        wait_until(live.is_loaded)
        yield live
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
