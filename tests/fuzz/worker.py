"""Runs one reader under Atheris in a process of its own, so that a fault of native code ends this process alone.

Belongs here: the loop of libFuzzer, guided by the branches of the readers' Python code; telling crashes apart; counts
that outlive the process. Does not belong here: starting again after a crash or a hang (``run``).

    worker.py READER SHARED CRASHES [options and folders of libFuzzer]

``SHARED`` is a folder: ``counts`` is what was done so far, ``current`` the input that is being read.
"""

from __future__ import annotations

import faulthandler
import hashlib
import mmap
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline.exports", "pipeline.fetch"]):
    import harnesses
import mutation

# Executions, those that reached the reader's own format, exceptions, the longest time of one in milliseconds.
COUNTS = struct.Struct("<QQQQ")
# Seconds of the processor's time for one input, so that a busy machine makes no hang; and of the clock, for what waits.
BUSY_S, WAITS_S = 20, 300


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    name, folder, crashes = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    harness = harnesses.HARNESSES[name]
    with (folder / "counts").open("r+b") as file:
        shared = mmap.mmap(file.fileno(), COUNTS.size)
    counts = list(COUNTS.unpack(shared[:]))
    known: Counter[str] = Counter()
    # The signal ends the process once the traceback is written, whatever holds it: Python, native code or the mutation.
    faulthandler.register(signal.SIGPROF, chain=True)
    harnesses.run(name, harnesses.seeds(name)[0])  # loads the catalogue and theatres, so that no input is timed for it

    def once(content: bytes) -> None:
        signal.setitimer(signal.ITIMER_PROF, BUSY_S)
        faulthandler.dump_traceback_later(WAITS_S, exit=True)
        (folder / "current").write_bytes(content)
        counts[0] += 1
        start = time.process_time()
        try:
            counts[1] += harnesses.run(name, content) in harness.formats
        except Exception as error:  # that is what is looked for
            counts[2] += 1
            _keep(crashes, content, error, known)
        counts[3] = max(counts[3], round(1000 * (time.process_time() - start)))
        shared[:] = COUNTS.pack(*counts)

    def mutated(content: bytes, longest: int, seed: int) -> bytes:
        return mutation.mutate(content, longest, seed, lambda data: bytes(atheris.Mutate(data, longest)))

    atheris.Setup([sys.argv[0], *sys.argv[4:]], once, custom_mutator=mutated, internal_libfuzzer=True)
    atheris.Fuzz()


def _keep(crashes: Path, content: bytes, error: Exception, known: Counter[str]) -> None:
    """Keep the smallest input of each kind of crash, told by where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/pipeline/" in frame.filename] or frames
    place = f"{type(error).__name__} {Path(ours[-1].filename).name}:{ours[-1].name} {Path(frames[-1].filename).name}"
    if not known[place] or len(content) < known[place]:
        known[place] = len(content)
        stem = crashes / f"raised-{hashlib.sha256(place.encode()).hexdigest()[:12]}"
        stem.write_bytes(content)
        words = "".join(traceback.format_exception(error))[-4000:]
        stem.with_suffix(".txt").write_text(f"{place}\n{words}", "utf-8", "backslashreplace")


if __name__ == "__main__":
    main()
