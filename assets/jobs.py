"""Jobs: what is started as one.

Belongs here: which assets a job holds. Two theatres have different months and never share a job.
Does not belong here: when a job starts (``schedules``, ``sensors``, ``runs``).

| job | assets | started by |
|---|---|---|
| ``<theatre>`` | everything of the theatre, its live sources first, and the release | a person, the schedule |
| ``<theatre>_ingest`` | from records to mapped strikes and control | the inbox sensor |
| ``<theatre>_months`` | strikes and attribution of a range of months | the sensor of touched months |
| ``<theatre>_publish`` | tables and the release | the sensor of touched months |
| ``publish`` | the release | a person, the command line |
| ``<theatre>_freshness`` | checks of how fresh regular sources are (``assets.freshness``) | a daily schedule |
| ``housekeeping`` | none (``assets.housekeeping``) | the weekly schedule, a person |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from assets import freshness, housekeeping, tags
from assets.release_assets import KEY as RELEASE
from assets.resources import Pipeline
from assets.theatre_assets import fetched_key
from pipeline.theatres import Theatre

if TYPE_CHECKING:
    # Dagster gives no public name to what define_asset_job returns.
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition as Job

PUBLISH = "publish"
TABLES = "tables"


def ingest_name(theatre: str) -> str:
    """Name of the job that takes files and maps them."""
    return f"{theatre}_ingest"


def months_name(theatre: str) -> str:
    """Name of the job over a range of months."""
    return f"{theatre}_months"


def publish_name(theatre: str) -> str:
    """Name of the job that makes a theatre's tables and the release."""
    return f"{theatre}_publish"


def makes_data(job: str, theatres: Iterable[Theatre]) -> bool:
    """Whether a job takes, makes or publishes anything, as those do not that check freshness or tidy up."""
    return job != housekeeping.NAME and job not in {freshness.job_name(theatre.name) for theatre in theatres}


def theatre_keys(theatre: str, pipeline: Pipeline) -> list[dg.AssetKey]:
    """Keys of all assets of a theatre that a run can make."""
    return [dg.AssetKey([theatre, name]) for name in ("records", *(step.name for step in pipeline.steps))]


def jobs(theatres: Iterable[Theatre], pipeline: Pipeline) -> list[Job]:
    """All jobs."""
    publish = dg.define_asset_job(
        PUBLISH, selection=[RELEASE], description="Publish a release of all theatres that hold anything."
    )
    return [publish, *(job for theatre in theatres for job in _theatre_jobs(theatre, pipeline))]


def _theatre_jobs(theatre: Theatre, pipeline: Pipeline) -> list[Job]:
    name = theatre.name
    fetched = fetched_key(theatre)
    months = [step.name for step in pipeline.steps if step.is_monthly]
    ingest = ["records", *(s.name for s in pipeline.steps if not s.is_monthly and s.name != TABLES)]
    return [
        _job(
            name,
            theatre,
            [*([fetched] if fetched else []), *theatre_keys(name, pipeline), RELEASE],
            f"{theatre.title}: everything, from live sources and the inbox to a release. Choose a range of months; "
            f"those that are fresh are skipped. The tag `{tags.FORCE}` = `true` makes them again, "
            f"`{tags.SHOWCASE}` = `true` takes the files that the project ships too.",
        ),
        _job(
            ingest_name(name),
            theatre,
            _keys(name, ingest),
            f"{theatre.title}: take the files of the inbox and map their records.",
        ),
        _job(
            months_name(name),
            theatre,
            _keys(name, months),
            f"{theatre.title}: strikes and who held the ground, for a range of months, in one run.",
        ),
        _job(
            publish_name(name),
            theatre,
            [*_keys(name, [TABLES]), RELEASE],
            f"{theatre.title}: tables and a release, from the months as they stand.",
        ),
    ]


def _keys(theatre: str, names: Sequence[str]) -> list[dg.AssetKey]:
    return [dg.AssetKey([theatre, name]) for name in names]


def _job(name: str, theatre: Theatre, keys: Sequence[dg.AssetKey], description: str) -> Job:
    return dg.define_asset_job(name, selection=list(keys), description=description, tags={tags.THEATRE: theatre.name})
