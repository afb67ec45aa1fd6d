"""The command that removes what nobody needs any more: `housekeeping`.

Belongs here: reading arguments and telling the outcome. Does not belong here: what is kept (``pipeline.housekeeping``).
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.console import out, progress
from pipeline.run_storage import require_run_storage
from pipeline.settings import Settings


def housekeeping(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")] = False,
) -> None:
    """Remove older releases, data files that no kept release needs, leftovers of ended runs, Dagster's old runs."""
    from assets.housekeeping import tidy_all  # noqa: PLC0415 - heavy, and only this command needs it
    from assets.runs import instance  # noqa: PLC0415 - as above

    settings = Settings()
    require_run_storage(settings)
    with instance(settings) as opened:
        done = tidy_all(settings, opened, is_dry=dry_run, on_progress=progress)
    size = sum(one.bytes for one in done) / 1024**2
    out.print(f"{'Would free' if dry_run else 'Freed'} {size:,.1f} MiB.", markup=False)
