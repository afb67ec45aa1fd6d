"""Proposing sources for small tables, and trying what was proposed.

Belongs here: tables of plainly good rows, and what a proposal says. Does not belong here: anything that a test asserts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.proposals import Proposal, propose
from pipeline.settings import Settings
from pipeline.theatres import theatres
from pipeline.trial import Trial, try_source

SYRIA = theatres()["syria"]
GOOD = {"id": "A-1", "date": "2015-10-13", "lat": "36.2", "lon": "37.1", "town": "Anadan", "governorate": "Aleppo"}
Try = Callable[..., tuple[Proposal, Trial]]


def proposer(settings: Settings, folder: Path) -> Try:
    """Proposes a source for some bytes, and tries it on them."""

    def propose_and_try(content: bytes, file_name: str = "export.csv", **given_: Any) -> tuple[Proposal, Trial]:
        path = folder / file_name
        path.write_bytes(content)
        proposal = propose(settings, path, **given_)
        return proposal, try_source(settings, path, proposal.theatre, proposal.source)

    return propose_and_try


def table(*rows: dict[str, str]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def good_rows(number: int = 20, **changed: Any) -> list[dict[str, str]]:
    """Good rows, in which a column may be made of the row's number."""
    made: list[dict[str, str]] = []
    for i in range(number):
        row = {**GOOD, "id": f"A-{i:02d}", "date": f"2015-10-{i % 28 + 1:02d}"}
        made.append({**row, **{name: value(i) if callable(value) else value for name, value in changed.items()}})
    return made


def names(proposal: Proposal) -> dict[str, str]:
    """Field = column, of fields that come from one column."""
    return {name: spec.names[0] for name, spec in proposal.source.fields.items() if spec.names}


def doubts(proposal: Proposal, about: str) -> str:
    return "\n".join(doubt for doubt in proposal.doubts if doubt.startswith(about))
