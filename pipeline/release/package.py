"""The release's own description: ``datapackage.json`` (Frictionless) and ``README.txt``.

Belongs here: telling people and programs what each file is, from the catalogue and the theatre files.
Does not belong here: the manifest, which proves rather than explains.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.catalogue import Column, Table
from pipeline.catalogue.contract import VERSION as CONTRACT
from pipeline.release.database import OPENS_WITH, describe
from pipeline.release.files import POINT, has_point
from pipeline.release.manifest import DATABASE, file_digest, released
from pipeline.release.views import MACROS, VIEWS
from pipeline.theatres import Source, Theatre

TITLE = "Whose ground was hit? Reported strike locations joined to who held the ground"
README = Path(__file__).parent / "README.txt.j2"
# Frictionless types. JSON text is a string there: the guard against formulas could otherwise break its
# parsing.
TYPES = {"text": "string", "json": "string", "timestamp": "datetime"}


def write_datapackage(folder: Path, release: str, described: dict[str, Theatre], inputs: list[dict[str, Any]]) -> None:
    """Write ``datapackage.json``: every CSV with its schema, every Parquet file, sources with their credit.

    Args:
        folder: the release, with ``csv/`` and ``tables/`` written.
        release: id of the release.
        described: the theatres in it.
        inputs: rows of raw.exports.
    """
    resources = [_csv(folder, spec) for spec in released().values()]
    resources += [_parquet(folder, spec) for spec in released().values()]
    body = {
        "name": "isw-strikes",
        "title": TITLE,
        "version": release,
        "contract": CONTRACT,
        "profile": "data-package",
        "description": "One row of core.strikes is a location reported as hit, not a flight and not a bomb.",
        "sources": [
            {"title": f"{source.publisher}: {source.title}", **({"path": source.url} if source.url else {})}
            for source in used_sources(described, inputs)
        ],
        "resources": resources,
    }
    text = json.dumps(body, ensure_ascii=False, indent=1)
    (folder / "datapackage.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def write_readme(folder: Path, release: str, described: dict[str, Theatre], inputs: list[dict[str, Any]]) -> None:
    """Write ``README.txt``: what is what, how to cite, caveats. Arguments as in :func:`write_datapackage`."""
    import jinja2  # noqa: PLC0415 - only a release pays for it

    # Plain text: there is no markup that a value could become.
    plain = jinja2.Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    text = plain.from_string(README.read_text(encoding="utf-8")).render(
        title=TITLE,
        release=release,
        year=release[:4],
        theatres=described,
        sources=used_sources(described, inputs),
        tables=released(),
        database=DATABASE,
        opens_with=OPENS_WITH,
        views={name: view.about for name, view in VIEWS.items()} | MACROS,
    )
    (folder / "README.txt").write_text(text, encoding="utf-8", newline="\n")


def used_sources(described: dict[str, Theatre], inputs: list[dict[str, Any]]) -> list[Source]:
    """The sources of which an export was received, in the order of the theatre files."""
    received = {(row["theatre"], row["source"]) for row in inputs}
    return [
        source
        for name, theatre in described.items()
        for source in theatre.sources.values()
        if (name, source.name) in received
    ]


def _csv(folder: Path, spec: Table) -> dict[str, Any]:
    path = f"csv/{spec.name}.csv"
    fields = [_field(column) for column in spec.columns.values() if column.type != "geometry"]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if not any(spec.columns[name].optional for name in spec.key):
        schema["primaryKey"] = spec.key
    return {
        "name": spec.name,
        "title": spec.title,
        "description": spec.about,
        "profile": "tabular-data-resource",
        **_file(folder, path, "csv", "text/csv"),
        "encoding": "utf-8",
        "schema": schema,
    }


def _parquet(folder: Path, spec: Table) -> dict[str, Any]:
    path = f"tables/{spec.name}.parquet"
    spatial = spec.geometry or (POINT if has_point(spec) else None)
    return {
        "name": f"{spec.name}.parquet",
        "title": f"{spec.title} ({'GeoParquet' if spatial else 'Parquet'})",
        "description": f"{spec.about}{f' Geometry: {spatial}, OGC:CRS84.' if spatial else ''}",
        **_file(folder, path, "parquet", "application/vnd.apache.parquet"),
    }


def _file(folder: Path, path: str, kind: str, media: str) -> dict[str, Any]:
    file = folder / path
    return {
        "path": path,
        "format": kind,
        "mediatype": media,
        "bytes": file.stat().st_size,
        "hash": f"sha256:{file_digest(file)}",
    }


def _field(column: Column) -> dict[str, Any]:
    bounds = {"minimum": column.min, "maximum": column.max, "enum": column.values}
    constraints = {name: value for name, value in bounds.items() if value is not None}
    if not column.optional:
        constraints["required"] = True
    return {
        "name": column.name,
        "type": TYPES.get(column.type, column.type),
        "description": describe(column),
        **({"constraints": constraints} if constraints else {}),
    }
