"""Sensors: new files, and the months that they touch.

Belongs here: looking whether something should run, without doing any of it. Does not belong here: which file of the
inbox is whose (``inbox_files``), what is stale (``touched``, by the pipeline's own judgement).

Two steps, because only mapping a file tells which months it touches: ``inbox`` starts a theatre's ingest job, and
``touched_months`` sees in the ledger what that left stale, and starts a run over each span of months, then the tables
and the release. Both run as soon as Dagster does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets import jobs, tags
from assets.inbox_files import Found, look
from assets.lost_runs import close_lost
from assets.resources import Pipeline
from assets.retries import next_attempt
from assets.touched import Launch, find_launch
from pipeline.ledger import digest
from pipeline.released import latest_id
from pipeline.settings import Settings
from pipeline.status import Outcome, note_success, read_status
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
        close_lost(context.instance)
        found = look(pipeline.settings, theatres, context.cursor)
        requests, told = _pace(context.instance, _ingest_requests(found))
        return dg.SensorResult(
            run_requests=requests,
            cursor=found.cursor,
            skip_reason=None if requests else dg.SkipReason("; ".join(told) or found.in_words()),
        )

    return inbox


def _ingest_requests(found: Found) -> Iterator[dg.RunRequest]:
    """One run a theatre for all files that are ready; what they are and their times make its key, so that a file that
    is dropped again is taken again.
    """
    for theatre, files in found.by_theatre().items():
        names = ", ".join(Path(file.name).name for file in files)
        yield dg.RunRequest(
            run_key=f"{theatre} {digest([[file.name, file.stamp] for file in files])}",
            job_name=jobs.ingest_name(theatre),
            tags={tags.THEATRE: theatre, **tags.why(f"in the inbox: {names}")},
        )


def _pace(instance: dg.DagsterInstance, wanted: Iterable[dg.RunRequest]) -> tuple[list[dg.RunRequest], list[str]]:
    """Runs that are started now, those over what failed before after a pause; and what is told of the others."""
    now, told = [], []
    for request in wanted:
        state = str(request.run_key)
        attempt = next_attempt(instance, state)
        if attempt.key is None:
            told.append(attempt.told)
        else:
            now.append(request.with_replaced_attrs(run_key=attempt.key, tags={**request.tags, tags.STATE: state}))
    return now, list(dict.fromkeys(told))


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
        is_finished = True
        busy = {theatre.name for theatre in theatres if _is_busy(context.instance, theatre.name)}
        for theatre in theatres:
            if theatre.name in busy:
                told.append(f"{theatre.name}: a run is under way")
                is_finished = False
                continue
            launch = find_launch(pipeline, theatre, busy)
            started, waits = _pace(context.instance, _requests(theatre.name, launch))
            requests += started
            if launch.job is not None:
                busy.add(theatre.name)
            told.append("; ".join([f"{theatre.name}: {launch.told}", *waits]))
            is_finished = is_finished and launch.is_finished
        if is_finished:
            _clear_failure(context.instance, pipeline.settings, theatres)
        return dg.SensorResult(run_requests=requests, skip_reason=None if requests else dg.SkipReason("; ".join(told)))

    return touched_months


def _clear_failure(instance: dg.DagsterInstance, settings: Settings, theatres: list[Theatre]) -> None:
    """Once nothing is left to do, note a success where a run that began after the last failure ended well.

    A run that publishes notes it itself; one that only had to make again what came out as before does not.
    """
    status, release = read_status(settings), latest_id(settings)
    if status is None or status.outcome is not Outcome.FAILED or release is None:
        return
    wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=status.looked_at)
    since = status.looked_at.timestamp()
    if any(
        (record.start_time or 0) >= since and jobs.makes_data(record.dagster_run.job_name, theatres)
        for record in instance.get_run_records(wanted)
    ):
        note_success(settings, release, is_new=False)


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
    """Backfills from the UI have no tag, but name their assets; a publication without a tag is of all theatres."""
    named = tags.theatres(run.tags)
    is_of_all = not named and run.job_name == jobs.PUBLISH
    return is_of_all or theatre in named or any(key.path[0] == theatre for key in run.asset_selection or ())
