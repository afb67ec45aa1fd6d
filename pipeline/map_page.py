"""The map page: a static site, made of the files in ``site/``, the installed libraries, and data as JSON.

Belongs here: laying out the folder and writing the data that the page reads, one index, one file a theatre, and one
file of evidence a month. Does not belong here: tiles (``tiles``), serving (``serve``), how anything looks (``site/``).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.base_map import land
from pipeline.explain import PARTS
from pipeline.front_end import SITE, libraries
from pipeline.lake import run_sql
from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

# What is served of site/; the rest of that folder is for npm.
SHOWN = (".css", ".html", ".js", ".svg", ".txt")
# Neither is a party, so no theatre names a colour for them. Violet and grey keep clear of the theatres' colours.
NOBODY = {
    CONTESTED: {"label": "Contested", "colour": "#8066a8"},
    UNKNOWN: {"label": "Unknown", "colour": "#8d929a"},
}
GROUP_LABELS = {"contested_or_unknown": "Contested or unknown", "not_isis": "Not ISIS"}


def write_map_page(
    folder: Path,
    theatres: Mapping[str, Theatre],
    frames: Mapping[str, Mapping[str, pa.Table]],
    site_libraries: Path | None = None,
) -> None:
    """Write the page. It reads ``../tiles/<theatre>.pmtiles`` and, for the release's name, ``../manifest.json``.

    Args:
        folder: folder to write into; the same rows give the same bytes.
        theatres: theatres by name; one without strikes is left out.
        frames: full table name → rows that conform to the catalogue, by theatre.
        site_libraries: folder of the installed libraries; the usual one where None.

    Raises:
        UserError: the libraries are not installed.
    """
    installed = libraries(site_libraries)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(SITE.iterdir()):
        if path.suffix in SHOWN:
            shutil.copyfile(path, folder / path.name)
    (folder / "lib").mkdir(exist_ok=True)
    for path in sorted(installed.iterdir()):
        if path.suffix != ".sha256":
            shutil.copyfile(path, folder / "lib" / path.name)
    shown = [name for name in theatres if frames[name]["core.strikes"].num_rows]
    index = [{"name": name, "title": theatres[name].title} for name in shown]
    _write_json(folder / "data" / "index.json", {"theatres": index})
    for name in shown:
        _write_theatre(folder / "data", theatres[name], frames[name])


def _write_theatre(folder: Path, theatre: Theatre, frames: Mapping[str, pa.Table]) -> None:
    named = {"theatre": theatre.name}
    answers = run_sql("map_page/list_answers", named, attribution_rows=frames["core.attribution"])
    strikes = run_sql(
        "map_page/list_strikes",
        named,
        strike_rows=frames["core.strikes"],
        attribution_rows=frames["core.attribution"],
        episode_rows=frames["core.episodes"],
        answer_rows=answers,
    )
    headline = frames["marts.headline"]
    _write_json(
        folder / f"{theatre.name}.json",
        {
            **_describe(theatre),
            "sources": _sources(theatre, frames),
            "windows": _windows(theatre, headline),
            "published": run_sql("map_page/list_published", named, headline_rows=headline).to_pylist(),
            "coverage": run_sql("map_page/list_coverage", named, headline_rows=headline).to_pylist(),
            "regions": [{"name": name, "title": region.title} for name, region in theatre.regions.items()],
            "region_places": _region_places(theatre, frames),
            "claims": run_sql("map_page/list_claims", named, claim_rows=frames["marts.claims"]).to_pydict(),
            "days": _days(theatre, frames),
            "snapshots": _snapshots(theatre, frames),
            "answers": [
                row | {"shares": json.loads(row["shares"])} for row in answers.drop_columns("answer").to_pylist()
            ],
            # By column: a tenth of the size of rows with names.
            "strikes": strikes.to_pydict(),
        },
    )
    for month, evidence in _evidence(theatre, frames).items():
        _write_json(folder / theatre.name / f"{month}.json", evidence)


def _describe(theatre: Theatre) -> dict[str, Any]:
    controllers = [
        {"name": name, "label": c.label, "label_local": c.label_local, "colour": c.colour}
        for name, c in theatre.controllers.items()
    ]
    controllers += [{"name": name, "label_local": None, **about} for name, about in NOBODY.items()]
    return {
        "name": theatre.name,
        "title": theatre.title,
        "title_local": theatre.title_local,
        "language_local": theatre.language_local,
        "question": theatre.question,
        "focus": theatre.focus,
        "ally": theatre.ally,
        "extent": theatre.extent,
        "land": _land_box(theatre),
        "point_precision_m": theatre.point_precision_m,
        "main_source": theatre.main_source,
        "main_window": theatre.main_window,
        "control_source": theatre.control.in_force,
        "controllers": controllers,
        "groups": [_group(theatre, name, members) for name, members in theatre.groups.items()],
        "explained": list(PARTS.items()),
        "events": [{"day": _number(e.day), "title": e.title, "title_local": e.title_local} for e in theatre.events],
        "has_towns": "towns" in theatre.backdrop,
        "tiles": f"../tiles/{theatre.name}.pmtiles",
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
    used = {theatre.control.in_force, *frames["core.strikes"].column("source").to_pylist()}
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


def _region_places(theatre: Theatre, frames: Mapping[str, pa.Table]) -> dict[str, list[list[float]]]:
    """Longitude and latitude of the coordinates in each region."""
    places: dict[str, list[list[float]]] = {name: [] for name in theatre.regions}
    rows = run_sql("map_page/list_region_places", {"theatre": theatre.name}, place_rows=frames["core.region_places"])
    for row in rows.to_pylist():
        places[row["region"]].append([row["longitude"], row["latitude"]])
    return places


def _days(theatre: Theatre, frames: Mapping[str, pa.Table]) -> dict[str, list[list[Any]]]:
    rows = run_sql("map_page/list_days", {"theatre": theatre.name}, day_rows=frames["marts.strikes_by_day"])
    days: dict[str, list[list[Any]]] = {}
    for row in rows.to_pylist():
        days.setdefault(row["source"], []).append([row["day"], row["controller"], row["strikes"]])
    return days


def _snapshots(theatre: Theatre, frames: Mapping[str, pa.Table]) -> list[list[int]]:
    rows = run_sql(
        "map_page/list_snapshots",
        {"theatre": theatre.name, "control_source": theatre.control.in_force},
        snapshot_rows=frames["core.control_snapshots"],
    )
    return [[row["day"], row["until"]] for row in rows.to_pylist()]


def _evidence(theatre: Theatre, frames: Mapping[str, pa.Table]) -> dict[str, dict[str, Any]]:
    """Evidence by month and strike; fetched by the page when a strike is opened."""
    rows = run_sql(
        "map_page/list_evidence",
        {"theatre": theatre.name},
        strike_rows=frames["core.strikes"],
        attribution_rows=frames["core.attribution"],
        explanation_rows=frames["marts.explanations"],
        record_rows=frames["raw.records"],
        export_rows=frames["raw.exports"],
    )
    months: dict[str, dict[str, Any]] = {}
    for row in rows.to_pylist():
        for name in ("shares", "parties", "properties"):
            row[name] = json.loads(row[name]) if row[name] else None
        months.setdefault(row.pop("month"), {})[row.pop("strike_id")] = row
    return months


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
