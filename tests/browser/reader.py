"""A reader of the page: opens it, and notes what went wrong in it.

Belongs here: what tests in a browser share. Does not belong here: any expectation.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field

import matplotlib.image
import numpy as np
from playwright.sync_api import Page

from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
LAND = (251, 250, 247)


@dataclass
class Reader:
    """A reader's page and what went wrong in it."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, hash_: str = "") -> None:
        """Open the page and wait until it can be used."""
        self.page.goto(f"{self.address}/r/2026-11-01-sample/map/{hash_}" if hash_ else f"{self.address}/")
        self.page.wait_for_selector("html[data-ready]")
        self.page.wait_for_selector("#map .maplibregl-canvas")

    @property
    def foreign(self) -> list[str]:
        """Addresses asked for on another host."""
        return [url for url in self.asked if not url.startswith((self.address, "blob:", "data:"))]


def pixels(reader: Reader) -> np.ndarray:
    """The map as it is on screen, rows of RGB, 0 to 255."""
    image = matplotlib.image.imread(io.BytesIO(reader.page.locator("#ground").screenshot()), format="png")
    rgb: np.ndarray = np.rint(image[..., :3] * 255).astype(int)
    return rgb


def shade(controller: str) -> np.ndarray:
    """Colour of a controller's ground: its own, thinly over the land."""
    colour = SYRIA.controllers[controller].colour
    own = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return 0.3 * own + 0.7 * np.array(LAND)


def ground(reader: Reader, controller: str) -> int:
    """Pixels of a controller's ground."""
    return int((np.abs(pixels(reader) - shade(controller)).max(axis=2) <= 3).sum())


def wait_for(reader: Reader, is_true: Callable[[], bool]) -> None:
    for _ in range(60):
        if is_true():
            return
        reader.page.wait_for_timeout(250)
    raise AssertionError("the map did not come to show it")
