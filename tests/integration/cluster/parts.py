"""The parts that tests talk to: the S3 server and its faults, the Dask cluster and its processes."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen


@dataclass(frozen=True)
class S3:
    """The server and how it is told to fail."""

    address: str

    def fail_every(self, nth: int) -> None:
        """Let every n-th request fail from now on; none where 0."""
        urlopen(Request(f"{self.address}/-/faults", str(nth).encode(), method="PUT")).close()

    def failed(self) -> int:
        """Requests that failed."""
        with urlopen(f"{self.address}/-/faults") as answer:
            return int(answer.read())


@dataclass
class Dask:
    """A cluster; ``workers`` are its processes."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the scheduler listens, once it does."""
        for _ in range(600):
            try:
                return str(json.loads((self.folder / "scheduler.json").read_text())["address"])
            except (OSError, ValueError):
                time.sleep(0.1)
        raise AssertionError("the scheduler did not start")
