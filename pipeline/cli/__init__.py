"""The command line: `isw-strikes`.

Belongs here: reading arguments, calling the pipeline, telling the outcome. Runs go through Dagster, so that its UI
lists them; that is the one place where this package reaches for ``assets``, and only when a run is asked for.
Does not belong here: anything that another front (Dagster, a notebook) would need too.

Each module holds the commands of one kind; ``console`` what they share.
"""

from __future__ import annotations

import os
import sys

import typer
from pydantic import ValidationError

from pipeline.cli import releases, source
from pipeline.cli.asking import doctor, explain, exports, status, trace, who
from pipeline.cli.console import err
from pipeline.cli.making import accept, backfill, fetch, ingest, migrate, run
from pipeline.cli.quarantine import quarantine
from pipeline.cli.query import query
from pipeline.cli.showing import serve, ui
from pipeline.cli.tidying import housekeeping
from pipeline.disk_errors import in_words
from pipeline.errors import UserError
from pipeline.settings import Settings, say_invalid

app = typer.Typer(
    name="isw-strikes",
    help="Whose ground was hit? Reported strike locations joined to who held the ground, from raw exports to a map.",
    epilog="The data folder is ./data, or $ISW_DATA. Start with `isw-strikes run`, then `isw-strikes serve`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# In the order in which help lists them: making, asking, showing.
MAKING = (run, ingest, fetch, accept, quarantine, backfill, migrate, housekeeping)
ASKING = (who, explain, trace, query)
for command in (*MAKING, *ASKING, serve, ui, exports, status, doctor):
    app.command()(command)
app.add_typer(releases.app, name="releases")
app.add_typer(source.app, name="source")


def main() -> None:
    """Run the command line; a user's mistake, also in a setting, and a full disk are told in words, without a stack
    trace.
    """
    status = _status()
    sys.stdout.flush()
    sys.stderr.flush()
    # Native libraries' threads can abort the process while Python takes itself apart ("terminate called without an
    # active exception"), after all work is done and written: so it does not take itself apart.
    os._exit(status)


def _status() -> int:
    try:
        app(standalone_mode=True)
    except UserError as error:
        err.print(f"isw-strikes: {error}", markup=False)
        return 2
    except ValidationError as error:
        invalid = say_invalid(error)
        if invalid is None:
            raise
        err.print(f"isw-strikes: {invalid}", markup=False)
        return 2
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        err.print("\nisw-strikes: stopped; what was finished stays, the next run goes on from there")
        return 130
    except Exception as error:
        said = in_words(error, Settings().root)
        if said is None:
            raise
        err.print(f"isw-strikes: {said}", markup=False)
        return 1
    return 0
