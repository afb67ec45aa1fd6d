"""Fuzz the readers: ``python tests/fuzz/run.py --reader csv --seconds 1800`` (or ``--reader all``).

Belongs here: starting a worker again after each crash of native code, hang or lack of memory, until the time is up;
the one line of figures for each reader; keeping a small corpus. Does not belong here: what is read (``harnesses``).

The corpus and every input that crashed a reader are replayed by ``tests/unit/exports/test_exports_fuzz_corpus.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from struct import Struct

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
PATHS = [HERE, HERE.parent, HERE.parent / "unit" / "exports", HERE.parent.parent]
COUNTS = Struct("<QQQQ")
# How a worker ends: after a hang, busy or waiting, and where it takes more memory than the cap. Anything else is native
# code's.
ENDS = {-signal.SIGPROF: "hang", 1: "hang", 71: "memory"}
MEMORY_MB = 2048
# What the kept corpus of one reader may weigh, bytes.
KEPT = 24 * 1024


@dataclass
class Figures:
    """What came of fuzzing one reader: seconds, of the clock and of processors, executions, those that its own format
    took, the longest time of the processor for one, and faults by kind."""

    reader: str
    seconds: int = 0
    cpu_seconds: int = 0
    executions: int = 0
    in_format: int = 0
    longest_cpu_ms: int = 0
    exceptions: int = 0
    kinds_of_exception: int = 0
    native_crashes: int = 0
    hangs: int = 0
    out_of_memory: int = 0


def main() -> int:
    """Fuzz, print the figures as a line of JSON for each reader; 1 where there was any fault."""
    sys.path[:0] = map(str, PATHS)
    from harnesses import HARNESSES

    parser = argparse.ArgumentParser(description="Fuzz the readers of exports.")
    parser.add_argument("--reader", choices=["all", *HARNESSES], required=True)
    parser.add_argument("--seconds", type=int, required=True, help="for each reader")
    parser.add_argument("--crashes", type=Path, default=Path("build/fuzz"), help="folder for inputs that crashed")
    parser.add_argument("--keep-corpus", action="store_true", help=f"put the smallest inputs into {CORPUS.name}/")
    options = parser.parse_args()
    is_sound = True
    for reader in HARNESSES if options.reader == "all" else [options.reader]:
        figures = fuzz(reader, options.seconds, options.crashes / reader, options.keep_corpus)
        print(json.dumps(asdict(figures)), flush=True)
        is_sound &= not (figures.exceptions or figures.native_crashes or figures.hangs or figures.out_of_memory)
    return 0 if is_sound else 1


def fuzz(reader: str, seconds: int, crashes: Path, keeps_corpus: bool) -> Figures:
    """Fuzz one reader for some seconds."""
    from harnesses import HARNESSES, seeds

    crashes.mkdir(parents=True, exist_ok=True)
    figures, start, start_cpu = Figures(reader), time.monotonic(), _cpu_of_workers()
    with tempfile.TemporaryDirectory(prefix="isw-fuzz-") as scratch:
        shared, grown, given = (Path(scratch) / name for name in ("shared", "grown", "given"))
        for folder in (shared, grown, given, CORPUS / reader):
            folder.mkdir(parents=True, exist_ok=True)
        (shared / "counts").write_bytes(bytes(COUNTS.size))
        for number, seed in enumerate(seeds(reader)):
            (given / f"seed-{number}").write_bytes(seed)
        folders = [str(folder) for folder in (grown, given, CORPUS / reader)]
        while (left := seconds - (time.monotonic() - start)) > 1:
            _work(reader, shared, crashes, [*_options(HARNESSES[reader].longest, int(left)), *folders])
        counts = COUNTS.unpack((shared / "counts").read_bytes())
        figures.executions, figures.in_format, figures.exceptions, figures.longest_cpu_ms = counts
        if keeps_corpus:
            _keep(reader, grown)
    figures.seconds = round(time.monotonic() - start)
    figures.cpu_seconds = round(_cpu_of_workers() - start_cpu)
    found = [path.name for path in crashes.iterdir()]
    figures.kinds_of_exception = sum(name.startswith("raised-") and name.endswith(".txt") for name in found)
    figures.native_crashes = sum(name.startswith("native-") for name in found)
    figures.hangs = sum(name.startswith("hang-") for name in found)
    figures.out_of_memory = sum(name.startswith("memory-") for name in found)
    return figures


def _cpu_of_workers() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _options(longest: int, seconds: int) -> list[str]:
    # The worker times each input itself: libFuzzer's alarm does not end code that never comes back to Python.
    return [
        f"-max_total_time={seconds}",
        f"-max_len={longest}",
        "-timeout=3600",
        f"-rss_limit_mb={MEMORY_MB}",
        "-verbosity=0",
    ]


def _work(reader: str, shared: Path, crashes: Path, options: list[str]) -> None:
    """One process, until the time is up or it falls; then the input that felled it is kept."""
    command = [sys.executable, str(HERE / "worker.py"), reader, str(shared), str(crashes)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PATHS))}
    with (crashes / "log.txt").open("ab") as log, tempfile.TemporaryDirectory(prefix="isw-fuzz-") as scratch:
        environment["TMPDIR"] = scratch
        command += [f"-artifact_prefix={scratch}/", *options]
        status = subprocess.run(command, env=environment, stdout=log, stderr=log, check=False).returncode
    if status and not (shared / "current").exists():
        raise SystemExit(f"{reader}: the worker does not start, see {crashes / 'log.txt'}")
    if status:
        content = (shared / "current").read_bytes()
        (crashes / f"{ENDS.get(status, 'native')}-{hashlib.sha256(content).hexdigest()[:12]}").write_bytes(content)


def _keep(reader: str, grown: Path) -> None:
    """Add inputs that reached new branches to the kept corpus, the smallest first, up to its weight."""
    kept = CORPUS / reader
    weight = sum(path.stat().st_size for path in kept.iterdir())
    for path in sorted(grown.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        weight += path.stat().st_size
        if weight > KEPT:
            return
        shutil.copyfile(path, kept / path.name[:16])


if __name__ == "__main__":
    sys.exit(main())
