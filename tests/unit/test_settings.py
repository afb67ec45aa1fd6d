"""What a setting may not be is told in words, by every command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline import cli
from pipeline.disk_errors import in_words
from pipeline.settings import Settings, say_invalid


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("ISW_THREADS", "abc", "a valid integer"),
        ("ISW_KEEP_RELEASES", "-1", "greater than or equal to 1"),
        ("ISW_MIN_FREE_BYTES", "1GB", "Bytes that a run leaves free"),
        ("ISW_DASK", "127.0.0.1:8786", "tcp://host:port"),
        ("ISW_STORE", "gs://x/y", "s3://bucket/prefix"),
        ("ISW_MEMORY_LIMIT", "lots", "a number with KB, MB, GB or TB"),
        ("ISW_MEMORY_LIMIT", "80%", "a number with KB, MB, GB or TB"),
    ],
)
def test_an_invalid_setting_is_named_with_what_is_allowed(
    name: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["isw-strikes", "doctor"])
    assert cli._status() == 2
    said = capsys.readouterr().err
    assert said.startswith(f"isw-strikes: {name}={value} cannot be used: ") and allowed in said


def test_a_secret_is_not_told() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"smtp_password": 17})
    said = say_invalid(refused.value)
    assert said is not None and said.startswith("ISW_SMTP_PASSWORD cannot be used") and "17" not in said


@pytest.mark.parametrize("limit", ["4GB", "512 MB", "1.5GiB", "900000000B", "4g"])
def test_memory_is_limited_as_the_database_understands(limit: str) -> None:
    assert Settings(memory_limit=limit).memory_limit == limit


@pytest.mark.parametrize("below", ["", "data"])
def test_a_file_is_no_data_folder(
    below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("ISW_DATA", str(file / below))
    monkeypatch.setattr(sys, "argv", ["isw-strikes", "status"])
    assert cli._status() == 2
    assert f"{file} is a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "told"),
    [("~nobody-of-that-name/x", "Could not determine home directory"), ("a" * 300, "File name too long")],
    ids=["a user who is not there", "a name that is too long"],
)
def test_a_data_folder_that_cannot_be_looked_for_is_told(
    folder: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ISW_DATA", folder)
    monkeypatch.setattr(sys, "argv", ["isw-strikes", "doctor"])
    assert cli._status() == 2
    assert f"ISW_DATA={folder} cannot be used: {told}. " in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_told_as_such(tmp_path: Path) -> None:
    root = tmp_path / "data"
    missing = FileNotFoundError(2, "No such file or directory", str(root / "inbox"))
    assert f"{root} cannot be written" in str(in_words(missing, root))
    root.mkdir()
    assert in_words(missing, root) is None  # a file that is missing in a folder that is there: a fault of the program
