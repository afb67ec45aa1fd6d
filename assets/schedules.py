"""Schedules: each theatre once a day.

Belongs here: when a job starts by the clock. Does not belong here: what it does.

They are stopped until someone starts them: the sensors already run what new files touch.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from assets import tags
from pipeline.theatres import Theatre

DAILY = "0 4 * * *"


def schedules(theatres: Iterable[Theatre]) -> list[dg.ScheduleDefinition]:
    """One schedule a theatre."""
    return [_daily(theatre) for theatre in theatres]


def _daily(theatre: Theatre) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{theatre.name}_daily",
        job_name=theatre.name,
        cron_schedule=DAILY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"{theatre.title}: live sources, the inbox and all months, at 04:00 UTC, in one run; "
        "what is fresh is skipped.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        months = theatre.months()
        day = context.scheduled_execution_time.date()
        return dg.RunRequest(
            run_key=str(day),
            tags={**tags.month_range(months[0], months[-1]), **tags.why(f"daily schedule of {day}")},
        )

    return daily
