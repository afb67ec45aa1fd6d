"""Backfills of 160 days and of ten years through the API that Dagster's UI uses, beside a plain Dagster project.

Belongs here: a measurement run by hand. Both projects read the same strikes and control, each in Dagster of its own
with at most four runs at once; ours also lays precision discs, measures distances and validates. Times are from the
launch to the end of the last run. The plain project's runs cost the same each: ``--plain-runs`` are measured, and
the rest extrapolated.

    make benchmark
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

import duckdb
from live_dagster import BACKFILL_ENDED, ENDED, LiveDagster, dagster_processes, free_port, wait_until
from process_tree import watching
from ten_years import DAYS, FIRST_DAY, STRIKES_A_DAY, months_of, write

from assets.runs import INSTANCE_SETTINGS, PROJECT, environment
from pipeline.settings import Settings
from pipeline.work import Work

HERE = Path(__file__).parent
LOCATION = "measured"
DAY_COUNTS = (160, DAYS)
LONGEST_SECONDS = 4 * 3600


@dataclass(frozen=True)
class Cost:
    """What a backfill took: seconds of wall, until its first run started and of CPU; runs and processes started."""

    wall: float
    waited: float
    cpu: float
    runs: int
    processes: int
    failed: int = 0
    about: str = ""

    def times(self, factor: float, about: str) -> Cost:
        """The cost of so many times as many runs, which wait for Dagster's daemon only once."""
        wall = self.waited + (self.wall - self.waited) * factor
        runs, processes, failed = (round(count * factor) for count in (self.runs, self.processes, self.failed))
        return Cost(wall, self.waited, self.cpu * factor, runs, processes, failed, about)

    def line(self, name: str, ours: Cost) -> str:
        """A line of the table, with the ratios to ours."""
        return (
            f"{name:36} {self.wall:9,.1f} {self.wall / ours.wall:7,.1f} {self.cpu:9,.1f} {self.cpu / ours.cpu:7,.1f}"
            f" {self.runs:6,} {self.processes:9,} {self.failed:6,}  {self.about}"
        )


def backfill(live: LiveDagster, job: str, partitions: list[str], **tags: str) -> Cost:
    """Launch a backfill, wait for its last run to end."""
    with watching(live.process.pid) as watch:
        start = time.time()
        launched = live.launch_backfill(job, LOCATION, partitions, **tags)
        wait_until(lambda: live.backfill_status(launched) in BACKFILL_ENDED, LONGEST_SECONDS, every=2)
        wait_until(lambda: all(run["status"] in ENDED for run in live.runs_of(launched)), LONGEST_SECONDS)
        runs = live.runs_of(launched)
    failed = sum(run["status"] != "SUCCESS" for run in runs)
    first, last = min(run["startTime"] for run in runs), max(run["endTime"] for run in runs)
    return Cost(last - start, first - start, watch.cpu, len(runs), watch.started, failed)


@contextmanager
def dagster(python: Path, file: Path, home: Path, variables: dict[str, str]) -> Iterator[LiveDagster]:
    """Dagster over one file of definitions."""
    workspace = home / "workspace.yaml"
    workspace.write_text(f"load_from: [{{python_file: {{relative_path: {file}, location_name: {LOCATION}}}}}]\n")
    port = free_port()
    command = [str(python), "-W", "ignore", "-m", "dagster", "dev", "-w", str(workspace), "-h", "127.0.0.1"]
    command += ["-p", str(port), "--log-level", "error"]
    with dagster_processes(command, port, variables) as live:
        yield live


@contextmanager
def our_dagster(settings: Settings) -> Iterator[LiveDagster]:
    variables = environment(settings) | {"PYTHONPATH": str(PROJECT)}
    with dagster(Path(sys.executable), HERE / "ten_years.py", settings.dagster_home, variables) as live:
        yield live


@contextmanager
def plain_dagster(python: Path, folder: Path) -> Iterator[LiveDagster]:
    home = folder / "dagster"
    home.mkdir()
    shutil.copy(INSTANCE_SETTINGS, home / "dagster.yaml")
    variables = {
        "DAGSTER_HOME": str(home),
        "PLAIN_FOLDER": str(folder),
        "PLAIN_FIRST_DAY": str(FIRST_DAY),
        "PLAIN_END_DAY": str(FIRST_DAY + timedelta(DAYS)),
    }
    with dagster(python, HERE / "plain_daily.py", home, variables) as live:
        yield live


def measure_ours(settings: Settings) -> dict[Any, Cost]:
    """Both backfills, made whole, and the longer one again when nothing is stale."""
    costs: dict[Any, Cost] = {}
    with our_dagster(settings) as live:
        for days in DAY_COUNTS:
            costs[days] = backfill(live, "syria_months", months_of(days), **{"isw/force": "true"})
            rows = Work(settings).lake.read("core.attribution", columns=["month"], month=months_of(days)).num_rows
            expected = sum(days_of(month) for month in months_of(days)) * STRIKES_A_DAY
            assert rows == expected, f"{rows} strikes of {expected} are attributed"
        costs[f"{DAYS} fresh"] = backfill(live, "syria_months", months_of(DAYS))
    return costs


def days_of(month: str) -> int:
    """Days of a month that the data hold."""
    return sum(f"{FIRST_DAY + timedelta(number):%Y-%m}" == month for number in range(DAYS))


def measure_plain(python: Path, folder: Path, most_runs: int) -> dict[Any, Cost]:
    """As many runs as may be, and what all of them would cost."""
    measured = min(most_runs, DAY_COUNTS[0])
    with plain_dagster(python, folder) as live:
        cost = backfill(live, "daily", [str(FIRST_DAY + timedelta(number)) for number in range(measured)])
    with duckdb.connect(str(folder / "plain.duckdb"), read_only=True) as session:
        (rows,) = session.execute("SELECT count(DISTINCT strike_id) FROM public.attribution").fetchone() or (0,)
    expected = STRIKES_A_DAY * (measured - cost.failed)
    about = f"measured whole; {rows} of {expected} strikes are attributed"
    costs: dict[Any, Cost] = {}
    for days in DAY_COUNTS:
        is_whole = days == measured
        costs[days] = cost.times(days / measured, about if is_whole else f"extrapolated from {measured} runs")
    return costs


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--plain-python", type=Path, required=True, help="Python that holds requirements/benchmark.txt")
    asked.add_argument("--plain-runs", type=int, default=40, help="most runs of the plain project measured (40)")
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="isw-backfill-") as scratch:
        settings, plain = Settings(data=Path(scratch) / "ours"), Path(scratch) / "plain"
        write(settings, plain)
        print(f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} before")
        print(
            f"{'':36} {'wall s':>9} {'ratio':>7} {'CPU s':>9} {'ratio':>7} {'runs':>6} {'processes':>9} {'failed':>6}"
        )
        ours = measure_ours(settings)
        for days, cost in ours.items():
            print(cost.line(f"ours, {days} days", cost), flush=True)
        theirs = measure_plain(wanted.plain_python.absolute(), plain, wanted.plain_runs)
        for days, cost in theirs.items():
            print(cost.line(f"a plain project, {days} days", ours[days]))
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
