"""The Dagster UI over a data folder's own instance.

Belongs here: becoming the process that serves it. Does not belong here: anything that the UI shows.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

from assets.runs import PROJECT, WORKSPACE, instance
from pipeline.errors import UserError
from pipeline.settings import Settings


def serve_ui(settings: Settings, host: str = "127.0.0.1", port: int = 3000) -> None:
    """Serve the UI, with its daemon for schedules, sensors and backfills. This process becomes that server.

    Args:
        settings: settings of the data folder.
        host: address to listen on.
        port: port to listen on.

    Raises:
        UserError: something else listens there.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(f"cannot listen on {host}:{port} ({error.strerror}): choose another with --port") from None
    print(f"Dagster UI: http://{host}:{port} (Ctrl-C ends it)", flush=True)
    with instance(settings):  # sets the environment, and closes runs that died with the last UI
        pass
    os.chdir(PROJECT)
    dev = ["dagster", "dev", "-w", str(WORKSPACE), "-h", host, "-p", str(port), "--log-level", "warning"]
    # A shell starts background jobs with this signal ignored; Dagster ends its own processes by it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-W", "ignore", "-m", *dev])  # noqa: S606 - no shell is wanted
