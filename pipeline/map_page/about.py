"""About: what the page is told of a theatre beside its rows, as one JSON object.

Belongs here: names, colours, groups, sources, windows, published words. Does not belong here: strikes (``rows``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from pipeline.base_map import land
from pipeline.explain import PARTS
from pipeline.sessions import run_sql
from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

# Neither is a party, so no theatre names a colour for them. Violet and grey keep clear of the theatres' colours.
NOBODY = {
    CONTESTED: {"label": "Contested", "colour": "#8066a8"},
    UNKNOWN: {"label": "Unknown", "colour": "#8d929a"},
}
GROUP_LABELS = {"contested_or_unknown": "Contested or unknown", "not_isis": "Not ISIS"}


def describe(theatre: Theatre, frames: Mapping[str, pa.Table]) -> dict[str, Any]:
    """What the page is told of a theatre, beside its rows.

    Args:
        theatre: the theatre.
        frames: full table name → rows that conform to the catalogue.
    """
    named = {"theatre": theatre.name}
    headline = frames["marts.headline"]
    controllers = [{"name": name, "label": c.label, "colour": c.colour} for name, c in theatre.controllers.items()]
    controllers += [{"name": name, **about} for name, about in NOBODY.items()]
    return {
        "name": theatre.name,
        "title": theatre.title,
        "language_local": theatre.language_local,
        "question": theatre.question,
        "focus": theatre.focus,
        "ally": theatre.ally,
        "extent": theatre.extent,
        "land": _land_box(theatre),
        "main_source": theatre.main_source,
        "main_window": theatre.main_window,
        "control_source": theatre.control.in_force,
        "controllers": controllers,
        "groups": [_group(theatre, name, members) for name, members in theatre.groups.items()],
        "explained": list(PARTS.items()),
        "events": [{"day": _number(e.day), "title": e.title} for e in theatre.events],
        "has_towns": "towns" in theatre.backdrop,
        "tiles": f"../tiles/{theatre.name}.pmtiles",
        "sources": _sources(theatre, frames),
        "windows": _windows(theatre, headline),
        "published": run_sql("map_page/list_published", named, headline_rows=headline).to_pylist(),
        "coverage": run_sql("map_page/list_coverage", named, headline_rows=headline).to_pylist(),
        "regions": [{"name": name, "title": region.title} for name, region in theatre.regions.items()],
        "snapshots": _snapshots(theatre, frames),
    }


def _land_box(theatre: Theatre) -> list[float]:
    """West, south, east, north of the theatre's land, degrees: what the map opens on."""
    import shapely  # noqa: PLC0415 - only a release pays for it

    return [round(float(degrees), 3) for degrees in shapely.from_wkb(land(theatre)).bounds]


def _group(theatre: Theatre, name: str, members: tuple[str, ...]) -> dict[str, Any]:
    """A group of the split: labelled after the controller of its name, with the others that it takes in."""
    label = theatre.controllers[name].label if name in theatre.controllers else GROUP_LABELS.get(name)
    others = [theatre.controllers[m].label for m in members if m != name and m in theatre.controllers]
    if name in theatre.controllers and others:
        label = f"{label} (with {', '.join(others)})"
    colours = {m: theatre.controllers[m].colour for m in members if m in theatre.controllers}
    return {
        "name": name,
        "label": label or name.replace("_", " ").capitalize(),
        "members": members,
        "colour": colours.get(name) or next(iter(colours.values()), NOBODY[UNKNOWN]["colour"]),
    }


def _sources(theatre: Theatre, frames: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """Sources of strikes that have any, and the control source; first the one that is told first."""
    used = {theatre.control.in_force, *frames["core.strikes"].column("source").unique().to_pylist()}
    sources = [
        {
            "name": name,
            "kind": "strikes" if source.kind == "strikes" else "control",
            "title": source.title,
            "noun": source.noun,
            "publisher": source.publisher,
            "credit": source.credit,
            "terms": source.terms,
            "url": source.url,
            "caveats": source.caveats,
        }
        for name, source in theatre.sources.items()
        if name in used
    ]
    return sorted(sources, key=lambda source: source["name"] != theatre.main_source)


def _windows(theatre: Theatre, headline: pa.Table) -> list[dict[str, Any]]:
    """The theatre's windows, then the months for which there is a figure (named by the page); both days inclusive."""
    named = [
        {"name": name, "title": w.title, "from": _number(w.start), "to": _number(w.end), "is_month": False}
        for name, w in theatre.windows.items()
    ]
    found = run_sql("map_page/list_months", {"theatre": theatre.name}, headline_rows=headline).to_pylist()
    months = [
        {"name": row["window"], "title": None, "from": row["day_from"], "to": row["day_to"], "is_month": True}
        for row in found
        if row["window"] not in theatre.windows
    ]
    return named + months


def _snapshots(theatre: Theatre, frames: Mapping[str, pa.Table]) -> list[list[int]]:
    rows = run_sql(
        "map_page/list_snapshots",
        {"theatre": theatre.name, "control_source": theatre.control.in_force},
        snapshot_rows=frames["core.control_snapshots"],
    )
    return [[row["day"], row["until"]] for row in rows.to_pylist()]


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
