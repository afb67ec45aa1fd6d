"""Explain: why one strike counts as it does, in words and numbers, from the latest release.

Belongs here: finding a strike and telling its way from the raw row to the share. Does not belong here: any computing;
what is told stands in the release's tables.
"""

from __future__ import annotations

import json
from typing import Any

from pipeline.attribution import CLEAR_SHARE, LIKELY_MARGIN
from pipeline.errors import UserError
from pipeline.lake import connect, sql
from pipeline.settings import Settings
from pipeline.theatres import Theatre, theatres

BASES = {
    "exact": "the exact date that the source gives",
    "interval": "the days that the source gives",
    "note": "days named in the source's note",
    "report_addition": "the days that the report adds to the one before, for this province",
    "after_previous_report": "the days after the previous report's end",
    "report_window": "the report's whole window, for want of anything narrower",
}


def explain_strike(settings: Settings, strike_id: str) -> list[str]:
    """Why a strike counts as it does, as lines of plain English.

    Args:
        settings: settings.
        strike_id: id of a strike in the latest release; a beginning that only one id has is enough.

    Raises:
        UserError: there is no release, or not exactly one strike of that id.
    """
    folder = settings.latest / "tables"
    if not folder.is_dir():
        raise UserError(f"there is no release in {settings.root}: run `isw-strikes run` first")
    files = {
        name: str(folder / f"{table}.parquet")
        for name, table in {
            "strikes": "core.strikes", "attribution": "core.attribution", "records": "raw.records",
            "exports": "raw.exports", "episodes": "core.episodes",
        }.items()
    }  # fmt: skip
    with connect(settings) as session:
        found = (
            session.execute(sql("explain/find_strike"), {**files, "strike_id": strike_id}).to_arrow_table().to_pylist()
        )
    if not found:
        raise UserError(f"the latest release has no strike {strike_id!r}: ids stand in core.strikes.strike_id")
    if len(found) > 1:
        raise UserError(f"{len(found)} strikes begin with {strike_id!r}: give more of the id")
    row = found[0]
    theatre = theatres()[row["theatre"]]
    return [*_what(theatre, row), *_when(row), *_where(theatre, row), *_who(theatre, row), *_what_if(theatre, row)]


def _label(theatre: Theatre, name: str) -> str:
    return theatre.controllers[name].label if name in theatre.controllers else name


def _what(theatre: Theatre, row: dict[str, Any]) -> list[str]:
    raw = json.loads(row["properties"])
    source = theatre.sources[row["source"]]
    return [
        f"{row['strike_id']}: {row['place'] or 'unnamed place'}, {row['province'] or 'no province given'}",
        f"  Source    {source.title} ({source.credit})",
        f"  Raw row   {row['file_name']}, record {row['record_no']}"
        + (f", line {row['line_no']}" if row["line_no"] else "")
        + f", sha256 {row['export_id']}",
        *(f"              {name} = {value}" for name, value in raw.items() if value not in (None, "")),
        *([f"  Report    {row['report_title'] or ''} {row['report_url']}"] if row["report_url"] else []),
        *(["  Background statement: left out of headlines"] if row["is_background"] else []),
        f"  Counts    in episode {row['episode_id']} with {row['members'] - 1} other rows that repeat it",
    ]


def _when(row: dict[str, Any]) -> list[str]:
    return [
        f"  Window    {row['date_from']} to {row['date_to']}: {BASES[row['date_basis']]}"
        f" (the source says {row['reported_from']} to {row['reported_to']})"
    ]


def _where(theatre: Theatre, row: dict[str, Any]) -> list[str]:
    basis = "the source's own coordinate" if row["location_basis"] == "coordinate" else "the gazetteer"
    kind = "an area, not a point" if row["is_area"] else "a point"
    return [
        f"  Place     {row['latitude']:.5f} N {row['longitude']:.5f} E from {basis};"
        f" {kind}: within {row['radius_m']:,.0f} m ({row['precision_basis']})"
    ]


def _who(theatre: Theatre, row: dict[str, Any]) -> list[str]:
    if row["snapshot_first"] is None:
        return [f"  Control   {row['control_source']} has no snapshot in force on these days: unknown"]
    shares = ", ".join(f"{_label(theatre, name)} {share:.1%}" for name, share in json.loads(row["shares"]).items())
    parties = json.loads(row["parties"])
    lines = [
        f"  Control   {row['control_source']}, snapshots {row['snapshot_first']} to {row['snapshot_last']},"
        f" at most {row['snapshot_age_days']} days old",
        f"  Centre    {_label(theatre, row['controller'])} ({row['status']})"
        + (f", parties {', '.join(_label(theatre, party) for party in parties)}" if parties else ""),
        f"  Disc      {shares}",
        f"  So        i = {row['focus_share']:.3f}, k = {row['other_share']:.3f}, u = {row['unknown_share']:.3f};"
        f" the attribution is {row['certainty']}",
    ]
    if row["margin_r"] is not None:
        lines.append(f"  Margin    r = {row['margin_r']:.2f} (nearest place of this class over nearest of the other)")
    if row["front_distance_m"] is not None:
        lines.append(f"  Front     {row['front_distance_m'] / 1000:.1f} km away")
    return lines


def _what_if(theatre: Theatre, row: dict[str, Any]) -> list[str]:
    """What would change the verdict: the nearest of the limits that it has to keep."""
    focus = _label(theatre, theatre.focus)
    reasons = []
    front = row["front_distance_m"]
    if front is not None and front <= max(row["radius_m"], 3_000):
        reasons.append(f"a coordinate {front / 1000:.1f} km off, across the front")
    if 1 - CLEAR_SHARE < row["focus_share"] < CLEAR_SHARE:
        reasons.append(f"knowing where in the disc it was: {row['focus_share']:.0%} of it is {focus} ground")
    if row["unknown_share"] > 1 - CLEAR_SHARE:
        reasons.append(f"knowing who held the {row['unknown_share']:.0%} of the disc that nobody is known to hold")
    if (row["margin_r"] or 0) > LIKELY_MARGIN:
        reasons.append("one more observed place nearby, because the nearest of either class are almost equally far")
    if row["stated_holder"] and row["stated_holder"] != row["controller"]:
        reasons.append(f"taking the source's word: it says {_label(theatre, row['stated_holder'])}")
    return ["  Would change it: " + ("; ".join(reasons) if reasons else "nothing near: it is far from every limit")]
