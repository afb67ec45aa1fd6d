"""README's commands are run as they stand, in order, in an empty folder."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
BIN = str(Path(sys.executable).parent) + "/"
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line.strip()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder in which `make run` was done."""
    path = tmp_path_factory.mktemp("readme")
    _run("isw-strikes run", path)
    return path


def _run(command: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "ISW_DATA"}
    environment["PATH"] = BIN + os.pathsep + environment["PATH"]
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def test_the_first_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert COMMANDS[:2] == ["make run", "make test"]
    assert all(f"\n{command.split()[1]}:" in makefile for command in COMMANDS if command.startswith("make "))


@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith("make ")])
def test_every_other_command_does_what_it_says(command: str, folder: Path) -> None:
    said = _run(command.replace(".venv/bin/", ""), folder)
    assert said.strip()


def test_any_strike_is_explained_from_its_raw_row(folder: Path) -> None:
    with (folder / "data/latest/csv/core.strikes.csv").open(encoding="utf-8", newline="") as file:
        strike = next(row for row in csv.DictReader(file) if row["place"] == "Kuweires Airbase vicinity")
    said = _run(f"isw-strikes explain {strike['strike_id']}", folder)
    assert "isw_strikes.csv, record" in said
    assert "Could change whether it was ISIS-held: " in said


def test_a_second_run_says_that_everything_is_fresh(folder: Path) -> None:
    assert "Everything is fresh" in _run("isw-strikes run", folder)


def test_every_page_that_the_readme_links_to_exists() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (PROJECT / target).exists(), target


def test_pages_made_from_code_have_not_drifted() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.docs", "--check"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
