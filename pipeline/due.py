"""Due: whether a release is due, and what it waits for.

Belongs here: what a release is made from, whether the one in force is made from that, which parts are stale, going back
to an earlier release. Does not belong here: making a release (``publication``), switching to it (``release``).

A release holds every theatre of which anything was received, and each of them whole: while any part of any theatre is
stale, no new release is made. Where a person went back to an earlier release, that one stays in force until there is
something new, that is, until the next release would be made from other inputs than the one that he left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.base_map import theatre_config
from pipeline.ledger import Ledger, code_digest, digest
from pipeline.released import CHOSEN, RELEASE, latest_id
from pipeline.settings import Settings
from pipeline.status import note_rollback
from pipeline.steps import ATTRIBUTION_CODE, STEPS
from pipeline.theatres import Theatre
from pipeline.theatres import theatres as all_theatres
from pipeline.work import Verdict, Work, judge

if TYPE_CHECKING:
    from pipeline.release import Release

CODE = (
    *ATTRIBUTION_CODE,
    "front_end.py",
    "due.py",
    "exact_json.py",
    "expectations",
    "explain.py",
    "known_places.py",
    "ledger.py",
    "nearest.py",
    "other_days.py",
    "pages",
    "printing.py",
    "property_names.py",
    "release",
    "released.py",
    "site",
    "spreading.py",
    "sql",
    "status.py",
    "tables",
    "publication.py",
    "spreadsheets.py",
    "tiles.py",
    "pictures",
    "map_page",
    "work.py",
)


def stale_parts(work: Work, theatre: Theatre) -> list[Verdict]:
    """Parts of a theatre that are not fresh; empty where nothing has to be done."""
    verdicts = [judge(work, theatre, step, part) for step in STEPS for part in step.parts(theatre)]
    return [verdict for verdict in verdicts if not verdict.is_fresh]


def theatres_with_exports(work: Work) -> list[Theatre]:
    """Theatres for which anything was received."""
    received = set(work.lake.read("raw.exports", columns=["theatre"]).column("theatre").to_pylist())
    return [theatre for name, theatre in all_theatres().items() if name in received]


def find_hindrance(work: Work, theatres: list[str] | None = None) -> str | None:
    """Why no release can be made now, in words; None where it can, or where nothing new would be in it.

    Args:
        work: the data folder.
        theatres: theatres that must be fresh even where nothing new would be in a release. All where None.
    """
    present = theatres_with_exports(work)
    named = [theatre for theatre in present if theatres is None or theatre.name in theatres]
    said = _say_stale(work, named)
    if said or len(named) == len(present) or is_released(work):
        return said
    others = _say_stale(work, [theatre for theatre in present if theatre not in named])
    return f"a release holds every theatre whole, and {others}" if others else None


def _say_stale(work: Work, theatres: list[Theatre]) -> str | None:
    for theatre in theatres:
        stale = stale_parts(work, theatre)
        if stale:
            first = stale[0]
            return (
                f"{theatre.name} has {len(stale)} stale parts (first: {first.step} {first.part}: {first.why[0]});"
                f" run `isw-strikes run --theatre {theatre.name}` first"
            )
    return None


def is_released(work: Work) -> bool:
    """True where a release of the working tables as they stand is in force, or a person put it out of force; reads no
    data.
    """
    return notes_in_force(work, release_inputs(work, theatres_with_exports(work))) is not None


def notes_in_force(work: Work, inputs: dict[str, str]) -> dict[str, Any] | None:
    """Notes of the release made from these inputs, if it is in force or a person went back to an earlier one since."""
    entry = work.ledger.read(*RELEASE)
    latest = latest_id(work.settings)
    if entry is None or entry.inputs != inputs or latest is None:
        return None
    return entry.notes if latest in (entry.notes.get("id"), *entry.notes.get(CHOSEN, ())) else None


def roll_back(settings: Settings, release: str) -> Release:
    """Put an earlier release in force again, until there is something new.

    Raises:
        UserError: there is no such release.
    """
    from pipeline.release import rollback  # noqa: PLC0415 - heavy, and only a person asks for it

    ledger = Ledger(settings)
    entry = ledger.read(*RELEASE)
    if entry is not None:
        # Before the switch, so that no sensor takes the older release for one that was not followed up yet.
        chosen = sorted({*entry.notes.get(CHOSEN, ()), release})
        ledger.write(replace(entry, notes={**entry.notes, CHOSEN: chosen}))
    done = rollback(settings, release)
    note_rollback(settings, release)
    return done


def release_inputs(work: Work, present: list[Theatre]) -> dict[str, str]:
    """Digests of all that a release of these theatres is made from, by a name that a person understands."""
    from pipeline.pages.methods import methods_text  # noqa: PLC0415 - a release pays for it

    inputs = {"code": code_digest(*CODE), "methods": digest(methods_text())}
    for theatre in present:
        entries = [work.ledger.read(step.name, theatre.name, part) for step in STEPS for part in step.parts(theatre)]
        outputs = [[o.digest for o in entry.outputs.values()] if entry else None for entry in entries]
        received = [
            sorted(map(str, work.lake.read(name, theatre=theatre.name).to_pylist()))
            for name in ("raw.exports", "raw.acceptances")
        ]
        inputs[theatre.name] = digest([outputs, received, theatre_config(theatre)])
    return inputs
