"""Runs: jobs started by the command line, in its own process, over the data folder's Dagster instance.

Belongs here: opening the instance, starting a job, telling what came of it. Does not belong here: which jobs there are
(``jobs``), what to run (``pipeline.running``).

In process, because starting Dagster's code server takes longer than most runs. The UI lists such a run with the others
and can execute it again, because the run carries the origin that the UI would have given it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._utils.interrupts import raise_interrupts_as

from assets import jobs, tags
from assets.definitions import definitions
from assets.failures import say_failures
from assets.lost_runs import close_lost
from assets.resources import Pipeline
from pipeline.settings import Settings
from pipeline.theatres import theatres

if TYPE_CHECKING:
    from dagster._core.remote_origin import RemoteJobOrigin

PROJECT = Path(__file__).parent.parent
WORKSPACE = PROJECT / "workspace.yaml"
INSTANCE_SETTINGS = Path(__file__).parent / "dagster.yaml"
# The run's own log keeps everything; the console only what nothing else tells.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
LOOK_EVERY_S = 1


@dataclass(frozen=True)
class RunOutcome:
    """What came of a run; ``failures`` says in words what failed."""

    success: bool
    run_id: str
    failures: list[str] = field(default_factory=list)


def environment(settings: Settings) -> dict[str, str]:
    """Environment variables of every Dagster process over a data folder; makes Dagster's folder where it is missing."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    own = home / INSTANCE_SETTINGS.name
    if not own.exists():
        own.write_bytes(INSTANCE_SETTINGS.read_bytes())
    return {
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "ISW_DATA": str(settings.root),
    }


