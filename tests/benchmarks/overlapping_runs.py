"""Four backfills over the same months at once, twice, and a release each time, while a reader polls what is published.

Belongs here: a measurement run by hand, through a running Dagster. It counts errors about locks in the logs of all runs
and releases that a reader met half made, and fails where there is any. Does not belong here: processes that are killed
(``tests/faults``).

    .venv/bin/python tests/benchmarks/overlapping_runs.py
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

import duckdb
from live_dagster import BACKFILL_ENDED, ENDED, LiveDagster, stop_sensors, ui_over, wait_until

from assets.runs import environment
from pipeline.due import stale_parts
from pipeline.intake import ingest_showcase
from pipeline.publication import publish_release
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import theatres
from pipeline.work import Work, run_step

SYRIA = theatres()["syria"]
LOCATION = "isw_strikes"
MONTHS = SYRIA.months()
# Each month is in two of them at least.
RANGES = (MONTHS, MONTHS[:7], MONTHS[3:10], MONTHS[5:])
HEADER = "airwars_id,date,location_en,governorate,latitude,longitude,geolocation_accuracy"
EVERY_SECONDS = 0.05
LONGEST_SECONDS = 1_800
MOST_TRIES = 6
LOCK_ERRORS = re.compile(
    r"could not set lock|conflicting lock|database is locked|lock(ed)? (error|time)|deadlock|commit ?failed"
    r"|transaction failed|version already exists",
    re.IGNORECASE,
)


def prepare(settings: Settings) -> None:
    """The showcase, made and published once."""
    work = Work(settings)
    ingest_showcase(settings, ["syria"])
    for step in STEPS:
        run_step(work, SYRIA, step)
    publish_release(settings)
    stop_sensors(settings)


def drop(settings: Settings, name: str, days: range) -> None:
    """A file of strikes that nobody told of before, in the inbox."""
    rows = [f"{name}{day},2015-12-{day:02d},Aleppo,Aleppo,36.{day},37.1,city" for day in days]
    folder = settings.inbox_dir / "syria" / "airwars"
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{name}.csv.part"
    aside.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    aside.rename(folder / f"{name}.csv")


def read(settings: Settings) -> tuple[str, list[str]]:
    """Id of the release in force, and in which ways it is not whole."""
    folder = settings.latest.resolve(strict=True)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    wrong = [
        f"{output['path']} is not of the size that the manifest says"
        for output in manifest["outputs"]
        if not (folder / output["path"]).is_file() or (folder / output["path"]).stat().st_size != output["bytes"]
    ]
    if manifest["release"] != folder.name:
        wrong.append(f"{folder.name} holds the manifest of {manifest['release']}")
    with duckdb.connect(str(folder / "strikes.duckdb"), read_only=True) as session:
        for table in ("core.strikes", "core.attribution", "marts.headline"):
            (rows,) = session.execute(f"SELECT count(*) FROM {table}").fetchone() or (None,)
            if rows != manifest["tables"][table]["rows"]:
                wrong.append(f"{table} has {rows} rows, not {manifest['tables'][table]['rows']}")
    return folder.name, wrong


def poll(settings: Settings, is_over: Event, answer: Any) -> None:
    """Read what is published again and again; tell reads by release, and what was wrong."""
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    while not is_over.is_set():
        try:
            release, faults = read(settings)
            seen[release] += 1
            wrong += [f"{release}: {fault}" for fault in faults]
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
        time.sleep(EVERY_SECONDS)
    answer.put((dict(seen), wrong))


def overlap(live: LiveDagster, settings: Settings, name: str, days: range) -> list[dict[str, Any]]:
    """A new file, the backfills, and a run up to the release, all at once; the runs, after the last has ended.

    A release waits while any part is stale, as a month is for a moment while a backfill makes it again. Then it is
    asked for once more, as the sensor would do.
    """
    before = releases(settings)
    drop(settings, name, days)
    backfills = [live.launch_backfill("syria_months", LOCATION, months, **{"isw/force": "true"}) for months in RANGES]
    everything = {"dagster/asset_partition_range_start": MONTHS[0], "dagster/asset_partition_range_end": MONTHS[-1]}
    runs = [live.launch_run("syria", LOCATION, **everything)]
    wait_until(lambda: has_ended(live, runs[-1]), LONGEST_SECONDS, every=1)
    while releases(settings) == before and len(runs) < MOST_TRIES:
        runs.append(live.launch_run("syria_publish", LOCATION))
        wait_until(lambda: has_ended(live, runs[-1]), LONGEST_SECONDS, every=1)
    wait_until(lambda: all(live.backfill_status(one) in BACKFILL_ENDED for one in backfills), LONGEST_SECONDS, every=2)
    return [*live.runs(runIds=runs), *(run for one in backfills for run in live.runs_of(one))]


def has_ended(live: LiveDagster, run: str) -> bool:
    """Whether a run has ended."""
    return {found["status"] for found in live.runs(runIds=[run])} <= ENDED


def releases(settings: Settings) -> list[str]:
    """Releases that are there."""
    return sorted(path.name for path in settings.releases_dir.iterdir() if not path.name.startswith("."))


def most_at_once(runs: list[dict[str, Any]]) -> int:
    """The most runs that were under way at one time."""
    return max(sum(bool(run["startTime"] <= one["startTime"] < run["endTime"]) for run in runs) for one in runs)


def main() -> None:
    """Measure, print, and fail where anything was torn or locked."""
    with tempfile.TemporaryDirectory(prefix="isw-overlap-") as scratch:
        settings = Settings(data=Path(scratch) / "data")
        prepare(settings)
        own = Path(environment(settings)["DAGSTER_HOME"]) / "dagster.yaml"
        own.write_text(own.read_text().replace("max_concurrent_runs: 4", "max_concurrent_runs: 6"))
        context = multiprocessing.get_context("spawn")
        is_over, answer = context.Event(), context.Queue()
        reader = context.Process(target=poll, args=(settings, is_over, answer))
        reader.start()
        with ui_over(settings) as live:
            start = time.monotonic()
            runs = [
                *overlap(live, settings, "one", range(1, 9)),
                *overlap(live, settings, "two", range(11, 19)),
            ]
            wall = time.monotonic() - start
            logs = {run["runId"]: live.log(run["runId"]) for run in runs}
        is_over.set()
        seen, wrong = answer.get()
        reader.join()
        for path in settings.dagster_home.rglob("*.err"):
            logs[str(path)] = path.read_text(encoding="utf-8", errors="replace")
        locks = [match.group() for log in logs.values() for match in LOCK_ERRORS.finditer(log)]
        stale = stale_parts(Work(settings), SYRIA)
        published = releases(settings)
    statuses = Counter(run["status"] for run in runs)
    print(f"load {os.getloadavg()[0]:.1f}; {wall:.0f} s; {len(runs)} runs, up to {most_at_once(runs)} at once")
    print(f"runs: {dict(statuses)}; lock errors in {len(logs)} logs: {len(locks)} {Counter(locks) or ''}")
    print(
        f"releases: {len(published)}; reads: {sum(seen.values())} of {len(seen)} releases; torn or failed: {len(wrong)}"
    )
    print(f"stale parts afterwards: {len(stale)} {[f'{v.step} {v.part}: {v.why}' for v in stale[:3]] or ''}")
    for run in runs:
        if run["status"] != "SUCCESS":
            print(run["jobName"], run["runId"], _errors(logs[run["runId"]]))
    print(*wrong[:10], sep="\n")
    if locks or wrong or set(statuses) != {"SUCCESS"} or len(published) < 3:
        raise SystemExit(1)


def _errors(log: str) -> str:
    lines = [line for line in log.splitlines() if '"error": {' in line]
    return lines[0][:2_000] if lines else "no error in its log"


if __name__ == "__main__":
    main()
