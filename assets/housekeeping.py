"""Housekeeping: the job, its schedule, and Dagster's own runs.

Belongs here: deleting runs that are older than the setting, with their events and logs, and asking the pipeline for the
rest. Does not belong here: what the pipeline keeps (``pipeline.housekeeping``), ticks of schedules and sensors (Dagster
drops those by ``retention`` in ``dagster.yaml``).

A run's events are also what Dagster knows of the assets: with the run that made a month last, the month would look as
if it had never been made. Such a run is kept, however old it is.
"""

# Annotations stay objects here: Dagster refuses an op whose context is annotated with text.

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from assets import tags
from assets.resources import Pipeline
from pipeline.settings import Settings
from pipeline.space import size_of

if TYPE_CHECKING:
    from pipeline.housekeeping import Tidied

NAME = "housekeeping"
WEEKLY = "0 5 * * 0"
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
MADE = dg.DagsterEventType.ASSET_MATERIALIZATION
BATCH = 500


def tidy_all(
    settings: Settings,
    instance: dg.DagsterInstance,
    is_dry: bool = False,
    on_progress: Callable[[str], None] = lambda _: None,
) -> "list[Tidied]":
    """Remove what nobody needs any more, Dagster's runs included; see ``pipeline.housekeeping.tidy``."""
    from pipeline.housekeeping import tidy  # noqa: PLC0415 - releases' code loads where it is used

    done = tidy(settings, is_dry, on_progress)
    done.append(tidy_runs(settings, instance, is_dry))
    on_progress(done[-1].in_words())
    return done


def tidy_runs(settings: Settings, instance: dg.DagsterInstance, is_dry: bool = False) -> "Tidied":
    """Delete runs that ended longer ago than the setting, but those that made something last."""
    from pipeline.housekeeping import Tidied, remove  # noqa: PLC0415 - as above

    before = datetime.now(UTC) - timedelta(days=settings.keep_runs_days)
    old = instance.get_run_records(dg.RunsFilter(statuses=ENDED, created_before=before))
    needed = _last_makers(instance) if old else set()
    unneeded = [record.dagster_run.run_id for record in old if record.dagster_run.run_id not in needed]
    size = 0
    for run_id in unneeded:
        # SQLite keeps a file for each run, and leaves it when the run is deleted.
        own = [settings.dagster_home / "storage" / run_id, *settings.dagster_home.glob(f"history/runs/{run_id}.db*")]
        size += sum(size_of(path) for path in own if path.exists())
        if not is_dry:
            instance.delete_run(run_id)
            for path in own:
                remove(path)
    kept = len(old) - len(unneeded)
    remark = f"ISW_KEEP_RUNS_DAYS keeps {settings.keep_runs_days} days; {kept:,} older ones made what is there now"
    return Tidied("Dagster runs", len(unneeded), size, remark)


def _last_makers(instance: dg.DagsterInstance) -> set[str]:
    """Runs that made an asset, or a partition of one, last."""
    return {run_id for key in instance.get_asset_keys() for run_id in _makers_of(instance, key)}


def _makers_of(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[str]:
    event = instance.get_latest_materialization_event(key)
    if event is not None:
        yield event.run_id
    ids = sorted(instance.get_latest_storage_id_by_partition(key, MADE).values())
    for start in range(0, len(ids), BATCH):
        wanted = dg.AssetRecordsFilter(key, storage_ids=ids[start : start + BATCH])
        yield from (record.run_id for record in instance.fetch_materializations(wanted, limit=BATCH).records)


def housekeeping_job() -> dg.JobDefinition:
    """The job."""

    @dg.op(description="Removes older releases, unneeded data files, leftovers of ended runs, and Dagster's old runs.")
    def tidy_up(context: dg.OpExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
        done = tidy_all(pipeline.settings, context.instance, on_progress=context.log.info)
        counts = {one.what: one.count for one in done}
        context.add_output_metadata({**counts, "freed bytes": sum(one.bytes for one in done)})

    @dg.job(
        name=NAME,
        executor_def=dg.in_process_executor,
        description="Removes what nobody needs any more. A version of a table that a kept release pins stays.",
    )
    def housekeeping() -> None:
        tidy_up()

    return housekeeping


def housekeeping_schedule() -> dg.ScheduleDefinition:
    """Once a week; stopped until someone starts it, like the others."""
    return dg.ScheduleDefinition(
        name=f"{NAME}_weekly",
        job_name=NAME,
        cron_schedule=WEEKLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        tags=tags.why("weekly schedule"),
        description="Housekeeping, Sundays at 05:00 UTC.",
    )
