"""Freshness checks: one for each source that should bring something regularly, on the theatre's exports.

Belongs here: telling Dagster how fresh a source is, by the day. Does not belong here: what fresh means
(``pipeline.freshness``).

They are checks and no freshness policies of Dagster's: those go by when an asset was last materialised, and a backfill
materialises everything though it receives nothing. Here only a receipt makes a source fresh.
"""

# Annotations stay objects here: Dagster refuses a check whose context is annotated with text.

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from assets import tags
from assets.resources import Pipeline
from pipeline.freshness import Freshness, find_freshness, regular_sources
from pipeline.theatres import Theatre

if TYPE_CHECKING:
    # Dagster gives no public name to what define_asset_job returns.
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition as Job

DAILY = "0 6 * * *"


def job_name(theatre: str) -> str:
    """Name of the job that checks a theatre's sources."""
    return f"{theatre}_freshness"


def freshness_checks(theatre: Theatre) -> list[dg.AssetChecksDefinition]:
    """The checks of a theatre; none where no source says how often it should bring something."""
    regular = regular_sources(theatre)
    if not regular:
        return []
    specs = [
        dg.AssetCheckSpec(
            f"fresh_{source.name}",
            asset=dg.AssetKey([theatre.name, "exports"]),
            description=f"Something of {source.title} was received recently enough. A run that receives nothing does "
            "not turn it green.",
        )
        for source in regular
    ]

    @dg.multi_asset_check(name=f"{theatre.name}_newest_receipts", specs=specs)
    def freshness(pipeline: dg.ResourceParam[Pipeline]) -> Iterator[dg.AssetCheckResult]:
        for found in find_freshness(pipeline.settings, theatre, datetime.now(UTC)):
            yield _result(theatre, found)

    return [freshness]


def _result(theatre: Theatre, found: Freshness) -> dg.AssetCheckResult:
    plotted = {} if found.age_days is None else {"age, days": found.age_days}
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey([theatre.name, "exports"]),
        check_name=f"fresh_{found.source}",
        passed=found.is_fresh,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={**plotted, "expected every, days": found.expected.total_seconds() / 86_400},
        description=found.in_words(),
    )


def freshness_jobs(theatres: Iterable[Theatre]) -> list["Job"]:
    """A job for each theatre that has such checks."""
    return [
        dg.define_asset_job(
            job_name(theatre.name),
            selection=dg.AssetSelection.checks(*checks),
            description=f"{theatre.title}: how long ago anything was received of each regular source.",
            tags={tags.THEATRE: theatre.name},
        )
        for theatre in theatres
        if (checks := freshness_checks(theatre))
    ]


def freshness_schedules(theatres: Iterable[Theatre]) -> list[dg.ScheduleDefinition]:
    """Once a day, on from the start: a theatre's file that says ``expected_every`` asks for it."""
    return [
        dg.ScheduleDefinition(
            name=f"{job_name(theatre.name)}_daily",
            job_name=job_name(theatre.name),
            cron_schedule=DAILY,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            tags=tags.why("daily look at what was received"),
            description=f"{theatre.title}: freshness of its sources, at 06:00 UTC.",
        )
        for theatre in theatres
        if regular_sources(theatre)
    ]
