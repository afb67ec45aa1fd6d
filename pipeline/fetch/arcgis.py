"""ArcGIS layers: every row of a layer of a FeatureServer or MapServer, in one file, or none.

Belongs here: what is asked of a layer, reconciling what comes with what the server lists, writing the file.
Does not belong here: connections and retries (``client``), where a layer went that is not there (``moved``), reading
the file (``exports``).

Pages are asked for by their object ids, not by offset. A server orders and cuts offsets anew for each page, so rows
slip from one to the next, and ``exceededTransferLimit`` may come early, late or not at all. A server lists all object
ids at once, without a limit, from version 10.0 on and whether or not it ``supportsPagination``; what a page lacks is
then known by name and asked for again. The layer is surveyed before and after, and read again where it changed.
See developers.arcgis.com/rest, "Query (Feature Service/Layer)".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, TextIO

from pipeline.fetch.answers import FetchFailed, NotNow, plain
from pipeline.fetch.client import Client, over_cap
from pipeline.fetch.moved import find_layer
from pipeline.theatres import LiveLayer

PAGE_ROWS = 1_000
# Rows that a page lacks are asked for again, each time fewer at once, until nothing new comes this many times. Large
# polygons can be too much for a server, which then gives fewer rows than asked for, or an error.
BARREN = 4
FEWER = 4
READINGS = 3
FIELD_KEYS = ("name", "type", "alias", "length", "domain")

Row = dict[str, Any]


class _Unsteady(Exception):
    """The layer gave what it does not list, or changed while it was read."""


@dataclass(frozen=True)
class Survey:
    """What a server says of a layer before its rows are read.

    Attributes:
        description: the layer's description.
        id_field: field of the object id.
        ids: every object id, ascending.
        edited: when the server noted the last edit, in its own terms; None where it does not.
    """

    description: dict[str, Any]
    id_field: str
    ids: tuple[int, ...]
    edited: Any

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Fields in the layer's order, each with its type and domain; coded values stay coded in the rows."""
        listed = self.description.get("fields") or []
        return [{key: field[key] for key in FIELD_KEYS if field.get(key) is not None} for field in listed]


def fetch_layer(client: Client, block: LiveLayer, target: Path) -> int:
    """Write all rows of a layer as one ESRI JSON file, in the layer's own coordinate system.

    The file is sorted by object id and holds nothing of the clock, the server or the pages: the same rows give the
    same bytes. It is whole only when this returns.

    Args:
        client: asks the server.
        block: the layer, as the theatre's file names it.
        target: the file; overwritten.

    Returns:
        The number of rows.

    Raises:
        FetchFailed: there is no such layer any more, it is another than was named, it holds no rows, it is larger
            than the cap, or it would not hold still.
    """
    address = f"{block.address}/{block.layer}"
    why = ""
    for reading in range(1, READINGS + 1):
        try:
            survey = _survey(client, block, address)
            _write(client, address, survey, target)
            _compare(survey, _survey(client, block, address))
            return len(survey.ids)
        except _Unsteady as unsteady:
            why = str(unsteady)
            client.on_progress(f"{block.name}: {why}" + ("; reading it again" if reading < READINGS else ""))
    raise FetchFailed(f"{plain(address)}: {why}, each of {READINGS} times; nothing was taken. Try again later")


def _survey(client: Client, block: LiveLayer, address: str) -> Survey:
    description = find_layer(client, block)
    everything = {"where": "1=1", "f": "json"}
    counted = client.ask(f"{address}/query", {**everything, "returnCountOnly": "true"}).get("count")
    listed = client.ask(f"{address}/query", {**everything, "returnIdsOnly": "true"})
    ids = listed.get("objectIds") or []
    if not isinstance(ids, list) or not all(type(number) is int for number in ids):
        raise FetchFailed(f"{plain(address)}: the list of object ids is none")
    if counted != len(ids):
        raise _Unsteady(f"the server counts {counted} rows and lists {len(ids)} object ids")
    if len(set(ids)) != len(ids):
        raise _Unsteady("the server lists an object id twice")
    if not ids:
        raise FetchFailed(f"{plain(address)}: the layer holds no rows; nothing was taken")
    id_field = listed.get("objectIdFieldName") or _id_field(description)
    if not id_field:
        raise FetchFailed(f"{plain(address)}: the layer has no object id field, so its rows cannot be told apart")
    edited = (description.get("editingInfo") or {}).get("lastEditDate")
    return Survey(description, str(id_field), tuple(sorted(ids)), edited)


def _id_field(description: dict[str, Any]) -> str | None:
    """The object id field; a MapServer names it by its type alone."""
    found = [field["name"] for field in description.get("fields") or [] if field.get("type") == "esriFieldTypeOID"]
    return description.get("objectIdField") or (found[0] if found else None)


def _compare(before: Survey, after: Survey) -> None:
    if before.ids != after.ids:
        lost, new = (len(set(a) - set(b)) for a, b in ((before.ids, after.ids), (after.ids, before.ids)))
        raise _Unsteady(f"while it was read, {new} rows came and {lost} went")
    if (before.edited, before.fields) != (after.edited, after.fields):
        raise _Unsteady("it was edited while it was read")


