"""Nursery: processes that run the small pipeline, forked from a warm one, and are killed when a test says so.

Belongs here: starting, watching, stopping. Does not belong here: what they run (``small_pipeline``), what is expected.

Three ways to die. At a *write operation*: the process kills itself in place of its n-th operation that changes its data
folder (opening a file to write, renaming, making or removing a folder or link), as Python announces it. In a *native
write*: a timer, whose signal no code can see, ends it inside a call that writes a Delta commit, the DuckDB file, a
Parquet or a CSV. At a *random moment*: it is stopped from outside after a random number of write calls;
what it was doing is looked up while it stands still; then it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

import pipeline.lake
import pipeline.release.build

HERE = Path(__file__).parent
# A file of the data folder that changed so shortly before the end was being written.
JUST_NOW_S = 0.02
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.utime")
LONGEST_S = 300
# How long a kill at a random moment waits for the next write.
PATIENCE_S = 0.5


def open_nursery() -> multiprocessing.context.ForkServerContext:
    """The context whose server has everything loaded."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    # One thread everywhere: a fork takes no other along.
    os.environ.update({"ISW_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warm"])
    return context


@dataclass
class Child:
    """A process at work on a data folder; ``said`` holds its traceback if it failed."""

    process: ForkServerProcess
    said: Path
    data: Path

    def wait(self) -> int:
        """Its exit status: 0, 1, or minus the signal that ended it."""
        self.process.join(LONGEST_S)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise AssertionError(f"still at work after {LONGEST_S} s")
        return self.process.exitcode

    def succeed(self) -> None:
        """Wait for it; it must have ended well."""
        assert self.wait() == 0, self.said.read_text(encoding="utf-8") if self.said.exists() else "ended without a word"

    def kill_after(self, writes: int) -> str | None:
        """Kill it once it has made so many write calls and is seen writing, or after a while if it is not.

        Returns:
            What it was doing; None where it had ended before.
        """
        pid = self.process.pid
        assert pid is not None
        while self.process.exitcode is None and _write_calls(pid) < writes:
            time.sleep(0.0005)
        patience = time.monotonic() + PATIENCE_S
        while self.process.exitcode is None and time.monotonic() < patience and not _is_writing(pid, self.data):
            time.sleep(0.0005)
        if self.process.exitcode is not None:
            return None
        os.kill(pid, signal.SIGSTOP)
        doing = _doing(pid, self.data)
        os.kill(pid, signal.SIGKILL)
        return doing if self.wait() == -signal.SIGKILL else None


class Nursery:
    """Starts processes over data folders."""

    def __init__(self, small: Path, scratch: Path) -> None:
        self.context = open_nursery()
        self.small = small
        self.scratch = scratch
        self.started = 0

    def start(
        self,
        data: Path,
        action: Callable[..., Any],
        *args: Any,
        die_at: int | None = None,
        die_in: tuple[int, float] | None = None,
    ) -> Child:
        """Run ``action(settings, small, *args)`` in a process of its own.

        Args:
            data: its data folder.
            action: a function of a module.
            args: further arguments.
            die_at: the write operation at which it dies.
            die_in: the native write from which on it dies, and after how many seconds of that.
        """
        self.started += 1
        said = self.scratch / f"said-{self.started}.txt"
        process = self.context.Process(target=_live, args=(data, self.small, said, die_at, die_in, action, args))
        process.start()
        return Child(process, said, data)


def _live(
    data: Path,
    folder: Path,
    said: Path,
    die_at: int | None,
    die_in: tuple[int, float] | None,
    action: Callable[..., Any],
    args: Any,
) -> None:
    """What a process does, from its fork to its end."""
    import small_pipeline

    status = 1
    try:
        small = small_pipeline.Small(folder)
        small_pipeline.install(small, pytest.MonkeyPatch())
        if die_in is not None:
            _die_in_native(*die_in)
        counted = _count_writes(data, die_at)
        result = action(small_pipeline.data_settings(data), small, *args)
        said.write_text(str(counted[0] if result is None else result), encoding="utf-8")
        status = 0
    except BaseException:
        said.write_text(traceback.format_exc(), encoding="utf-8")
    os._exit(status)


def _count_writes(data: Path, die_at: int | None) -> list[int]:
    """Count the operations that change a folder; die in place of the n-th."""
    counted = [0]
    below = str(data)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            is_change = isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        else:
            is_change = event in CHANGES
        if is_change and isinstance(args[0], str | os.PathLike) and os.fspath(args[0]).startswith(below):
            counted[0] += 1
            if counted[0] == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return counted


def _die_in_native(first: int, after_s: float) -> None:
    """Let a timer end the process in its first native write, from this number on, that takes longer than that."""
    counted = [0]

    def wrap(module: Any, name: str) -> None:
        own = getattr(module, name)

        def call(*args: Any, **named: Any) -> Any:
            counted[0] += 1
            signal.setitimer(signal.ITIMER_REAL, after_s if counted[0] >= first else 0)
            try:
                return own(*args, **named)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)

        setattr(module, name, call)

    for module, name in (
        (pipeline.lake, "write_data_file"),
        (pipeline.lake, "write_deltalake"),
        (pipeline.release.build, "write_database"),
        (pipeline.release.build, "write_parquet"),
        (pipeline.release.build, "write_csv"),
    ):
        wrap(module, name)


def _write_calls(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return int(next(line for line in lines if line.startswith("syscw")).split()[1])


def _is_writing(pid: int, data: Path) -> bool:
    """True where a process holds a file of its data folder open to write."""
    try:
        links = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
    for link in links:
        try:
            target, info = link.readlink(), Path(f"/proc/{pid}/fdinfo/{link.name}").read_text(encoding="ascii")
        except OSError:
            continue  # closed meanwhile
        flags = int(next(line for line in info.splitlines() if line.startswith("flags")).split()[1], 8)
        if target.is_relative_to(data) and flags & (os.O_WRONLY | os.O_RDWR):
            return True
    return False


def _doing(pid: int, data: Path) -> str:
    """What a process that stands still is at: ``writing``, ``just wrote`` (something in its data folder changed a
    moment ago) or ``between``.
    """
    now = time.time()
    if _is_writing(pid, data):
        return "writing"
    newest = max((path.lstat().st_mtime for path in data.rglob("*")), default=0.0)
    return "just wrote" if now - newest < JUST_NOW_S else "between"
