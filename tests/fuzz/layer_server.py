"""A server of one ArcGIS layer, as far as a layer is fetched from it: honest but for what an input makes it say.

Belongs here: how an input tells what is answered to what, and inputs to begin with.
Does not belong here: fetching, and what must hold of it (``harnesses``).

An input is the layer's description, its count, its object ids and its rows, apart by ``PARTS``. Each holds answers
apart by ``TURNS``, given one after the other, the last one for good. An empty count or list of ids is filled in from
the rows, and the last page is cut to the ids that are asked for, so that most inputs come as far as the rows.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import httpx

PARTS, TURNS = b"\n\x1e\n", b"\n\x1d\n"
DESCRIPTION, COUNT, IDS, ROWS = range(4)


class LayerServer:
    """Answers for one fetching.

    Attributes:
        asked_for_rows: how often a page was asked for.
    """

    def __init__(self, content: bytes) -> None:
        parts = (content.split(PARTS) + [b""] * 4)[:4]
        self._turns = [part.split(TURNS) for part in parts]
        self._done = [0] * 4
        self._page = _page(self._turns[ROWS][-1])
        self.asked_for_rows = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """An answer, under status 200 as ArcGIS gives all of them."""
        asked = request.url.params
        if request.method == "POST":
            return httpx.Response(200, content=self._rows(parse_qs(request.content.decode())["objectIds"][0]))
        what = COUNT if "returnCountOnly" in asked else IDS if "returnIdsOnly" in asked else DESCRIPTION
        said = self._next(what)
        if said or what == DESCRIPTION:
            return httpx.Response(200, content=said)
        # Rows that nobody can read are some rows all the same.
        ids = [number for row in self._page["features"] for number in [_id(row)] if type(number) is int] or [1, 2]
        answers: dict[int, Any] = {COUNT: {"count": len(ids)}, IDS: {"objectIdFieldName": "OBJECTID", "objectIds": ids}}
        return httpx.Response(200, json=answers[what])

    def _next(self, what: int) -> bytes:
        turn = self._turns[what][min(self._done[what], len(self._turns[what]) - 1)]
        self._done[what] += 1
        return turn

    def _rows(self, ids: str) -> bytes:
        self.asked_for_rows += 1
        is_last = self._done[ROWS] >= len(self._turns[ROWS]) - 1
        said = self._next(ROWS)
        if not is_last or not self._page["features"]:
            return said
        wanted = set(ids.split(","))
        rows = [row for row in self._page["features"] if type(_id(row)) is not int or str(_id(row)) in wanted]
        return json.dumps({**self._page, "features": rows}).encode()


def _page(said: bytes) -> dict[str, Any]:
    try:
        page = json.loads(said)
    except (ValueError, RecursionError):
        return {"features": []}
    return page if isinstance(page, dict) and isinstance(page.get("features"), list) else {"features": []}


def _id(row: Any) -> Any:
    attributes = row.get("attributes") if isinstance(row, dict) else None
    return attributes.get("OBJECTID") if isinstance(attributes, dict) else None


def inputs() -> list[bytes]:
    """An honest server, and one for each way in which real ones err."""
    fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, {"name": "n", "type": "esriFieldTypeString"}]
    layer: dict[str, Any] = {"id": 0, "name": "A", "fields": fields, "maxRecordCount": 2}
    layer |= {"geometryType": "esriGeometryPoint", "extent": {"spatialReference": {"wkid": 102100}}}
    layer |= {"editingInfo": {"lastEditDate": 5}, "objectIdField": "OBJECTID"}
    rows = [{"attributes": {"OBJECTID": n, "n": "حلب"}, "geometry": {"x": 4e6 + n, "y": 4.3e6}} for n in range(1, 6)]
    page = {"features": rows, "spatialReference": {"wkid": 102100}}
    short, twice = {**page, "features": rows[:1]}, {**page, "features": [rows[0], rows[0], rows[1]]}
    other = {**page, "features": [{**rows[0], "attributes": {"OBJECTID": 1, "n": "b"}}]}
    error = {"error": {"code": 500, "message": "Unable to perform query"}}
    edited = [layer, {**layer, "editingInfo": {"lastEditDate": 6}}]
    table = {**layer, "geometryType": None, "objectIdField": None}
    flat = {"features": [{"attributes": row["attributes"]} for row in rows]}
    rings = [{**row, "geometry": {"rings": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}} for row in rows]
    return [
        _input([layer], [page]),
        _input([layer], [short, page]),
        _input([layer], [twice, page]),
        _input([layer], [other, page]),
        _input([layer], [error, page]),
        _input([layer], [{**page, "spatialReference": {"wkid": 4326}}, page]),
        _input([edited[0], edited[1]], [page]),
        _input([table], [flat]),
        _input([{**layer, "geometryType": "esriGeometryPolygon", "hasZ": False}], [{**page, "features": rings}]),
        _input([layer], [page], [{"count": 2}, {"count": 3}], [{"objectIds": [1, 2]}, {"objectIds": [1, 2, 3]}]),
    ]


def _input(layers: list[Any], pages: list[Any], counts: list[Any] = [], ids: list[Any] = []) -> bytes:  # noqa: B006
    parts = [layers, counts, ids, pages]
    return PARTS.join(TURNS.join(json.dumps(turn, ensure_ascii=False).encode() for turn in part) for part in parts)