def _write(client: Client, address: str, survey: Survey, target: Path) -> None:
    """Write the file page by page; memory holds one page."""
    written, told, system = 0, 0, _declared_system(survey.description)
    with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for ids, (rows, page_system) in _pages(client, address, survey):
            if written == 0:
                system = page_system or system
                _open_document(file, survey, system)
            elif page_system and page_system != system:
                raise _Unsteady("its coordinate system changed between two pages")
            for row in rows:
                file.write((",\n" if written else "\n") + _line(row, survey))
                written += 1
            if file.tell() > client.settings.max_export_bytes:
                raise over_cap(client.settings, plain(address))
            if written * 10 // len(survey.ids) > told and written < len(survey.ids):
                told = written * 10 // len(survey.ids)
                client.on_progress(f"{written:,} of {len(survey.ids):,} rows, to object id {ids[-1]}")
        file.write("\n]}\n")


def _declared_system(description: dict[str, Any]) -> Any:
    return (description.get("extent") or {}).get("spatialReference")


def _open_document(file: TextIO, survey: Survey, system: Any) -> None:
    description = survey.description
    members = {
        "geometryType": description.get("geometryType"),
        "spatialReference": system if description.get("geometryType") else None,
        "hasZ": description.get("hasZ") or None,
        "hasM": description.get("hasM") or None,
        "objectIdFieldName": survey.id_field,
        "fields": survey.fields,
    }
    kept = {name: value for name, value in members.items() if value is not None}
    file.write(_encode(kept)[:-1] + ',"features":[')


def _line(row: Row, survey: Survey) -> str:
    """One row as JSON: attributes in the order of the fields, whatever the server's."""
    attributes = row["attributes"]
    names = [field["name"] for field in survey.fields if field["name"] in attributes]
    names += sorted(set(attributes) - set(names))
    ordered: Row = {"attributes": {name: attributes[name] for name in names}}
    if row.get("geometry") is not None:
        ordered["geometry"] = dict(sorted(row["geometry"].items()))
    return _encode(ordered)


def _encode(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _pages(client: Client, address: str, survey: Survey) -> Iterator[tuple[tuple[int, ...], tuple[list[Row], Any]]]:
    most = survey.description.get("maxRecordCount")
    size = min(PAGE_ROWS, most) if isinstance(most, int) and most > 0 else PAGE_ROWS
    for start in range(0, len(survey.ids), size):
        ids = survey.ids[start : start + size]
        yield ids, _page(client, address, survey, ids)


def _page(client: Client, address: str, survey: Survey, ids: Sequence[int]) -> tuple[list[Row], Any]:
    """The rows of these object ids in their order, and their coordinate system; what is missing is asked for again."""
    found: dict[int, Row] = {}
    system, size, barren, missing = None, len(ids), 0, list(ids)
    failure: NotNow | None = None
    while missing and barren < BARREN:
        try:
            for start in range(0, len(missing), size):
                answer = _ask(client, address, survey, missing[start : start + size])
                system = answer.get("spatialReference") or system
                for row in answer["features"]:
                    _keep(found, row, survey.id_field)
        except NotNow as failed:
            failure = failed
        still = [number for number in ids if number not in found]
        barren = barren + 1 if len(still) == len(missing) else 0
        missing, size = still, max(1, size // FEWER)
    if missing and failure:
        raise failure
    if missing:
        told = ", ".join(map(str, missing[:5]))
        raise _Unsteady(f"{len(missing)} rows are listed but not given (object id {told})")
    return [found[number] for number in ids], system


def _ask(client: Client, address: str, survey: Survey, ids: Sequence[int]) -> dict[str, Any]:
    description = survey.description
    answer = client.ask(
        f"{address}/query",
        {
            "objectIds": ",".join(map(str, ids)),
            "outFields": "*",
            "returnGeometry": "true" if description.get("geometryType") else "false",
            "returnZ": "true" if description.get("hasZ") else "false",
            "returnM": "true" if description.get("hasM") else "false",
            "f": "json",
        },
        post=True,
    )
    if not isinstance(answer.get("features"), list):
        raise FetchFailed(f"{plain(address)}: the answer holds no list of features")
    return answer


def _keep(found: dict[int, Row], row: Any, id_field: str) -> None:
    """Keep a row under its object id, once; twice the same is one."""
    attributes = row.get("attributes") if isinstance(row, dict) else None
    if not isinstance(attributes, dict) or type(attributes.get(id_field)) is not int:
        raise _Unsteady("a row came without its object id")
    if not isinstance(row.get("geometry"), dict | NoneType):
        raise FetchFailed(f"object id {attributes[id_field]}: its geometry is no object")
    number = attributes[id_field]
    if found.setdefault(number, row) != row:
        raise _Unsteady(f"object id {number} came twice, with different values")
