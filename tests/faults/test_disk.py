"""No room, or no right to write: the error says what and what to do, readers see the release before, and the next run
with room ends with the release of an undisturbed one.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from calm import LONG, Calm, at_first, count_whole_way
from nursery import Nursery
from small_pipeline import STRIKES, Small, whole_way
from soundness import read_latest
from tally import note

from pipeline import cli
from pipeline.disk_errors import in_words
from pipeline.settings import Settings

# Room left, bytes: enough to take files in, enough for part of a release, none at all, enough for some steps.
ROOM = (60_000, 1_500_000, 0, 300_000)
LONGEST_FILE = (5_000, 500, 100_000)


def run_into_trouble(settings: Settings, small: Small, longest_file: int | None) -> str:
    """The run that brings the second exports: what stopped it, in words."""
    if longest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (longest_file, resource.RLIM_INFINITY))
    try:
        return f"published {whole_way(settings, small, with_second=True).id}"
    except Exception as error:
        said = in_words(error, settings.root)
        if said is None:
            raise
        return said
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def command_line(settings: Settings, small: Small, told: Path, *arguments: str) -> None:
    """The command line, with all that it prints in a file; ends this process."""
    handle = os.open(told, os.O_WRONLY | os.O_CREAT)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.environ |= {"ISW_DATA": str(settings.root), "ISW_MIN_FREE_BYTES": "0"}
    sys.argv = ["isw-strikes", *arguments]
    cli.main()


@contextmanager
def own_disk(folder: Path) -> Iterator[Path]:
    """A small disk of its own; needs the right to mount."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def leave_room(disk: Path, room: int) -> Path:
    """Fill a disk but for so many bytes; the file that fills it."""
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(disk).free - room))
    return ballast


@pytest.mark.parametrize("room", at_first(ROOM, 2))
def test_a_full_disk_is_told_in_words_and_room_heals_it(
    room: int, calm: Calm, nursery: Nursery, tmp_path: Path
) -> None:
    with own_disk(tmp_path / "disk") as disk:
        data = Path(shutil.copytree(calm.before, disk / "data", symlinks=True))
        ballast = leave_room(disk, room)
        child = nursery.start(data, run_into_trouble, None)
        child.succeed()
        said = child.said.read_text(encoding="utf-8")
        assert "the disk is full" in said and "Free some, or set ISW_DATA" in said and str(data) in said
        assert Calm.manifest(data) == Calm.manifest(calm.before)
        read_latest(data)
        ballast.unlink()
        _heals(calm, nursery, data)
    note(f"disk: full but for {room:,} bytes", "told in words; healed with room, same release")


@pytest.mark.parametrize("longest", at_first(LONGEST_FILE, 1))
def test_a_limit_on_files_is_told_in_words(longest: int, calm: Calm, nursery: Nursery, data: Path) -> None:
    child = nursery.start(data, run_into_trouble, longest)
    child.succeed()
    said = child.said.read_text(encoding="utf-8")
    assert "larger than this process may write" in said and "ulimit -f" in said
    assert Calm.manifest(data) == Calm.manifest(calm.before)
    read_latest(data)
    _heals(calm, nursery, data)
    note(f"disk: no file over {longest:,} bytes", "told in words; healed without the limit, same release")


def test_a_read_only_folder_is_told_in_words(calm: Calm, nursery: Nursery, small: Small, tmp_path: Path) -> None:
    with own_disk(tmp_path / "disk") as disk:
        data = Path(shutil.copytree(calm.before, disk / "data", symlinks=True))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        told = tmp_path / "told.txt"
        arguments = ("ingest", str(small.second), "--theatre", "small", "--source", STRIKES)
        assert nursery.start(data, command_line, told, *arguments).wait() == 1
        said = told.read_text(encoding="utf-8")
        assert "cannot be written: make it writable" in said and "Traceback" not in said
        read_latest(data)
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        _heals(calm, nursery, data)
    note("disk: read-only folder", "told in words by the command line, no stack trace; healed, same release")


@pytest.mark.skipif(not LONG, reason="Dagster takes its time: set ISW_KILLS")
@pytest.mark.parametrize("room", [0, 1_500_000])
def test_a_run_through_dagster_tells_of_a_full_disk(
    room: int, calm: Calm, nursery: Nursery, small: Small, tmp_path: Path
) -> None:
    with own_disk(tmp_path / "disk") as disk:
        data = Path(shutil.copytree(calm.before, disk / "data", symlinks=True))
        ballast = leave_room(disk, room)
        told = tmp_path / "told.txt"
        status = nursery.start(data, command_line, told, "run", "--force").wait()
        said = told.read_text(encoding="utf-8")
        # Refused before it begins (2), or told of what stopped it (1).
        assert status in (1, 2) and "MiB free" in said and "set ISW_DATA to" in said and "Traceback" not in said
        read_latest(data)
        ballast.unlink()
        _heals(calm, nursery, data)
    note(f"disk: `run` through Dagster, full but for {room:,} bytes", "told in words, no stack trace; healed")


def _heals(calm: Calm, nursery: Nursery, data: Path) -> None:
    nursery.start(data, count_whole_way, True).succeed()
    assert Calm.manifest(data) == Calm.manifest(calm.after)
    read_latest(data)
