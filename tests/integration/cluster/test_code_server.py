"""What ``deploy/compose.yaml`` starts for Dagster: a run that the UI starts can be ended there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from live_dagster import dagster_processes, free_port, wait_until

from assets.runs import PROJECT, environment
from pipeline.processes import is_alive
from pipeline.settings import Settings

DEPLOY = PROJECT / "deploy"
SERVICES = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
TERMINATE = """mutation($id: String!) { terminateRun(runId: $id) { __typename ... on PythonError { message }
    ... on TerminateRunFailure { message } } }"""


class Started:
    """Services of the compose file as processes on loopback, with words of their commands changed."""

    def __init__(self, changed: Mapping[str, str], variables: Mapping[str, str]) -> None:
        self.changed = changed
        self.environment = {**os.environ, **variables}
        self.processes: list[subprocess.Popen[bytes]] = []

    def command(self, words: Sequence[str]) -> list[str]:
        known = re.compile("|".join(map(re.escape, self.changed)))
        program, *others = (known.sub(lambda found: self.changed[found[0]], word) for word in words)
        return [str(Path(sys.executable).with_name(program)), *others]

    def start(self, service: str) -> None:
        command = self.command(SERVICES[service]["command"])
        silent = subprocess.DEVNULL
        self.processes.append(
            subprocess.Popen(command, cwd=PROJECT, env=self.environment, stdout=silent, stderr=silent)
        )

    def is_healthy(self, service: str) -> bool:
        command = self.command(SERVICES[service]["healthcheck"]["test"][1:])
        return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)


@pytest.fixture
def settings(tmp_path: Path, postgres: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in postgres.items():
        monkeypatch.setenv(name, value)
    found = Settings(data=tmp_path / "data")
    found.dagster_home.mkdir(parents=True)
    shutil.copyfile(DEPLOY / "dagster.yaml", found.dagster_home / "dagster.yaml")
    return found


def _workspace(target: Path, port: int) -> Path:
    """The shipped workspace, with the code server on a port of loopback."""
    shipped = yaml.safe_load((DEPLOY / "workspace.yaml").read_text(encoding="utf-8"))
    server = shipped["load_from"][0]["grpc_server"]
    assert (server["host"], server["port"]) == (SERVICES["code"]["hostname"], 4000)
    server.update(host="127.0.0.1", port=port)
    target.write_text(yaml.safe_dump(shipped), encoding="utf-8")
    return target


def test_a_run_of_the_ui_is_ended_there(settings: Settings, tmp_path: Path) -> None:
    port, ui_port = free_port(), free_port()
    changed = {
        "0.0.0.0": "127.0.0.1", "4000": str(port), "3000": str(ui_port), "assets.definitions": "slow_release",
        "deploy/workspace.yaml": str(_workspace(tmp_path / "workspace.yaml", port)),
    }  # fmt: skip
    variables = {**environment(settings), "PYTHONPATH": str(Path(__file__).parent)}
    started = Started(changed, variables)
    try:
        started.start("code")
        wait_until(lambda: started.is_healthy("code"), 60)
        started.start("daemon")
        with dagster_processes(started.command(SERVICES["ui"]["command"]), ui_port, variables) as live:
            run_id = live.launch_run("publish", "isw_strikes")
            wait_until(lambda: "an hour begins" in live.log(run_id), 60)
            (run,) = live.runs(runIds=[run_id])
            process = next(tag["value"] for tag in run["tags"] if tag["key"] == "isw/process").split(":")[1]
            assert live.ask(TERMINATE, id=run_id)["terminateRun"]["__typename"] == "TerminateRunSuccess"
            wait_until(lambda: live.runs(runIds=[run_id])[0]["status"] == "CANCELED", 60)
            wait_until(lambda: not is_alive(process), 60)
    finally:
        started.end()
