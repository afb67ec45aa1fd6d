"""Failures: what failed in a run, in words.

Belongs here: reading a run's events. Does not belong here: who is told (``runs``, ``alerts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dagster as dg

from pipeline.disk_errors import text_in_words
from pipeline.settings import Settings

INTERRUPTED = "DagsterExecutionInterruptedError"


def say_failures(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """A line for each step that failed, or for the run where none did; empty where nothing failed.

    A line holds what the step said, else the check that blocked it, else its error's first line.
    """
    found = list(events)
    checks = {
        check.asset_key: check
        for event in found
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
        and _is_bad(check := event.asset_check_evaluation_data)
    }
    steps = [event for event in found if event.event_type is dg.DagsterEventType.STEP_FAILURE]
    runs = [event for event in found if event.event_type is dg.DagsterEventType.RUN_FAILURE]
    return [_say(event, checks) for event in steps or runs]


def _is_bad(check: dg.AssetCheckEvaluation) -> bool:
    return not check.passed and check.severity is dg.AssetCheckSeverity.ERROR


def _say(event: dg.DagsterEvent, checks: Mapping[dg.AssetKey, dg.AssetCheckEvaluation]) -> str:
    if not event.is_step_failure:
        return event.message or "the run failed"
    data = event.step_failure_data
    said = data.user_failure_data
    name = str(event.step_key).replace("__", " ")
    if said is not None and said.description:
        return f"{name}: {said.description}"
    key = dg.AssetKey(str(event.step_key).split("__"))
    if key in checks:
        return f"{name}: {checks[key].check_name}: {checks[key].description}"
    cause = data.error
    while cause is not None and cause.cause is not None:
        cause = cause.cause
    if cause is not None and cause.cls_name == INTERRUPTED:
        return f"{name}: stopped; what was finished stays, run again to go on"
    message = cause.message.strip().splitlines()[0] if cause else "failed"
    return f"{name}: {text_in_words(message, Settings().root) or message}"
