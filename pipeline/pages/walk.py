"""Walk: from the sentence that is tested to the number, its bounds, what moves it, and strikes that could be argued.

Belongs here: gathering the rows that the page shows, for any theatre. Does not belong here: making a figure, how the
page looks (``walk.html.j2``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.explain import PARTS, origin, raw_values
from pipeline.sessions import run_sql
from pipeline.tables.sentences import group_label, window_title
from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

# A few that differ are read; many are not.
ARGUABLE = 5
MOVERS = 8
NO_PARTY = "#8d929a"
CAUSES = {
    "contested": "the ground was contested",
    "coordinate": "the stated holder held a part of the disc, not its centre",
    "date": "the stated holder held it on another day",
    "contradiction": "an observation of that very place says otherwise",
    "control": "the map is silent, or infers it from farther away",
}
REASONS = {
    "disc": "place in its disc",
    "unknown": "ground that is not known",
    "front": "distance to a front line",
    "margin": "distance to observed places",
    "day": "day",
    "stated_holder": "holder as the source states it",
}
ALARMS = {
    "ally_ground": "on ground of the attacker's ally",
    "far_from_province": "far outside the province that is named",
    "far_from_place": "far from the place that is named",
    "shared_coordinate": "at a coordinate that the source gives to another place",
    "impossible_precision": "with a precision that cannot be true",
}
# Figures of marts.headline and what each is, in the order in which they are shown.
INTERVALS = (
    ("not_focus_lower_t10", "not_focus_upper_t10", "up to a tenth of a disc in doubt; given the control map"),
    ("not_focus_lower_t0", "not_focus_upper_t0", "nothing of a disc in doubt; given the control map"),
    ("margin_lower", "margin_upper", "every uncertain strike counted on one side, then on the other"),
    ("place_lower", "place_upper", "another sample of places (95 %)"),
    ("map_lower", "map_upper", "another sample of places and of the control facts (95 %)"),
)


def gather_walk(theatre: Theatre, frames: Mapping[str, pa.Table]) -> dict[str, Any] | None:
    """All that the page says of one theatre; None where its main source has no strike in its main window."""
    of_source = {"theatre": theatre.name, "source": theatre.main_source}
    in_window = {"theatre": theatre.name, "window_name": theatre.main_window}

    def rows(name: str, wanted: dict[str, Any], **tables: str) -> list[dict[str, Any]]:
        found = run_sql(f"pages/{name}", wanted, **{view: frames[table] for view, table in tables.items()})
        return list(found.to_pylist())

    headlines = rows("list_headlines", {"theatre": theatre.name}, headlines="marts.headline")
    own = [row for row in headlines if row["source"] == theatre.main_source]
    total = next((row for row in own if (row["window"], row["filter"]) == (theatre.main_window, "all")), None)
    if total is None or not total["n"]:
        return None
    window = theatre.windows[theatre.main_window]
    days = {**of_source, "first_day": window.start, "last_day": window.end}
    return {
        "theatre": theatre,
        "focus": theatre.controllers[theatre.focus].label,
        "ally": theatre.controllers[theatre.ally].label if theatre.ally else None,
        "source": theatre.sources[theatre.main_source],
        "control": theatre.sources[theatre.control.in_force],
        "window": window.title,
        "total": total,
        "split": _split(theatre, total["split"]),
        "intervals": _intervals(total),
        "steps": rows("count_steps", days, strikes="core.strikes", episodes="core.episodes")[0],
        "months": [
            {**row, "title": window_title(theatre, row["window"])}
            for row in own
            if row["filter"] == "all"
            and row["window"] not in theatre.windows
            and row["n"]
            and row["window_to"] >= window.start
            and row["window_from"] <= window.end
        ],
        "regions": _regions(
            theatre, rows("list_regions", of_source | in_window, regions="marts.strikes_by_region"), own
        ),
        "sensitivity": rows("list_sensitivity", of_source | in_window, sensitivity="marts.sensitivity"),
        "movers": MOVERS,
        "consistency": rows("count_causes", of_source, consistency="marts.consistency"),
        "agreement": rows("list_agreement", of_source, agreement="marts.agreement"),
        "causes": CAUSES,
        "claims": rows("list_claims", in_window, claims="marts.claims_vs_control"),
        "alarms": rows("count_alarms", of_source, alarms="marts.alarms"),
        "alarm_words": ALARMS,
        "arguable": _arguable(theatre, frames, days),
        "others": [
            row
            for row in headlines
            if row["source"] != theatre.main_source
            and (row["window"], row["filter"]) == (theatre.main_window, "all")
            and row["n"]
        ],
    }


def _split(theatre: Theatre, split: str | None) -> list[dict[str, Any]]:
    shares = json.loads(split) if split else {}
    return [
        {"label": group_label(theatre, name), "share": share, "colour": _colour(theatre, name)}
        for name, share in shares.items()
    ]


def _colour(theatre: Theatre, group: str) -> str:
    members = [name for name in (group, *theatre.groups.get(group, ())) if name not in (CONTESTED, UNKNOWN)]
    return next((theatre.controllers[name].colour for name in members if name in theatre.controllers), NO_PARTY)


def _intervals(total: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"lower": total[low], "upper": total[high], "about": about}
        for low, high, about in INTERVALS
        if total[low] is not None
    ]


def _regions(theatre: Theatre, found: list[dict[str, Any]], headlines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Regions in the theatre's order, each with the finding inside it where there is one."""
    inside = {
        row["filter"].removeprefix("region:"): row["not_focus_expected"]
        for row in headlines
        if row["filter"].startswith("region:") and row["window"] == theatre.main_window
    }
    order = list(theatre.regions)
    ordered = sorted(found, key=lambda row: order.index(row["region"]))
    return [{**row, "not_focus": inside.get(row["region"])} for row in ordered]


def _arguable(theatre: Theatre, frames: Mapping[str, pa.Table], days: dict[str, Any]) -> list[dict[str, Any]]:
    found = run_sql(
        "pages/list_arguable",
        {**days, "count": ARGUABLE},
        strikes=frames["core.strikes"],
        attribution=frames["core.attribution"],
        explanations=frames["marts.explanations"],
        records=frames["raw.records"],
        exports=frames["raw.exports"],
    )
    return [
        {
            **row,
            "holder": theatre.controllers[row["controller"]].label
            if row["controller"] in theatre.controllers
            else row["controller"],
            "reason": REASONS[row["reason"]],
            "parts": [(title, row[part]) for part, title in PARTS.items()],
            "origin": origin(row),
            "raw": raw_values(row["properties"]),
        }
        for row in take_turns(found.to_pylist(), ARGUABLE)
    ]


def take_turns(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Rows of different reasons and places: reasons take turns, and a coordinate comes once.

    Args:
        rows: dicts with ``reason`` and ``coordinate``, the heaviest first.
        count: the most to take.
    """
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_reason.setdefault(row["reason"], []).append(row)
    taken: list[dict[str, Any]] = []
    while any(by_reason.values()):
        for waiting in by_reason.values():
            places = {row["coordinate"] for row in taken}
            while waiting and waiting[0]["coordinate"] in places:
                waiting.pop(0)
            if waiting and len(taken) < count:
                taken.append(waiting.pop(0))
        if len(taken) >= count:
            break
    return taken
