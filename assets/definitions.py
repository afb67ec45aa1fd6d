"""Definitions: everything that Dagster loads, from the theatres and the pipeline's steps.

Belongs here: putting the parts together. Does not belong here: any part. Tests and the command line call
``definitions`` with parts of their own; ``workspace.yaml`` and ``dg`` load ``defs``.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from assets.alerts import failure_sensor, status_sensor
from assets.fetched_assets import fetched_assets
from assets.freshness import freshness_checks, freshness_jobs, freshness_schedules
from assets.housekeeping import housekeeping_job, housekeeping_schedule
from assets.jobs import jobs
from assets.lost_runs import noting
from assets.release_assets import release_asset
from assets.resources import Pipeline
from assets.retries import over_store
from assets.schedules import schedules
from assets.sensors import sensors
from assets.theatre_assets import theatre_assets
from pipeline.theatres import Theatre
from pipeline.theatres import theatres as all_theatres


def definitions(pipeline: Pipeline | None = None, theatres: Mapping[str, Theatre] | None = None) -> dg.Definitions:
    """Assets, checks, jobs, schedules and sensors over one data folder.

    Args:
        pipeline: settings and parts; those of the environment where None.
        theatres: theatres; all that the project ships where None.
    """
    pipeline = pipeline or Pipeline()
    known = list((all_theatres() if theatres is None else theatres).values())
    known_jobs = jobs(known, pipeline)
    own = [asset for theatre in known for asset in (*fetched_assets(theatre), *theatre_assets(theatre, pipeline))]
    return dg.Definitions(
        assets=[*own, release_asset(known, over_store(pipeline.settings))],
        asset_checks=[check for theatre in known for check in freshness_checks(theatre)],
        jobs=[*known_jobs, *freshness_jobs(known), housekeeping_job()],
        schedules=[*schedules(known), *freshness_schedules(known), housekeeping_schedule()],
        sensors=[*sensors(known, pipeline, known_jobs), failure_sensor(pipeline), status_sensor(pipeline, known)],
        resources={"pipeline": noting(pipeline)},
        # A run's steps share one process: they share an engine, and none of them gains from a process of its own.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    return definitions()
