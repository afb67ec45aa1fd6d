"""Views of the release's DuckDB file: what readers need besides the tables, joined from them.

Belongs here: which views and table macros there are, and what they and their columns mean. Their SQL is
``pipeline/sql/release/create_<name>.sql``. Does not belong here: tables (``catalogue``), writing the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.catalogue import Column, table


@dataclass(frozen=True)
class View:
    """A view.

    Attributes:
        about: what it is.
        parts: tables that its columns are from, each with the columns taken; all where None. What a column means
            stands with the first table that has it.
    """

    about: str
    parts: dict[str, tuple[str, ...] | None]

    @property
    def columns(self) -> dict[str, Column]:
        """Its columns with their descriptions, in order."""
        columns: dict[str, Column] = {}
        for name, taken in self.parts.items():
            own = table(name).columns
            for column in own if taken is None else taken:
                columns.setdefault(column, own[column])
        return columns


VIEWS = {
    "core.control_areas_known": View(
        "Control areas as they stand, with when they were known: the receipts of the first and the last export that"
        " draws them; of areas made of observations, that of the source's newest export, which may redraw them all;"
        " null for a source merged of two. The areas of an earlier day: isw-strikes query --as-of.",
        {"core.control_areas": None, "core.revisions": ("known_from", "last_seen")},
    ),
    "core.strike_history": View(
        "Every revision of every strike, those that stand and those that ended, with when each was known: from the"
        " receipt of the first export that says it to that of the export that ended it, as today's code reads it.",
        {"core.strikes": None, "core.revisions": ("known_from", "known_to", "status", "ended_by")},
    ),
    "marts.strikes_attributed": View(
        "Strikes with who held the ground and their episode. One row a strike; joined, nothing added.",
        {"core.strikes": None, "core.attribution": None, "core.episodes": None},
    ),
}
MACROS = {
    "core.strikes_as_of": (
        "The strikes that stood by what had been received by a moment (inclusive), laid out as core.strikes:"
        " FROM core.strikes_as_of('2016-01-15 23:59:59Z'). Read by today's gazetteer and code; isw-strikes"
        " query --as-of makes every table of a day again."
    )
}
