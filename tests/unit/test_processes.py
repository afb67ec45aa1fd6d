"""Files of one process alone: no two processes spill into one folder, and the dead leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.processes import SPILL, is_alive, spill_folder

ASK = "from pipeline.processes import spill_folder; print(spill_folder())"


def test_each_process_spills_into_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    asked = [subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True) for _ in range(2)]
    assert asked[0].stdout != asked[1].stdout


def test_the_folder_of_a_dead_process_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f"{SPILL}{ended.pid}"
    left.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spill_folder()
    assert not left.exists()
    assert not is_alive(str(ended.pid)) and not is_alive("building")
