"""Files of one process alone: no two processes spill into one folder, and the dead leave nothing behind."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("name", ["99999999999999999999", "-1", "0", "٣", "", "1 "])
def test_what_is_no_id_of_a_process_is_nobodys(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"{SPILL}{name}").mkdir()
    assert not is_alive(name)
    spill_folder()
    assert not list(tmp_path.iterdir())


def test_the_folder_of_another_user_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / f"{SPILL}building"
    left.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    spill_folder()
    assert left.exists()
