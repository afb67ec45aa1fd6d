"""Spreading: the heavy pieces of a run over the workers of a Dask cluster, where one is configured (``ISW_DASK``).

Belongs here: handing pieces to workers and waiting for them. Dask places them, and gives those of a worker that died to
another. Does not belong here: what a piece is (``work``, ``intake``, ``publication``).

A worker takes its settings from its own environment and must see the same store. A piece is a function of what it
reads, so it does not matter where or how often it is done. Before it is done the worker shows that it has the same code
and theatre; a cluster of mixed versions would otherwise make a release that nobody could make again.
"""

from __future__ import annotations

import atexit
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

from pipeline.base_map import theatre_config
from pipeline.errors import UserError
from pipeline.ledger import code_digest, digest
from pipeline.settings import Settings
from pipeline.theatres import Theatre, theatres

# Times that a piece is tried again where it failed by something other than a worker's death, which Dask counts itself.
RETRIES = 2
CONNECT_SECONDS = 30
# The same where somebody only asks whether there is one.
TRY_SECONDS = 5
# How often it is looked whether there still are workers, and how long a run waits for the first of new ones.
ROUND_SECONDS = 5.0
ALONE_SECONDS = 300.0
# So that a worker that is done early finds more to do.
PIECES_PER_THREAD = 2
# What Dask calls a client whose line to the scheduler is open.
RUNNING = "running"

T = TypeVar("T")


def spread(settings: Settings, function: Callable[..., T], pieces: Sequence[tuple[Theatre, Any]]) -> list[T]:
    """Do pieces on the workers.

    Args:
        settings: names the cluster.
        function: called with the worker's settings, the theatre, and what a piece is besides; found by its name in a
            module.
        pieces: a theatre and what else the function is called with.

    Returns:
        What came of each, in their order.

    Raises:
        UserError: there is no cluster or no worker, or none any more; a worker has other code; every worker that tried
            a piece died.
    """
    from distributed import client as dask  # noqa: PLC0415 - an optional package
    from distributed.comm.core import CommClosedError  # noqa: PLC0415 - as above
    from distributed.scheduler import KilledWorker  # noqa: PLC0415 - as above

    lost = (CommClosedError, dask.ClosedClientError, dask.FutureCancelledError, dask.FuturesCancelledError)
    client = _client(settings.dask)
    known = {theatre.name: fingerprint(theatre) for theatre, _ in pieces}
    given = [(function, theatre.name, known[theatre.name], piece) for theatre, piece in pieces]
    futures = client.map(_do, given, pure=False, retries=RETRIES)
    try:
        _wait(client, futures)
        return list(client.gather(futures))
    except KilledWorker as error:
        raise UserError(
            f"{error}: each worker that tried this died, most likely for want of memory. Give the workers more, or "
            "start more of them with one thread each; then run again: what was finished stays."
        ) from None
    except UserError:
        raise
    except Exception as error:
        # In the middle of losing the line, the client may raise anything.
        if client.status == RUNNING and not isinstance(error, lost):
            raise
        _client.cache_clear()
        raise UserError(
            f"the Dask scheduler at ISW_DASK={settings.dask} was lost ({type(error).__name__}): start it, or unset "
            "ISW_DASK to work on this machine alone; then run again: what was finished stays"
        ) from None
    finally:
        if client.status == RUNNING:
            with suppress(*lost):
                client.cancel(futures)


def _wait(client: Any, futures: Sequence[Any]) -> None:
    """Wait until every piece is done or one failed.

    Raises:
        UserError: there was no worker for so long that nobody is starting one.
    """
    from distributed import wait  # noqa: PLC0415 - an optional package

    seen = time.monotonic()
    while not any(future.status == "error" for future in futures):
        try:
            with client.as_current():
                wait(futures, timeout=ROUND_SECONDS)
            return
        except TimeoutError:
            now = time.monotonic()
            seen = now if client.ncores() else seen
        if now - seen > ALONE_SECONDS:
            raise UserError(
                f"the Dask cluster at {client.scheduler.address} has had no worker for {ALONE_SECONDS:.0f} seconds: "
                "start some; then run again: what was finished stays"
            )


def cut(settings: Settings, parts: Mapping[str, T]) -> list[dict[str, T]]:
    """Parts in pieces of neighbours, a few for each thread of the cluster."""
    wanted = PIECES_PER_THREAD * sum(_client(settings.dask).ncores().values())
    size = -(-len(parts) // max(1, wanted))
    items = list(parts.items())
    return [dict(items[start : start + size]) for start in range(0, len(items), size)]


def fingerprint(theatre: Theatre) -> str:
    """Digest of all that a piece is made with besides its data: code, libraries, the theatre and its base map."""
    return digest([code_digest("."), theatre_config(theatre)])


def _do(given: tuple[Callable[..., T], str, str, Any]) -> T:
    """Do one piece, on a worker."""
    function, name, expected, piece = given
    theatre = theatres().get(name)
    if theatre is None or fingerprint(theatre) != expected:
        raise UserError(
            f"the Dask worker on {socket.gethostname()} has other code, other libraries or another file of theatre "
            f"{name} than the machine that started the run: install the same on both"
        )
    return function(Settings(), theatre, piece)


def find_fault(settings: Settings) -> str | None:
    """Why the cluster cannot be used, in words; None where it can."""
    try:
        _client(settings.dask, TRY_SECONDS)
    except UserError as error:
        return str(error)
    return None


@cache
def _client(address: str, seconds: float | None = None) -> Any:
    try:
        from distributed import Client  # noqa: PLC0415 - an optional package
    except ImportError:
        raise UserError(f"ISW_DASK={address} needs the package distributed: run `make install-cluster`") from None
    try:
        client = Client(address, timeout=seconds or CONNECT_SECONDS, set_as_default=False)
        atexit.register(client.close)
        client.wait_for_workers(1, timeout=seconds or CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        raise UserError(
            f"there is no Dask scheduler with a worker at ISW_DASK={address} ({error.__class__.__name__}): start them, "
            "or unset ISW_DASK to work on this machine alone"
        ) from None
    return client
