"""Alerts: sensors that tell of runs that failed, people the one, ``isw-strikes status`` the other.

Belongs here: which runs, and the words. Does not belong here: sending (``pipeline.alerts``).

That which tells people is off until the settings say whom. Both see runs of the UI, of schedules and sensors, and those
of the command line, as long as Dagster's daemon runs (``isw-strikes ui`` starts it).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg

from assets import jobs, tags
from assets.failures import say_failures
from assets.resources import Pipeline
from pipeline.alerts import Alert, is_configured, send
from pipeline.status import note_failure
from pipeline.theatres import Theatre

NAME = "failed_runs"
STATUS = "failures_in_status"


def failure_sensor(pipeline: Pipeline) -> dg.SensorDefinition:
    """The sensor of failed runs."""
    is_on = is_configured(pipeline.settings)

    def tell(context: dg.RunFailureSensorContext) -> None:
        send(pipeline.settings, describe(pipeline, context.dagster_run, _failures(context)))

    return dg.run_failure_sensor(
        name=NAME,
        default_status=dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED,
        description="Tells of each failed run by webhook or e-mail (ISW_ALERT_WEBHOOK, ISW_ALERT_EMAIL_TO).",
    )(tell)


def status_sensor(pipeline: Pipeline, theatres: Iterable[Theatre]) -> dg.SensorDefinition:
    """The sensor that notes failed runs of jobs that make data, for ``isw-strikes status``; a run that ended later is
    not overruled.
    """
    known = list(theatres)

    def note(context: dg.RunFailureSensorContext) -> None:
        if not jobs.makes_data(context.dagster_run.job_name, known):
            return
        ended = context.instance.get_run_stats(context.dagster_run.run_id).end_time
        moment = datetime.fromtimestamp(ended, UTC).replace(microsecond=0) if ended else None
        note_failure(pipeline.settings, "; ".join(_failures(context)), moment)

    return dg.run_failure_sensor(
        name=STATUS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Notes each failed run that should have made or published data, for `isw-strikes status`.",
    )(note)


def _failures(context: dg.RunFailureSensorContext) -> list[str]:
    logs = context.instance.all_logs(context.dagster_run.run_id)
    events = [entry.dagster_event for entry in logs if entry.dagster_event is not None]
    return say_failures(events) or [context.failure_event.message or ""]


def describe(pipeline: Pipeline, run: dg.DagsterRun, failures: list[str]) -> Alert:
    """What people are told of a failed run."""
    theatre = run.tags.get(tags.THEATRE) or "all theatres"
    months = [run.tags[name] for name in (tags.RANGE_START, tags.RANGE_END) if name in run.tags]
    facts = {
        "theatre": theatre,
        "job": run.job_name,
        "run": run.run_id,
        "why": run.tags.get(tags.WHY) or tags.BY_HAND,
        "failed": "\n".join(failures),
    }
    address = pipeline.settings.dagster_address.rstrip("/")
    again = "isw-strikes run" + (f" --theatre {theatre}" if tags.THEATRE in run.tags and "," not in theatre else "")
    text = [
        f"Theatre: {theatre}" + (f", months {' to '.join(months)}" if months else ""),
        f"Job: {run.job_name}",
        f"Run: {run.run_id} ({address}/runs/{run.run_id})",
        f"Why it ran: {facts['why']}",
        *(f"What failed: {failure}" for failure in failures),
        "What to do: put right what the line above names; then re-execute the run from the failure in the UI, or run "
        f"`{again}`. What was finished stays, and the release before stays in force.",
    ]
    return Alert(f"isw-strikes: {run.job_name} failed ({theatre})", "\n".join(text), facts)
