"""A reader of the page: opens it, and notes what went wrong in it.

Belongs here: what tests in a browser share. Does not belong here: any expectation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page


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