@contextmanager
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a data folder. Runs whose process was killed are closed first."""
    os.environ.update(environment(settings))
    with dg.DagsterInstance.get() as opened:
        close_lost(opened)
        yield opened


def run_theatre(
    settings: Settings,
    theatre_name: str,
    months: tuple[str, str] | None = None,
    force: bool = False,
    run_tags: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
    showcase: bool = False,
    publish: bool = False,
) -> RunOutcome:
    """Run a theatre's job.

    Args:
        settings: settings of the data folder.
        theatre_name: the theatre.
        months: first and last month (YYYY-MM, inclusive); all where None.
        force: make what is fresh again too.
        run_tags: further tags of the run.
        on_progress: told a line when a part is done.
        showcase: take the files that the project ships, if they were not.
        publish: publish a release in the same run.
    """
    own = theatres()[theatre_name].months()
    first, last = months or (own[0], own[-1])
    wanted = {
        **tags.month_range(first, last),
        **tags.why("command line"),
        **({tags.FORCE: "true"} if force else {}),
        **({tags.SHOWCASE: "true"} if showcase else {}),
        **(run_tags or {}),
    }
    pipeline = Pipeline(settings, on_progress=on_progress)
    selected = None if publish else jobs.theatre_keys(theatre_name, pipeline)
    return run_job(pipeline, theatre_name, wanted, selected)


def run_pieces(
    settings: Settings,
    theatre_name: str,
    pieces: Sequence[tuple[str, str]] | None,
    force: bool,
    on_progress: Callable[[str], None],
) -> Iterator[RunOutcome]:
    """Run a theatre's job over one span of months; over several, one after another, each as a run of its own.

    Of several, the records are mapped first, in one run, and the tables made last, in another. After a run that failed
    nothing more is started; asked again, what was made is fresh.

    Args:
        settings: settings of the data folder.
        theatre_name: the theatre.
        pieces: first and last month of each run; all months in one where None.
        force: make what is fresh again too.
        on_progress: told a line when a part is done.
    """
    if pieces is None or len(pieces) == 1:
        yield run_theatre(settings, theatre_name, pieces[0] if pieces else None, force, on_progress=on_progress)
        return
    pipeline = Pipeline(settings, on_progress=on_progress)
    tables = [dg.AssetKey([theatre_name, jobs.TABLES])]
    runs: list[tuple[str, dict[str, str], list[dg.AssetKey] | None]] = [
        (jobs.ingest_name(theatre_name), {}, None),
        *((jobs.months_name(theatre_name), tags.month_range(*piece), None) for piece in pieces),
        (jobs.publish_name(theatre_name), {}, tables),
    ]
    for place, (job, months, selected) in enumerate(runs, 1):
        why = tags.why(f"command line: backfill of {pieces[0][0]} to {pieces[-1][1]}, run {place} of {len(runs)}")
        forced = {tags.FORCE: "true"} if force else {}
        ran = run_job(pipeline, job, {**months, **why, **forced}, selected)
        yield ran
        if not ran.success:
            return


def run_release(
    settings: Settings,
    theatre_names: Sequence[str] = (),
    run_tags: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> RunOutcome:
    """Run the job that publishes a release.

    Args:
        settings: settings of the data folder.
        theatre_names: theatres that must be fresh; all that hold anything where empty.
        run_tags: further tags of the run.
        on_progress: told a line at each stage.
    """
    named = {tags.THEATRE: ",".join(theatre_names)} if theatre_names else {}
    wanted = {**tags.why("command line"), **named, **(run_tags or {})}
    return run_job(Pipeline(settings, on_progress=on_progress), jobs.PUBLISH, wanted)


def run_job(
    pipeline: Pipeline, name: str, run_tags: Mapping[str, str], selected: Sequence[dg.AssetKey] | None = None
) -> RunOutcome:
    """Run a job in this process.

    Args:
        pipeline: the pipeline.
        name: the job.
        run_tags: tags of the run.
        selected: assets of the job that are wanted; all where None.
    """
    job = definitions(pipeline).resolve_job_def(name)
    with instance(pipeline.settings) as opened:
        _give_origin(opened, name)
        chosen = job.get_subset(asset_selection=set(selected)) if selected else job
        _wait_for_turn(opened, chosen.graph.pools, pipeline.on_progress)
        result = job.execute_in_process(
            instance=opened,
            run_config=QUIET,
            tags=dict(run_tags),
            asset_selection=list(selected) if selected else None,
            raise_on_error=False,
        )
    return RunOutcome(result.success, result.run_id, say_failures(result.all_events))


def _wait_for_turn(opened: dg.DagsterInstance, pools: Iterable[str], tell: Callable[[str], None]) -> None:
    """Wait until no other run has, or asked before for, what a job needs for itself, and say for which run.

    Dagster waits too, but without a word, without sleep and deaf to who wants to stop it. It does so only where another
    run comes between this and the job.
    """
    told: set[tuple[str, str]] = set()
    with raise_interrupts_as(KeyboardInterrupt):
        while ahead := [(pool, run_id) for pool in sorted(pools) for run_id in _runs_ahead(opened, pool)]:
            for pool, run_id in ahead:
                if (pool, run_id) not in told:
                    tell(_say_waiting(opened, pool, run_id))
            told.update(ahead)
            time.sleep(LOOK_EVERY_S)
            close_lost(opened)


def _runs_ahead(opened: dg.DagsterInstance, pool: str) -> list[str]:
    info = opened.event_log_storage.get_concurrency_info(pool)
    asked = {run_id for run_id in info.pending_run_ids | info.assigned_run_ids if _is_under_way(opened, run_id)}
    return sorted(info.active_run_ids | asked)


def _is_under_way(opened: dg.DagsterInstance, run_id: str) -> bool:
    run = opened.get_run_by_id(run_id)
    return run is not None and not run.is_finished


def _say_waiting(opened: dg.DagsterInstance, pool: str, run_id: str) -> str:
    run = opened.get_run_by_id(run_id)
    who = f"{run.job_name}, {run.tags.get(tags.WHY, tags.BY_HAND)}" if run else "deleted"
    return f"waiting for Dagster run {run_id} ({who}): it has or awaits `{pool}`, which one run has at a time"


def _give_origin(opened: dg.DagsterInstance, job_name: str) -> None:
    """Let the run say which code location it is of.

    Dagster leaves that out of in-process runs, and its UI then cannot execute them again. There is no public way to add
    it, so this hands the origin that ``workspace.yaml`` gives to the call that creates the run.
    """
    create: Any = opened.create_run_for_job
    opened.create_run_for_job = partial(create, remote_job_origin=_origin(job_name))  # type: ignore[method-assign]


@cache
def _origin(job_name: str) -> RemoteJobOrigin:
    from dagster._core.remote_origin import RemoteRepositoryOrigin  # noqa: PLC0415 - see _give_origin
    from dagster._core.workspace.load import location_origins_from_yaml_paths  # noqa: PLC0415 - as above

    location = location_origins_from_yaml_paths([str(WORKSPACE)])[0]
    return RemoteRepositoryOrigin(location, "__repository__").get_job_origin(job_name)
