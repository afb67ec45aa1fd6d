"""Resources: the one thing that assets, checks and sensors are handed.

Belongs here: what a test or a deployment may swap. Does not belong here: anything that computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.work import Step, Work

if TYPE_CHECKING:
    from pipeline.publication import Publication


class Publish(Protocol):
    """Builds, verifies and publishes a release of theatres that must be fresh (all where None)."""

    def __call__(
        self, settings: Settings, theatres: list[str] | None, on_progress: Callable[[str], None]
    ) -> Publication:
        """Publish; see ``pipeline.publication.publish_release``."""


def _publish(settings: Settings, theatres: list[str] | None, on_progress: Callable[[str], None]) -> Publication:
    from pipeline.publication import publish_release  # noqa: PLC0415 - loads where a release is made

    return publish_release(settings, theatres, on_progress)


def _silent(_: str) -> None:
    """Tell nobody but Dagster's log."""


@dataclass(frozen=True)
class Pipeline:
    """The pipeline over one data folder.

    Attributes:
        settings: settings of the data folder.
        steps: what is done for a theatre, in order.
        publish: how a release is published.
        on_progress: told each line of progress, besides the run's log.
    """

    settings: Settings = field(default_factory=Settings)
    steps: tuple[Step, ...] = STEPS
    publish: Publish = _publish
    on_progress: Callable[[str], None] = _silent

    def work(self) -> Work:
        """The data folder at work."""
        return Work(self.settings)
