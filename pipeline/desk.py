"""The desk: what a source has received, and writing what it receives, one receipt after another.

Belongs here: the turn of a source on this machine, noticing another machine's receipt, and writing the raw tables.
Does not belong here: which export a receipt is (``receipts``), reading a file (``exports``), when (``intake``).

The row in ``raw.exports`` is written after the records: it marks the export as taken in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pipeline.exports import Reading
from pipeline.lake import Lake
from pipeline.processes import take_turn
from pipeline.settings import Settings
from pipeline.theatres import Source, Theatre

T = TypeVar("T")


class Desk:
    """Where the files of one source are received.

    Attributes:
        known: what it had received, rows of ``raw.exports``.
        accepted: ids of the exports that a person let in.
    """

    def __init__(self, settings: Settings, theatre: Theatre, source: Source) -> None:
        self.settings, self.theatre, self.source = settings, theatre, source
        self.lake = Lake(settings)
        self._version = self.lake.version("raw.exports")
        rows = self.lake.read("raw.exports", version=self._version, theatre=theatre.name, source=source.name)
        self.known: list[dict[str, Any]] = rows.to_pylist()
        words = self.lake.read("raw.acceptances", columns=["export_id"], theatre=theatre.name, source=source.name)
        self.accepted = frozenset(words.column("export_id").to_pylist())

    def write(self, reading: Reading, is_fetched: bool | None) -> dict[str, Any]:
        """Write an export with its records and why it is refused, if it is; gives its row.

        Raises:
            CommitFailedError: the source has received something else meanwhile.
        """
        export = {**reading.export, "is_fetched": is_fetched}
        where = {name: export[name] for name in ("theatre", "source", "export_id")}
        self.lake.replace_in_batches("raw.records", reading.pile.batches, **where)
        if reading.refused.num_rows or self.lake.files("raw.refused_exports", **where):
            self.lake.replace("raw.refused_exports", reading.refused, **where)
        about = f"receipts of {self.theatre.name} {self.source.name}"
        done = self.lake.replace_as_decided("raw.exports", [export], about, self._version, **where)
        self._version = done.version
        return export

    def move_acceptance(self, row: dict[str, Any], export_id: str) -> None:
        """A person let in what was received then, whatever the id that it has now."""
        where = {name: row[name] for name in ("theatre", "source", "export_id")}
        accepted = self.lake.read("raw.acceptances", **where).to_pylist()
        if accepted:
            moved = where | {"export_id": export_id}
            self.lake.replace("raw.acceptances", [one | moved for one in accepted], **moved)
            self.lake.replace("raw.acceptances", [], **where)


def at_desk(settings: Settings, theatre: Theatre, source: Source, receive: Callable[[Desk], T]) -> T:
    """Receive something when it is its turn: of two receipts at once the second knows of the first.

    Processes of one machine wait for each other. Where another machine's receipt comes between, this one is begun
    again, as what it is may be decided by the other.
    """
    with take_turn(settings.root / ".intake" / theatre.name / f"{source.name}.lock"):
        return Lake(settings).keep_trying(lambda: receive(Desk(settings, theatre, source)))
