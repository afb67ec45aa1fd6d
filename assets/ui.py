"""The Dagster UI over a data folder's own instance.

Belongs here: becoming the process that serves it. Does not belong here: anything that the UI shows.
"""

from __future__ import annotations

import os
import signal
import sys

from assets.runs import PROJECT, WORKSPACE, instance
from pipeline.listening import bind
from pipeline.settings import Settings


def serve_ui(settings: Settings, host: str = "127.0.0.1", port: int = 3000) -> None:
    """Serve the UI, with its daemon for schedules, sensors and backfills. This process becomes that server.

    Args:
        settings: settings of the data folder.
        host: address to listen on.
        port: port to listen on.

    Raises:
        UserError: the address cannot be listened on.
    """
    bind(host, port).close()
    print(f"Dagster UI: http://{host}:{port} (Ctrl-C ends it)", flush=True)
    with instance(settings):  # sets the environment, and closes runs that died with the last UI
        pass
    os.chdir(PROJECT)
    dev = ["dagster", "dev", "-w", str(WORKSPACE), "-h", host, "-p", str(port), "--log-level", "warning"]
    # A shell starts background jobs with this signal ignored; Dagster ends its own processes by it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-W", "ignore", "-m", *dev])  # noqa: S606 - no shell is wanted
