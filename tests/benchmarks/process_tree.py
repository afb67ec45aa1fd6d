"""Which processes a process starts, and the CPU that they use, as Linux tells.

Belongs here: watching. Does not belong here: what is started.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

EVERY_SECONDS = 0.05
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Watch:
    """What was seen below a process: how many processes were started, and CPU seconds of all of them."""

    before: set[tuple[int, int]]
    seen: set[tuple[int, int]] = field(default_factory=set)
    cpu: float = 0.0

    @property
    def started(self) -> int:
        """Processes started; those that lived for less than a look are missed."""
        return len(self.seen - self.before)


@contextmanager
def watching(root: int) -> Iterator[Watch]:
    """Watch a process and all below it until the block ends."""
    found, cpu_before = _look(root)
    watch = Watch(set(found))
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(EVERY_SECONDS):
            watch.seen.update(_look(root)[0])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        is_over.set()
        thread.join()
        watch.cpu = _look(root)[1] - cpu_before


def _look(root: int) -> tuple[set[tuple[int, int]], float]:
    """Processes below and with the root (number, start), and CPU seconds of them and of their children that ended."""
    parents, starts, ticks = {}, {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name stands in brackets and may hold anything.
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(folder.name)
        parents[number], starts[number], ticks[number] = int(words[1]), int(words[19]), sum(map(int, words[11:15]))
    below = {root}
    while more := {number for number, parent in parents.items() if parent in below} - below:
        below |= more
    there = below & starts.keys()
    return {(number, starts[number]) for number in there}, sum(ticks[number] for number in there) / TICKS
