"""Scene: the rows of the tables that a theatre's pictures are drawn from.

Belongs here: choosing rows, and the words that several pictures share. Does not belong here: drawing, any figure that
is not in a table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from pipeline.sessions import run_sql
from pipeline.tables.sentences import noun_of
from pipeline.theatres import Theatre

Row = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A theatre's main source in its main window.

    Attributes:
        theatre: the theatre.
        headline: the row of marts.headline.
        split: expected share by group; empty where no share is shown.
        frames: full table name → rows that conform to the catalogue; geometry as WKB, OGC:CRS84.
    """

    theatre: Theatre
    headline: Row
    split: dict[str, float]
    frames: Mapping[str, pa.Table]

    @property
    def focus(self) -> str:
        """Label of the focus controller."""
        return self.theatre.controllers[self.theatre.focus].label

    @property
    def noun(self) -> str:
        """What one location is called."""
        return noun_of(self.theatre, self.theatre.main_source)

    @property
    def first_day(self) -> date:
        """First day of the main window."""
        first: date = self.headline["window_from"]
        return first

    @property
    def last_day(self) -> date:
        """Last day of the main window, inclusive."""
        last: date = self.headline["window_to"]
        return last

    @property
    def credits(self) -> str:
        """Whose strikes and whose control."""
        sources = self.theatre.sources
        named = {"Strikes": self.theatre.main_source, "Control": self.headline["control_source"]}
        return "Sources. " + " ".join(f"{what}: {sources[name].credit}." for what, name in named.items())

    def rows(self, name: str, **wanted: str) -> list[Row]:
        """Rows of a table with these values."""
        wanted = {"theatre": self.theatre.name, **wanted}
        return [row for row in self.frames[name].to_pylist() if wanted.items() <= row.items()]

    def months(self) -> list[Row]:
        """Rows of marts.headline of the months that meet the main window and count anything, in order."""
        found = self.rows("marts.headline", source=self.theatre.main_source, filter="all", unit="episode")
        months = [
            row
            for row in found
            if row["window"] not in self.theatre.windows
            and row["n"]
            and row["window_to"] >= self.first_day
            and row["window_from"] <= self.last_day
        ]
        return sorted(months, key=lambda row: str(row["window"]))

    def strikes(self, first: date, last: date) -> list[Row]:
        """What marts.headline counts in a window, one an episode: where and when, and who held its centre."""
        found = run_sql(
            "pictures/list_strikes",
            {
                "theatre": self.theatre.name,
                "source": self.theatre.main_source,
                "window_from": first,
                "window_to": last,
            },
            strikes=self.frames["core.strikes"],
            attribution=self.frames["core.attribution"],
            episodes=self.frames["core.episodes"],
        )
        return list(found.to_pylist())

    def areas(self, day: date) -> list[Row]:
        """Who held which ground on a day, by the control source of the headline."""
        found = run_sql(
            "pictures/list_areas",
            {"theatre": self.theatre.name, "source": self.headline["control_source"], "day": day},
            control_areas=self.frames["core.control_areas"],
        )
        return list(found.to_pylist())


def gather_scene(theatre: Theatre, frames: Mapping[str, pa.Table]) -> Scene | None:
    """The scene of a theatre; None where its headline is missing or counts nothing."""
    wanted = (theatre.name, theatre.main_source, theatre.main_window, "all", "episode")
    key = ("theatre", "source", "window", "filter", "unit")
    headline = next((r for r in frames["marts.headline"].to_pylist() if tuple(r[k] for k in key) == wanted), None)
    if headline is None or not headline["n"]:
        return None
    told = json.loads(headline["split"]) if headline["split"] else {}
    return Scene(theatre, headline, {group: told[group] for group in theatre.groups if group in told}, frames)


def middle_day(first: date, last: date) -> date:
    """The day that is least far from all others: control changes within a window."""
    return first + (last - first) // 2
