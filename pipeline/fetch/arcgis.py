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
from typing import Any

from pipeline.fetch.answers import FetchFailed, NotNow, plain
from pipeline.fetch.client import Client, over_cap
from pipeline.fetch.layers import Count, Layer, ObjectIds, Page, Row, understand
from pipeline.fetch.moved import find_layer
from pipeline.theatres import LiveLayer

PAGE_ROWS = 1_000
# Rows that a page lacks are asked for again, each time fewer at once, until nothing new comes this many times. Large
# polygons can be too much for a server, which then gives fewer rows than asked for, or an error.
BARREN = 4
FEWER = 4
READINGS = 3


class _Unsteady(Exception):
    """The layer gave what it does not list, or changed while it was read."""


@dataclass(frozen=True)
class Survey:
    """What a server says of a layer before its rows are read.

    Attributes:
        address: the layer's address.
        layer: the layer's description.
        id_field: field of the object id.
        ids: every object id, ascending.
    """

    address: str
    layer: Layer
    id_field: str
    ids: tuple[int, ...]


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
            _write(client, survey, target)
            _compare(survey, _survey(client, block, address))
            return len(survey.ids)
        except _Unsteady as unsteady:
            why = str(unsteady)
            client.on_progress(f"{block.name}: {why}" + ("; reading it again" if reading < READINGS else ""))
    raise FetchFailed(f"{plain(address)}: {why}, each of {READINGS} times; nothing was taken. Try again later")


def _survey(client: Client, block: LiveLayer, address: str) -> Survey:
    layer = find_layer(client, block)
    query, everything = f"{address}/query", {"where": "1=1", "f": "json"}
    counted = understand(Count, query, client.ask(query, {**everything, "returnCountOnly": "true"})).count
    listed = understand(ObjectIds, query, client.ask(query, {**everything, "returnIdsOnly": "true"}))
    ids = listed.object_ids
    if counted != len(ids):
        raise _Unsteady(f"the server counts {counted} rows and lists {len(ids)} object ids")
    if len(set(ids)) != len(ids):
        raise _Unsteady("the server lists an object id twice")
    if not ids:
        raise FetchFailed(f"{plain(address)}: the layer holds no rows; nothing was taken")
    id_field = listed.object_id_field_name or layer.id_field
    if not id_field:
        raise FetchFailed(f"{plain(address)}: the layer has no object id field, so its rows cannot be told apart")
    return Survey(address, layer, id_field, tuple(sorted(ids)))


def _compare(before: Survey, after: Survey) -> None:
    if before.ids != after.ids:
        lost, new = (len(set(a) - set(b)) for a, b in ((before.ids, after.ids), (after.ids, before.ids)))
        raise _Unsteady(f"while it was read, {new} rows came and {lost} went")
    if before.layer != after.layer:
        raise _Unsteady("it was edited while it was read")


def _write(client: Client, survey: Survey, target: Path) -> None:
    """Write the file page by page; memory holds one page."""
    written, told, system = 0, 0, survey.layer.extent.spatial_reference if survey.layer.extent else None
    with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for rows, page_system in _pages(client, survey):
            if written == 0:
                system = page_system or system
                file.write(_opening(survey, system))
            elif page_system and page_system != system:
                raise _Unsteady("its coordinate system changed between two pages")
            for row in rows:
                file.write((",\n" if written else "\n") + _line(row, survey))
                written += 1
            if file.tell() > client.settings.max_export_bytes:
                raise over_cap(client.settings, plain(survey.address))
            if written * 10 // len(survey.ids) > told and written < len(survey.ids):
                told = written * 10 // len(survey.ids)
                client.on_progress(f"{written:,} of {len(survey.ids):,} rows")
        file.write("\n]}\n")


def _opening(survey: Survey, system: dict[str, Any] | None) -> str:
    """The beginning of the document, up to its first row; what makes it known as Esri's stands first."""
    layer = survey.layer
    members = {
        "geometryType": layer.geometry_type,
        "spatialReference": system if layer.geometry_type else None,
        "hasZ": layer.has_z or None,
        "hasM": layer.has_m or None,
        "objectIdFieldName": survey.id_field,
        "fields": [field.model_dump(exclude_none=True) for field in layer.fields],
    }
    return _encode({name: value for name, value in members.items() if value is not None})[:-1] + ',"features":['


def _line(row: Row, survey: Survey) -> str:
    """One row as JSON: attributes in the order of the fields, whatever the server's.

    Raises:
        FetchFailed: it holds what JSON cannot say.
    """
    names = [field.name for field in survey.layer.fields if field.name in row.attributes]
    names += sorted(set(row.attributes) - set(names))
    ordered: dict[str, Any] = {"attributes": {name: row.attributes[name] for name in names}}
    if row.geometry is not None:
        ordered["geometry"] = dict(sorted(row.geometry.items()))
    try:
        return _encode(ordered)
    except (ValueError, RecursionError) as error:
        number = row.attributes[survey.id_field]
        raise FetchFailed(f"{plain(survey.address)}: object id {number} cannot be written: {error}") from None


def _encode(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _pages(client: Client, survey: Survey) -> Iterator[tuple[list[Row], dict[str, Any] | None]]:
    size = min(PAGE_ROWS, survey.layer.max_record_count or PAGE_ROWS)
    for start in range(0, len(survey.ids), max(1, size)):
        yield _page(client, survey, survey.ids[start : start + max(1, size)])


def _page(client: Client, survey: Survey, ids: Sequence[int]) -> tuple[list[Row], dict[str, Any] | None]:
    """The rows of these object ids in their order, and their coordinate system; what is missing is asked for again."""
    found: dict[int, Row] = {}
    system, size, barren, missing = None, len(ids), 0, list(ids)
    failure: NotNow | None = None
    while missing and barren < BARREN:
        try:
            for start in range(0, len(missing), size):
                page = _ask(client, survey, missing[start : start + size])
                system = page.spatial_reference or system
                for row in page.features:
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


def _ask(client: Client, survey: Survey, ids: Sequence[int]) -> Page:
    layer, query = survey.layer, f"{survey.address}/query"
    asked = {
        "objectIds": ",".join(map(str, ids)),
        "outFields": "*",
        "returnGeometry": _flag(layer.geometry_type is not None),
        "returnZ": _flag(layer.has_z),
        "returnM": _flag(layer.has_m),
        "f": "json",
    }
    return understand(Page, query, client.ask(query, asked, post=True))


def _flag(is_wanted: bool) -> str:
    return "true" if is_wanted else "false"


def _keep(found: dict[int, Row], row: Row, id_field: str) -> None:
    """Keep a row under its object id, once; twice the same is one."""
    number = row.attributes.get(id_field)
    if type(number) is not int:
        raise _Unsteady("a row came without its object id")
    if found.setdefault(number, row) != row:
        raise _Unsteady(f"object id {number} came twice, with different values")
