"""Tally: what the fault suite tried and saw, and the page made of it (``docs/faults.md``).

Belongs here: keeping counts of a run in the file that ISW_FAULTS_COUNTS names; writing them up. Does not belong here:
judging them.

    ISW_KILLS=240 ISW_FAULTS_COUNTS=counts.json python -m pytest tests/faults -n 2
    python tests/faults/tally.py counts.json
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
HEAD = """# Faults

What the fault suite (`tests/faults`) did to runs and to a data folder, and what it saw. Made from the counts of real
runs by

```sh
{command}
python tests/faults/tally.py counts.json
```

A small theatre goes the whole way through the real stages: exports, steps, Delta commits, ledger, release, switch.
Stubbed are Great Expectations' verdicts, the marts, and what pictures, tiles and pages show; their files are written.
After each fault every release that a reader could find is read whole, each file by its SHA-256 and each table of
`strikes.duckdb` counted, and one more run must end with the same manifest, byte for byte, as a run that nothing
disturbed. A test ends at the first that does not, so what stands here held each time. By default the suite makes
8 kills; `ISW_KILLS` makes more. Full and read-only disks need the right to mount a tmpfs, and are skipped without.

## What heals by itself, and what does not

- A run that died, wherever: run again. Nothing has to be cleaned up or unlocked.
- A full disk, a read-only folder: the command line says which file, how much room there is, and what to do. Then run
  again.
- A working table that is made from others (`core`, `marts`, `work`), or the ledger: made again by the next run. A table
  whose log is damaged is moved to `lake/.damaged-…`, which may be deleted.
- A table of what was received (`raw`) is not made up: a run names the folder and what is wrong with it, and publishes
  nothing. Restore it, or take the exports again from `exports/`, where their bytes are.
- The latest release: a run does not look into it; `isw-strikes doctor` does, and says which folder to move away.
- Two runs at once over the same part: one of them may be told that another run replaced what it read, and to run again.

## Kills

A run that brings new exports into a folder with a release, or into an empty one, is killed, started again and killed
again, four times; then it is left alone.

| | |
|---|---|
"""
KINDS = {
    "disk": "Disk",
    "damage": "Damage on the disk",
    "at once": "Several runs at once",
    "clock": "Clock",
    "an export": "Exports that change",
}


def note(about: str, seen: Any) -> None:
    """Keep what was seen, if a file is named; a later run of the same test replaces it."""
    named = os.environ.get("ISW_FAULTS_COUNTS")
    if named:
        with Path(named).open("a+", encoding="utf-8") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.seek(0)
            kept = json.loads(stream.read() or "{}")
            stream.truncate(0)
            stream.write(json.dumps(kept | {about: seen}, indent=1, ensure_ascii=False) + "\n")


def page(seen: dict[str, Any]) -> str:
    """The page, from the counts."""
    kills: Counter[str] = Counter()
    for about, counts in seen.items():
        if about.startswith("kills"):
            kills += Counter(counts)
    hits = sum(count for name, count in kills.items() if name.startswith("hit: "))
    survived = kills["runs left alone after kills"]
    lines = [
        f"| kills tried | {kills['kills'] + kills['came too late']} |",
        f"| of which came too late, the run had ended | {kills['came too late']} |",
        f"| **kills** | **{kills['kills']}** |",
        f"| of which hit a write | {hits} |",
        *(
            f"| {name.removeprefix('hit: ')} | {kills[name]} |"
            for name in sorted(kills)
            if name.startswith(("hit", "at"))
        ),
        f"| runs left alone after kills | {survived} |",
        f"| of which healed by themselves, with the same release | {kills['of which end with the same release']} |",
    ]
    text = HEAD.format(command=_command(kills["kills"])) + "\n".join(lines) + "\n"
    for kind, title in KINDS.items():
        # In one order whatever ended first, and 500 before 5,000.
        named = sorted((name for name in seen if name.startswith(kind)), key=lambda name: (len(name), name))
        rows = [(about, seen[about]) for about in named]
        text += f"\n## {title}\n\n| fault | seen |\n|---|---|\n"
        text += "".join(f"| {about.removeprefix(f'{kind}: ')} | {_words(found)} |\n" for about, found in rows)
    return text


def _command(kills: int) -> str:
    return f"ISW_KILLS={kills} ISW_FAULTS_COUNTS=counts.json python -m pytest tests/faults -n 2"


def _words(found: Any) -> str:
    if isinstance(found, dict):
        return ", ".join(f"{name} {count}" for name, count in found.items())
    return str(found)


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), encoding="utf-8")
