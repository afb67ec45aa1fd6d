"""What the commands share: where they write, options that several have, texts that become days and moments.

Belongs here: reading and telling. Does not belong here: any command.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.console import Console

from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.theatres import theatre_files, theatres

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

TheatreName = Annotated[str, typer.Option("--theatre", help=f"One of: {', '.join(theatre_files())}.")]
OptionalTheatre = Annotated[str | None, typer.Option("--theatre", help="Only this theatre; all where not given.")]
Force = Annotated[bool, typer.Option("--force", help="Do what is fresh again too.")]


def progress(line: str) -> None:
    """Tell a line of progress."""
    out.print(f"  {line}", markup=False)


def tell_inbox(settings: Settings) -> None:
    """Tell how many files stay in the inbox: what was not taken stands in no table."""
    from pipeline.inbox import list_inbox  # noqa: PLC0415 - heavy, and few commands need it

    count = len(list_inbox(settings))
    if count:
        err.print(f"! {count:,} in the inbox, not taken: `isw-strikes run --dry-run` says why, `run` tries again")


def read_day(text: str, option: str) -> date:
    """A day written YYYY-MM-DD.

    Raises:
        UserError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is no day: write YYYY-MM-DD") from None


def read_moment(text: str, option: str) -> datetime:
    """A moment in ISO 8601, in UTC, which it also is in where it names no zone.

    Raises:
        UserError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter of what is before year 1 or after 9999 in UTC
        raise UserError(f"{option} {text!r} is no time: write 2026-01-31T12:00:00Z") from None


def theatre_names(name: str | None) -> list[str]:
    """The theatre that was named, or all where none was.

    Raises:
        UserError: there is none of that name.
    """
    if name is not None and name not in theatre_files():
        raise UserError(f"there is no theatre {name!r}: choose one of {', '.join(theatre_files())}")
    return [name] if name else list(theatre_files())


def require_source(theatre_names: Sequence[str], name: str | None) -> None:
    """That a source which was named is one of these theatres'.

    Raises:
        UserError: none of them has it.
    """
    known = list(dict.fromkeys(source for theatre in theatre_names for source in theatres()[theatre].sources))
    if name is not None and name not in known:
        told = f"choose one of {', '.join(known)}"
        raise UserError(f"there is no source {name!r} in {', '.join(theatre_names)}: {told}")
