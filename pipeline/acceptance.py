"""Acceptance: a person's word that lets in an export which was held back.

Belongs here: listing what is held back, finding the export that is meant, and recording who let it in, when and why.
Does not belong here: why an export is held back (``history``), applying it (a run does).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import UserError
from pipeline.history import APPLIED, HELD
from pipeline.lake import Lake
from pipeline.printing import printable
from pipeline.settings import Settings

SHORT = 16


@dataclass(frozen=True)
class HeldBack:
    """An export that is held back, as a whole or some of its days of control, and why, in words."""

    theatre: str
    source: str
    export_id: str
    file_name: str
    received_at: datetime
    told: str
    is_whole: bool = True

    @property
    def sentence(self) -> str:
        """What is held back, why, and what to do."""
        how = "and nothing of it is applied" if self.is_whole else "in part"
        return (
            f"{printable(self.file_name)} of {self.theatre} {self.source} (received {self.received_at:%Y-%m-%d}) is"
            f" held back {how}: {printable(self.told)}. If it is right:"
            f" isw-strikes accept {self.export_id[:SHORT]} --by WHO --why WHY"
        )


def held_back(lake: Lake, theatres: Iterable[str], sources: Iterable[str] | None = None) -> list[HeldBack]:
    """Exports that are held back as of the last run, by theatre, source and order of receipt.

    Args:
        lake: the working tables.
        theatres: names of theatres.
        sources: only these sources; all where None.
    """
    rows = lake.read("core.receipts", theatre=list(theatres)).to_pylist()
    accepted = {_key(row) for row in lake.read("raw.acceptances").to_pylist()}
    wanted = None if sources is None else set(sources)
    found = [row for row in rows if row["held_because"] and (wanted is None or row["source"] in wanted)]
    told = ("theatre", "source", "export_id", "file_name", "received_at", "told")
    return [
        HeldBack(**{name: row[name] for name in told}, is_whole=row["state"] == HELD)
        for row in sorted(found, key=lambda row: (row["theatre"], row["source"], row["receipt_no"]))
        if _key(row) not in accepted
    ]


def accept(
    settings: Settings,
    export: str,
    who: str,
    why: str,
    at: datetime | None = None,
    theatre: str | None = None,
    source: str | None = None,
) -> HeldBack:
    """Let in an export that is held back: recorded now, applied by the next run.

    Args:
        settings: settings.
        export: id of the export or its beginning, or the name of the file.
        who: who lets it in.
        why: why.
        at: when, with a time zone; now where None. It is recorded once and never read from a clock again.
        theatre: its theatre; any where None.
        source: its source; any where None.

    Raises:
        UserError: no export that is held back is meant, or more than one; who or why is blank.
    """
    if not (who.strip() and why.strip()):
        raise UserError("say who accepts the export and why: --by and --why must not be blank")
    lake = Lake(settings)
    receipts = [
        row
        for row in lake.read("core.receipts").to_pylist()
        if theatre in {None, row["theatre"]} and source in {None, row["source"]}
    ]
    held = held_back(lake, {row["theatre"] for row in receipts}, {row["source"] for row in receipts})
    meant = [one for one in held if export and (one.export_id.startswith(export) or one.file_name == export)]
    if len(meant) != 1:
        raise UserError(_tell_unclear(lake, export, meant, held, receipts))
    one = meant[0]
    where = {"theatre": one.theatre, "source": one.source, "export_id": one.export_id}
    moment = (at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    row = {**where, "accepted_at": moment, "accepted_by": who.strip(), "reason": why.strip()}
    lake.replace("raw.acceptances", [row], **where)
    return one


def _tell_unclear(
    lake: Lake, export: str, meant: list[HeldBack], held: list[HeldBack], receipts: list[dict[str, Any]]
) -> str:
    """Why an export cannot be accepted, and what could be."""
    listed = "; ".join(
        f"{one.export_id[:SHORT]} {printable(one.file_name)} of {one.theatre} {one.source}" for one in meant or held
    )
    if meant:
        return (
            f"{export!r} is {len(meant)} exports that are held back ({listed}): give more of the id, or --theatre and"
            " --source"
        )
    could = f"held back are: {listed}" if held else "no export is held back"
    named = [row for row in receipts if export and (row["export_id"].startswith(export) or row["file_name"] == export)]
    if any(row["held_because"] for row in named):
        return f"{export!r} was accepted already: `isw-strikes run` applies it"
    if any(row["state"] == APPLIED for row in named):
        return f"{export!r} needs no acceptance: it is applied; {could}"
    received = lake.read("raw.exports", columns=["export_id", "file_name"]).to_pylist()
    if any(row["export_id"].startswith(export) or row["file_name"] == export for row in received if export):
        return f"{export!r} was received but not looked at yet: `isw-strikes run` says whether it is held back; {could}"
    return f"no export {export!r} was received; {could}"


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["theatre"], row["source"], row["export_id"]
