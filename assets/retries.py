"""Retries: how what failed is tried again.

Belongs here: the pauses, within a run and between runs. Does not belong here: what is tried (assets, ``sensors``), and
the clients of servers and stores, which ask again by themselves before anything fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from assets import tags
from pipeline.settings import Settings

# Of a step that reaches over the network. What is told to a person (a failure in words) is not tried again.
NETWORK = dg.RetryPolicy(max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL)
# After so many failed runs over the same state, a sensor waits so long before the next; after the last it starts none.
PAUSES = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16))


@dataclass(frozen=True)
class Attempt:
    """Whether a sensor starts a run now: the key to start it under, or None; ``told`` says of failures before."""

    key: str | None
    told: str = ""


def over_store(settings: Settings) -> dg.RetryPolicy | None:
    """How a step over the lake is tried again: only where the lake is in a store."""
    return NETWORK if settings.store else None


def next_attempt(instance: dg.DagsterInstance, state: str) -> Attempt:
    """Whether a run over a state is started: at once where none failed, later where some did, and never in the end.

    Dagster starts a key but once, so that the runs of several ticks are one; a run after a failure has another key.

    Args:
        instance: where the runs are.
        state: the same for the same thing to do; runs carry it as a tag.
    """
    wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], tags={tags.STATE: state})
    failed = instance.get_run_records(wanted)
    if not failed:
        return Attempt(state)
    count = len(failed)
    if count > len(PAUSES):
        return Attempt(None, f"failed {count} times: left to a person")
    last = max(record.end_time or record.update_timestamp.timestamp() for record in failed)
    due = datetime.fromtimestamp(last, UTC) + PAUSES[count - 1]
    times = f"failed {count} times" if count > 1 else "failed"
    if datetime.now(UTC) < due:
        return Attempt(None, f"{times}: tried again from {due:%Y-%m-%d %H:%M} UTC")
    return Attempt(f"{state} after {count}", f"{times} before")
