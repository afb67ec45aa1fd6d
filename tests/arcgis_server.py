"""An ArcGIS server as a client sees it: services, layers, queries, errors under status 200.

Belongs here: what Esri's REST reference says of "Feature Service", "Layer" and "Query", as far as reading goes, and
ways to spoil it. Does not belong here: any expectation.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from web_server import Answer, Asked, Fault, WebServer

ROOT = "/arcgis/rest/services"
WEB_MERCATOR = {"wkid": 102100, "latestWkid": 3857}
Row = dict[str, Any]


def control_rows(count: int = 7) -> list[Row]:
    """Rows of a control layer: squares in Web Mercator, a coded value, a date, a date-only field, Cyrillic."""
    return [
        {
            "attributes": {
                "OBJECTID": number * 3,
                "status": number % 2,
                "datetime": 1_662_500_000_000 + number,
                "as_of": f"2022-09-{number % 28 + 1:02d}",
                "name": f"Ізюм {number}",
                "area_km2": number / 8,
            },
            "geometry": {"rings": [_square(4_000_000 + number * 1_000, 6_200_000)]},
        }
        for number in range(1, count + 1)
    ]


def _square(x: int, y: int) -> list[list[int]]:
    return [[x, y], [x, y + 900], [x + 900, y + 900], [x + 900, y], [x, y]]


FIELDS: list[Row] = [
    {"name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID", "domain": None},
    {
        "name": "status", "type": "esriFieldTypeInteger", "alias": "Status",
        "domain": {
            "type": "codedValue", "name": "Status",
            "codedValues": [{"name": "Assessed", "code": 0}, {"name": "Claimed", "code": 1}],
        },
    },
    {"name": "datetime", "type": "esriFieldTypeDate", "alias": "datetime", "length": 8, "domain": None},
    {"name": "as_of", "type": "esriFieldTypeDateOnly", "alias": "as_of", "domain": None},
    {"name": "name", "type": "esriFieldTypeString", "alias": "name", "length": 255, "domain": None},
    {"name": "area_km2", "type": "esriFieldTypeDouble", "alias": "area_km2", "domain": None},
]  # fmt: skip


@dataclass
class ArcgisServer:
    """One service with one layer.

    Attributes:
        service: name of the service, in the folder ``isw``.
        number: number of the layer.
        name: name of the layer.
        rows: rows of the layer, in the order in which the server keeps them.
        most: rows that it gives at once (``maxRecordCount``).
        pages: whether it pages by offset; one that does not is older than 10.3.
        token: token that it asks for; none where None.
        edited: when it was last edited, epoch milliseconds.
    """

    service: str = "VIEW_Control"
    number: int = 49
    name: str = "Assessed control"
    kind: str = "FeatureServer"
    rows: list[Row] = field(default_factory=control_rows)
    most: int = 2_000
    pages: bool = True
    token: str | None = None
    edited: int = 1_700_000_000_000
    web: WebServer = field(init=False)

    def __post_init__(self) -> None:
        self.web = WebServer(self._serve)

    @property
    def address(self) -> str:
        """Address of the service."""
        return f"{self.web.address}{ROOT}/isw/{self.service}/{self.kind}"

    def _serve(self, asked: Asked) -> Answer:
        if self.token and asked.headers.get("authorization") != f"Bearer {self.token}":
            return error(499, "Token Required")
        service = f"{ROOT}/isw/{self.service}/{self.kind}"
        answers: dict[str, Callable[[Asked], Answer]] = {
            f"{ROOT}/isw": self._folder,
            service: self._service,
            f"{service}/{self.number}": self._layer,
            f"{service}/{self.number}/query": self._query,
        }
        answer = answers.get(asked.path)
        if answer is None:
            return error(400, "Invalid URL", "Invalid URL")
        if asked.parameters.get("f") != "json":
            return Answer(b"<!DOCTYPE html><html><head><title>ArcGIS REST Services Directory</title></head></html>")
        return answer(asked)

    def _folder(self, _: Asked) -> Answer:
        services = [{"name": f"isw/{name}", "type": self.kind} for name in (self.service, "Roads")]
        return Answer.of_json({"currentVersion": 11.4, "folders": [], "services": services})

    def _service(self, _: Asked) -> Answer:
        layers = [
            {"id": self.number, "name": self.name, "type": "Feature Layer", "geometryType": "esriGeometryPolygon"}
        ]
        return Answer.of_json({"currentVersion": 11.4, "layers": layers, "tables": [], "maxRecordCount": self.most})

    def _layer(self, _: Asked) -> Answer:
        description = {
            "currentVersion": 11.4, "id": self.number, "name": self.name, "type": "Feature Layer",
            "geometryType": "esriGeometryPolygon", "objectIdField": "OBJECTID", "fields": FIELDS,
            "capabilities": "Query,Extract" if self.kind == "FeatureServer" else "Map,Query,Data",
            "maxRecordCount": self.most, "supportsPagination": self.pages,
            "advancedQueryCapabilities": {"supportsPagination": self.pages, "supportsOrderBy": True},
            "extent": {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1, "spatialReference": WEB_MERCATOR},
            "editingInfo": {"lastEditDate": self.edited},
        }  # fmt: skip
        if self.kind == "MapServer":
            del description["objectIdField"], description["editingInfo"]
        return Answer.of_json(description)

    def _query(self, asked: Asked) -> Answer:
        rows = self._chosen(asked.parameters)
        ids = [row["attributes"]["OBJECTID"] for row in rows]
        if asked.parameters.get("returnCountOnly") == "true":
            return Answer.of_json({"count": len(rows)})
        if asked.parameters.get("returnIdsOnly") == "true":
            return Answer.of_json({"objectIdFieldName": "OBJECTID", "objectIds": ids or None})
        given = rows[: self.most]
        answer = {
            "objectIdFieldName": "OBJECTID", "geometryType": "esriGeometryPolygon", "spatialReference": WEB_MERCATOR,
            "fields": [{name: value for name, value in f.items() if name != "domain"} for f in FIELDS],
            "features": given,
        }  # fmt: skip
        return Answer.of_json(answer | ({"exceededTransferLimit": True} if len(given) < len(rows) else {}))

    def _chosen(self, parameters: dict[str, str]) -> list[Row]:
        if "objectIds" not in parameters:
            return self.rows
        wanted = {int(number) for number in parameters["objectIds"].split(",")}
        return [row for row in self.rows if row["attributes"]["OBJECTID"] in wanted]


def error(code: int, message: str, *details: str) -> Answer:
    """An error as ArcGIS tells it: in the body, under status 200."""
    return Answer.of_json({"error": {"code": code, "message": message, "details": list(details)}})


def on_rows(spoil: Callable[[list[Row]], list[Row]]) -> Fault:
    """A fault in the rows of one page."""

    def fault(_asked: Asked, given: Answer) -> Answer | None:
        try:
            document = json.loads(given.body)
        except ValueError:
            return None
        if "features" not in document:
            return None
        return replace(given, body=json.dumps({**document, "features": spoil(document["features"])}).encode())

    return fault


def on_page(answer: Answer) -> Fault:
    """A fault instead of a page of rows."""
    return lambda asked, _given: answer if "objectIds" in asked.parameters else None


def and_then(fault: Fault, change: Callable[[], None]) -> Fault:
    """A fault after which the server has changed."""

    def changing(asked: Asked, given: Answer) -> Answer | None:
        answer = fault(asked, given)
        if answer is not None:
            change()
        return answer

    return changing
