"""Processes: what belongs to one process alone or to one at a time, and cleaning up after those that died.

Belongs here: whether a process lives and since when, taking turns, and the folder into which this one's DuckDB spills.
Does not belong here: what is written to such files.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SPILL = "isw-strikes-duckdb-"


def is_alive(process: str) -> bool:
    """True where a process of this id runs; false for what is no id."""
    if not (process.isascii() and process.isdecimal()) or int(process) == 0:
        return False
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def began(process: str) -> str:
    """When a process began, in ticks since the machine did; empty where it has ended or the system does not tell."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # A name in brackets, which may hold anything, comes before what is counted here.
    state, *others = told.rpartition(")")[2].split()
    return "" if state == "Z" else others[18]


@contextmanager
def take_turn(lock: Path) -> Iterator[None]:
    """Be the only process on this machine that holds a lock file; waits for another's turn to end.

    The system ends the turn of a process that dies. The file stays.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def spill_folder() -> Path:
    """Where this process's DuckDB spills what does not fit into memory; those of dead processes are removed.

    Two engines over one folder overwrite each other's data, so each process has its own, among temporary files and not
    in the working directory. DuckDB makes it when it first spills. A folder of another user stays.
    """
    temporary = Path(tempfile.gettempdir())
    for folder in temporary.glob(f"{SPILL}*"):
        if not is_alive(folder.name.removeprefix(SPILL)) and is_own(folder):
            shutil.rmtree(folder, ignore_errors=True)
    return temporary / f"{SPILL}{os.getpid()}"


def is_own(folder: Path) -> bool:
    """True for this user's folder; others may drop anything among temporary files, or take it away meanwhile."""
    try:
        return folder.lstat().st_uid == os.geteuid()
    except OSError:
        return False
