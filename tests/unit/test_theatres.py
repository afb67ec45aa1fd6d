"""Theatre files that say nonsense are refused in words that name the file and the key."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import UserError
from pipeline.theatres import read_theatre, theatre_files

Edit = Callable[[dict[str, Any]], Any]


def _written(folder: Path, edit: Edit) -> Path:
    raw = yaml.safe_load(theatre_files()["syria"].read_text(encoding="utf-8"))
    edit(raw)
    path = folder / "syria.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def test_a_name_that_stands_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    shipped = theatre_files()["syria"].read_text(encoding="utf-8")
    path = tmp_path / "syria.yaml"
    path.write_text(shipped.replace("\n    key: [id]\n", "\n    key: [id]\n    key: [place]\n", 1), encoding="utf-8")
    with pytest.raises(UserError, match=r"syria\.yaml: key stands twice, in lines (\d+) and \d+: keep one of them"):
        read_theatre(path)
    path.write_text(f"{shipped}\nsources:\n  mine: {{}}\n", encoding="utf-8")
    with pytest.raises(UserError, match="sources stands twice"):
        read_theatre(path)


def test_a_theatre_and_its_sources_are_named_by_the_file(tmp_path: Path) -> None:
    theatre = read_theatre(_written(tmp_path, lambda raw: None))
    assert theatre.name == "syria" and all(source.name == name for name, source in theatre.sources.items())


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda raw: raw.update(first_month="2015-13"), "first_month"),
        (lambda raw: raw.update(last_month="2016-00"), "last_month"),
        (lambda raw: raw.update(first_month="2016-10"), "last_month 2016-09 lies before first_month 2016-10"),
        (lambda raw: raw.update(focus="ISIS"), "focus: 'ISIS' is not one of the controllers"),
        (lambda raw: raw.update(ally="nobody"), "ally: 'nobody' is not one"),
        (lambda raw: raw.update(main_source="nope"), "main_source 'nope', which is no source of kind strikes"),
        (lambda raw: raw.update(main_window="nope"), "main_window names no window: 'nope'"),
        (lambda raw: raw["windows"]["article"].update(end="2015-09-01"), "windows.article: end 2015-09-01 lies before"),
        (lambda raw: raw.update(projection="+proj=nonsense"), "projection: '+proj=nonsense' is no projection"),
        (lambda raw: raw.update(projection="OGC:CRS84"), "projection: 'OGC:CRS84' does not measure in metres"),
        (lambda raw: raw["groups"].pop("kurdish"), "groups: 'kurdish' is in 0"),
        (lambda raw: raw["groups"].update(contested_or_unknown=["contested"]), "groups: 'unknown' is in 0"),
        (lambda raw: raw["groups"].update(again=["isis"]), "groups: 'isis' is in 2"),
        (lambda raw: raw["groups"].update(again=["turkish"]), "groups.again names unknown controllers ['turkish']"),
        (lambda raw: raw["controllers"]["nusra"].update(priority=2), "controllers.nusra: priority 2 is that of"),
        (lambda raw: raw["sources"]["airwars"].update(colour="red"), "sources.airwars.colour"),
        (lambda raw: raw.pop("sources"), "sources"),
    ],
)
def test_nonsense_is_told_with_file_and_key(edit: Edit, told: str, tmp_path: Path) -> None:
    path = _written(tmp_path, edit)
    with pytest.raises(UserError) as error:
        read_theatre(path)
    assert str(error.value).startswith(f"{path}: ") and told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["title: [", "- a list", "", "windows: {a: {start: 2016-02-31}}"])
def test_what_is_no_theatre_file_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "syria.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"syria\.yaml: "):
        read_theatre(path)


@pytest.fixture
def command_line(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line over a folder of theatres of which one is broken."""
    (tmp_path / "theatres").mkdir()
    _written(tmp_path / "theatres", lambda raw: raw.update(focus="nobody"))
    program = (
        "import sys; from pathlib import Path; from pipeline.theatres import reading;"
        f"reading.FOLDER = Path({str(tmp_path / 'theatres')!r}); from pipeline.cli import main; main()"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120,
            env={**os.environ, "COLUMNS": "400"},
        )  # fmt: skip

    return run


def test_help_works_whatever_the_theatre_files_say(
    command_line: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    told = command_line("who", "--help")
    assert told.returncode == 0 and "One of: syria." in told.stdout


@pytest.mark.parametrize("arguments", [("doctor",), ("run", "--dry-run")])
def test_a_broken_theatre_is_told_in_words(
    arguments: tuple[str, ...], command_line: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    told = command_line(*arguments)
    said = told.stdout + told.stderr
    assert told.returncode in {1, 2} and "Traceback" not in said
    assert "syria.yaml" in said and "focus: 'nobody' is not one of the controllers" in said
