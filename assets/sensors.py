"""Sensors: new files, and the months that they touch.

Belongs here: looking whether something should run, without doing any of it. No file is parsed here.
Does not belong here: deciding what is stale (``assets.touched``, by the pipeline's own judgement).

Two steps, because only mapping a file tells which months it touches: ``inbox`` starts a theatre's ingest job, and
``touched_months`` sees in the ledger what that left stale, and starts a run over each span of months, then the tables
and the release. Both run as soon as Dagster does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets import jobs, tags
from assets.lost_runs import close_lost
from assets.resources import Pipeline
from assets.touched import Launch, find_launch
from pipeline.theatres import Theatre

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition as Job

MAKERS = (jobs.ingest_name, jobs.months_name, jobs.publish_name)
EVERY_SECONDS = 30
# A run that has said nothing for so long is taken for dead, and no longer holds up the theatre.
LOST_AFTER = timedelta(hours=6)
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def sensors(theatres: Iterable[Theatre], pipeline: Pipeline, known_jobs: Iterable[Job]) -> list[dg.SensorDefinition]:
    """All sensors, over jobs known by their names."""
    known = list(theatres)
    by_name = {job.name: job for job in known_jobs}
    return [_inbox(known, pipeline, by_name), _touched_months(known, pipeline, by_name)]


def _inbox(theatres: list[Theatre], pipeline: Pipeline, known_jobs: Mapping[str, Job]) -> dg.SensorDefinition:
    @dg.sensor(
        name="inbox",
        jobs=[known_jobs[jobs.ingest_name(theatre.name)] for theatre in theatres],
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="New files in the inbox that did not change for two ticks: their theatre's ingest job is started.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from pipeline.inbox import look_into_inbox  # noqa: PLC0415 - readers load where they are used

        seen: dict[str, list[int]] = json.loads(context.cursor or "{}")
        now: dict[str, list[int]] = {}
        ready: dict[str, list[Path]] = {}
        unknown = []
        for waiting in look_into_inbox(pipeline.settings):
            name = waiting.path.relative_to(pipeline.settings.inbox_dir).as_posix()
            size_and_time = _signature(waiting.path)
            if size_and_time is None:
                continue
            now[name] = size_and_time
            if not waiting.targets:
                unknown.append(f"{name}: {waiting.hint}")
            elif seen.get(name) == size_and_time:
                for theatre in dict.fromkeys(theatre for theatre, _ in waiting.targets):
                    ready.setdefault(theatre, []).append(waiting.path)
        requests = [_ingest_request(theatre, paths) for theatre, paths in ready.items()]
        return dg.SensorResult(
            run_requests=requests,
            cursor=json.dumps(now, sort_keys=True),
            skip_reason=None if requests else dg.SkipReason(_told(now, unknown)),
        )

    return inbox


def _signature(path: Path) -> list[int] | None:
    """Size and time of a file; None where it has been taken meanwhile."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return [stat.st_size, stat.st_mtime_ns]


def _told(now: dict[str, list[int]], unknown: list[str]) -> str:
    if unknown:
        return "; ".join(unknown)
    return f"{len(now)} new files: waiting until they have not changed for two ticks" if now else "The inbox is empty."


def _ingest_request(theatre: str, paths: list[Path]) -> dg.RunRequest:
    """One run for all files that are ready. Its key is their content and time: dropped again, a file is taken again."""
    hashed = [f"{_sha256(path)} {path.stat().st_mtime_ns}" for path in paths]
    key = hashlib.sha256("\n".join(hashed).encode()).hexdigest() if len(hashed) > 1 else hashed[0]
    names = ", ".join(path.name for path in paths)
    return dg.RunRequest(
        run_key=f"{theatre} {key}",
        job_name=jobs.ingest_name(theatre),
        tags={tags.THEATRE: theatre, **tags.why(f"in the inbox: {names}")},
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _touched_months(theatres: list[Theatre], pipeline: Pipeline, known_jobs: Mapping[str, Job]) -> dg.SensorDefinition:
    names = [make(theatre.name) for theatre in theatres for make in MAKERS]

    @dg.sensor(
        name="touched_months",
        jobs=[known_jobs[name] for name in names],
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="What new records left stale, by the ledger: a run for each span of months, then tables, release.",
    )
    def touched_months(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        close_lost(context.instance)
        requests: list[dg.RunRequest] = []
        told = []
        for theatre in theatres:
            if _is_busy(context.instance, theatre.name):
                told.append(f"{theatre.name}: a run is under way")
                continue
            launch = find_launch(pipeline, theatre)
            requests += _requests(theatre.name, launch)
            told.append(f"{theatre.name}: {launch.told}")
        return dg.SensorResult(run_requests=requests, skip_reason=None if requests else dg.SkipReason("; ".join(told)))

    return touched_months


def _requests(theatre: str, launch: Launch) -> Iterator[dg.RunRequest]:
    for span in launch.spans or ((),):
        if launch.job is not None:
            months = tags.month_range(span[0], span[-1]) if span else {}
            yield dg.RunRequest(
                run_key=" ".join([launch.job, *months.values(), launch.key]),
                job_name=launch.job,
                tags={tags.THEATRE: theatre, **months, **tags.why(launch.told)},
            )


def _is_busy(instance: dg.DagsterInstance, theatre: str) -> bool:
    wanted = dg.RunsFilter(statuses=UNDER_WAY, updated_after=datetime.now(UTC) - LOST_AFTER)
    return any(_is_for(record.dagster_run, theatre) for record in instance.get_run_records(wanted))


def _is_for(run: dg.DagsterRun, theatre: str) -> bool:
    """Backfills from the UI have no tag, but name their assets."""
    return run.tags.get(tags.THEATRE) == theatre or any(key.path[0] == theatre for key in run.asset_selection or ())
