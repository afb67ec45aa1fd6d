"""Lost runs: runs whose process was killed, and which nobody else will ever end.

Belongs here: noting in a run which process does it, and why where nobody has, and closing the runs whose process is
gone. Does not belong here: runs of other machines, of which Dagster's daemon alone judges (``run_monitoring`` in
``dagster.yaml``).

Dagster's default launcher cannot tell whether the process of a run still lives. A run that was killed with its daemon,
or by a reboot, would stay under way for good, and with it what it holds in a pool.
"""

from __future__ import annotations

import os
import socket

import dagster as dg

from assets import tags
from assets.resources import Pipeline
from pipeline.processes import began, is_alive

UNDER_WAY = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]


def noting(pipeline: Pipeline) -> dg.ResourceDefinition:
    """The pipeline as a resource. Dagster makes it in the run's own process, before any step asks for its pool."""

    def hand(context: dg.InitResourceContext) -> Pipeline:
        if context.instance is not None and context.run is not None:
            run_id = context.run.run_id
            context.instance.add_run_tags(run_id, {**tags.why_by_hand(context.run.tags), **process_tag(run_id)})
        return pipeline

    return dg.ResourceDefinition(hand, description="Settings and parts of the pipeline.")


def process_tag(run_id: str, process: int | None = None) -> dict[str, str]:
    """Tag that says which process does a run; this one where None.

    It names the run too, because the UI copies the tags of a run that it executes again.
    """
    number = os.getpid() if process is None else process
    return {tags.PROCESS: f"{socket.gethostname()}:{number}:{began(str(number))}:{run_id}"}


def close_lost(instance: dg.DagsterInstance) -> None:
    """Mark runs as failed whose process was killed on this machine, and give back what they held in a pool."""
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY)):
        run = record.dagster_run
        # Read again, as it may have ended between the first look at it and the look at its process.
        if _is_lost(run) and (now := instance.get_run_by_id(run.run_id)) and now.status in UNDER_WAY:
            instance.report_run_failed(now, "The process that ran this was ended; run it again.")
            # Dagster's daemon would do that too, but the command line runs without one.
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _is_lost(run: dg.DagsterRun) -> bool:
    host, process, when, run_id = (*run.tags.get(tags.PROCESS, "").split(":"), "", "", "", "")[:4]
    is_ours = host == socket.gethostname() and run_id == run.run_id
    # After a reboot another process may have the number.
    return is_ours and not (is_alive(process) and began(process) == when)
