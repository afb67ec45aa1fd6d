"""Commands that open something in a browser: `serve`, `ui`.

Belongs here: reading arguments. Does not belong here: serving (``serve``, ``assets.ui``).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from pipeline.run_storage import require_run_storage
from pipeline.settings import Settings


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.")] = 8765,
) -> None:
    """Serve the map page of the latest release."""
    from pipeline.released import latest_folder  # noqa: PLC0415 - as above
    from pipeline.serve import serve as serve_release  # noqa: PLC0415 - as above

    settings = Settings()
    follow = partial(latest_folder, settings) if settings.store else None
    serve_release(settings.root, host=host, port=port, follow=follow)


def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.")] = 3000,
) -> None:
    """Open the Dagster UI over the data folder's own instance."""
    from assets.ui import serve_ui  # noqa: PLC0415 - as above

    settings = Settings()
    require_run_storage(settings)
    serve_ui(settings, host=host, port=port)
