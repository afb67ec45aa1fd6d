"""The code location with a release that takes an hour, so that a run of it can be ended before."""

from __future__ import annotations

import time
from collections.abc import Callable

import dagster as dg

from assets.definitions import definitions
from assets.resources import Pipeline
from pipeline.publication import Publication
from pipeline.settings import Settings


def _publish(settings: Settings, theatres: list[str] | None, on_progress: Callable[[str], None]) -> Publication:
    on_progress("an hour begins")
    time.sleep(3600)
    raise AssertionError("nobody waits for that")


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    return definitions(Pipeline(publish=_publish))
