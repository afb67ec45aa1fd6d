"""A run that is killed at any moment leaves nothing half-done: the next run ends with the same release."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

# Seconds between kills are drawn, not chosen, so that they fall into different steps; more with ISW_KILLS=n.
KILLS = int(os.environ.get("ISW_KILLS", "2"))
WORK = """
import os
from pipeline.publication import publish_release
from pipeline.intake import ingest_showcase
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import theatres
from pipeline.work import Work, run_step
work = Work(Settings())
ingest_showcase(work.settings, ["syria"])
for step in STEPS:
    run_step(work, theatres()["syria"], step)
publish_release(work.settings)
os._exit(0)  # as the command line ends; see pipeline.cli.main
"""


def _start(data: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "ISW_DATA": str(data)}
    return subprocess.Popen([sys.executable, "-c", WORK], env=environment, stderr=subprocess.PIPE)


def _release(data: Path) -> dict[str, object]:
    latest = data / "latest"
    manifest = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    for output in manifest["outputs"]:
        assert (latest / output["path"]).stat().st_size == output["bytes"]
    return dict(manifest)


def test_a_killed_run_and_its_successor_give_the_release_of_an_undisturbed_run(tmp_path: Path) -> None:
    undisturbed = _start(tmp_path / "calm")
    began = time.monotonic()
    assert undisturbed.wait() == 0, undisturbed.stderr.read().decode() if undisturbed.stderr else ""
    length = time.monotonic() - began

    chance = random.Random(29)
    for _ in range(KILLS):
        process = _start(tmp_path / "troubled")
        time.sleep(chance.uniform(0.2, 1.0) * length * 0.9)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (tmp_path / "troubled" / "latest").exists():
            _release(tmp_path / "troubled")
    last = _start(tmp_path / "troubled")
    assert last.wait() == 0, last.stderr.read().decode() if last.stderr else ""
    assert _release(tmp_path / "troubled") == _release(tmp_path / "calm")
    assert not list((tmp_path / "troubled" / "releases").glob(".building-*"))
