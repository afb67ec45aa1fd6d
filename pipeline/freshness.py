"""Freshness: how long ago anything new was received of each source that should bring something regularly.

Belongs here: comparing the newest recorded receipt with ``expected_every`` of the theatre's file. Does not belong here:
whether what is made of it is up to date (``work.judge``). Making months again receives nothing, so it makes no source
fresh; asking a server that has nothing new does not either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.theatres import Source, Theatre

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Freshness:
    """One source: when its newest export was received (None: nothing was), and how old that may be."""

    source: str
    newest: datetime | None
    age: timedelta | None
    expected: timedelta

    @property
    def is_fresh(self) -> bool:
        """True where something was received recently enough."""
        return self.age is not None and self.age <= self.expected

    @property
    def age_days(self) -> float | None:
        """Age in days."""
        return None if self.age is None else self.age / DAY

    def in_words(self) -> str:
        """One sentence, with what to do where it is stale."""
        every = f"something new is expected every {self.expected / DAY:g} days"
        if self.newest is None:
            return f"Nothing was received of {self.source} yet; {every}."
        told = (
            f"The newest export of {self.source} was received on {self.newest:%Y-%m-%d}, {self.age_days:.1f} days ago"
        )
        if self.is_fresh:
            return f"{told}; {every}."
        return f"{told}, but {every}: see whether its publisher went silent, moved, or nobody dropped a file."


def regular_sources(theatre: Theatre) -> list[Source]:
    """Sources that should bring something regularly."""
    return [source for source in theatre.sources.values() if source.expected_every is not None]


def find_freshness(settings: Settings, theatre: Theatre, now: datetime) -> list[Freshness]:
    """Freshness of each regular source at a moment, in the order of the theatre's file."""
    received = Lake(settings).read("raw.exports", columns=["source", "received_at"], theatre=theatre.name).to_pylist()
    found = []
    for source in regular_sources(theatre):
        newest = max((row["received_at"] for row in received if row["source"] == source.name), default=None)
        age = None if newest is None else max(now - newest, timedelta())
        found.append(Freshness(source.name, newest, age, source.expected_every or timedelta()))
    return found
