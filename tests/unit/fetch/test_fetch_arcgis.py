"""ArcGIS layers: whatever a server does, every row comes in once, or nothing does and the reason is told."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
from arcgis_server import (
    WEB_MERCATOR,
    ArcgisServer,
    Row,
    and_then,
    control_rows,
    error,
    on_page,
    on_rows,
)  # fmt: skip
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from web_server import Answer, Asked, Fault, instead

from pipeline.fetch import FetchFailed
from pipeline.fetch.arcgis import fetch_layer
from pipeline.fetch.client import Client
from pipeline.settings import Settings
from pipeline.theatres import LiveLayer

PAGE = b"<!DOCTYPE html><html><head><title>Site maintenance</title></head><body>Back soon</body></html>"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Try as often as the settings say, without waiting in between."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def server() -> Iterator[ArcgisServer]:
    served = ArcgisServer()
    with served.web.running():
        yield served


@pytest.fixture
def impatient(settings: Settings) -> Settings:
    return settings.model_copy(update={"fetch_timeout_s": 0.5, "fetch_deadline_s": 0.8, "fetch_attempts": 3})


def _block(server: ArcgisServer, **changed: Any) -> LiveLayer:
    named = {"address": server.address, "layer": server.number, "name": server.name, **changed}
    return LiveLayer(kind="arcgis", **named)


def _fetch(settings: Settings, server: ArcgisServer, folder: Path, block: LiveLayer | None = None) -> bytes:
    block = block or _block(server)
    with Client(settings, server.token) as client:
        rows = fetch_layer(client, block, folder / "layer.json")
    content = (folder / "layer.json").read_bytes()
    assert rows == len(json.loads(content)["features"])
    return content


def test_a_layer_becomes_one_esri_json_file(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    document = json.loads(_fetch(settings, server, tmp_path))
    assert document["spatialReference"] == WEB_MERCATOR and document["geometryType"] == "esriGeometryPolygon"
    assert document["features"] == server.rows
    fields = {field["name"]: field for field in document["fields"]}
    assert fields["as_of"]["type"] == "esriFieldTypeDateOnly"
    assert fields["status"]["domain"]["codedValues"][1] == {"name": "Claimed", "code": 1}
    assert document["features"][0]["attributes"]["as_of"] == "2022-09-02"


@pytest.mark.parametrize("kind", ["FeatureServer", "MapServer"])
@pytest.mark.parametrize("pages", [True, False])
def test_old_and_new_servers_of_both_kinds_give_the_same(
    settings: Settings, server: ArcgisServer, tmp_path: Path, kind: str, pages: bool
) -> None:
    expected = _fetch(settings, server, tmp_path)
    server.kind, server.pages, server.most = kind, pages, 2
    assert _fetch(settings, server, tmp_path) == expected


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 12), most=st.integers(1, 14), seed=st.integers(0, 2**16))
def test_size_of_pages_and_order_of_rows_do_not_matter(
    settings: Settings, server: ArcgisServer, tmp_path: Path, count: int, most: int, seed: int
) -> None:
    server.rows, server.most = control_rows(count), 2_000
    expected = _fetch(settings, server, tmp_path)
    shuffled = random.Random(seed).sample(server.rows, count)
    server.rows = [{**row, "attributes": _shuffled(row["attributes"], seed)} for row in shuffled]
    server.most = most
    assert _fetch(settings, server, tmp_path) == expected


def _shuffled(attributes: Row, seed: int) -> Row:
    return dict(random.Random(seed).sample(sorted(attributes.items()), len(attributes)))


def _passing() -> dict[str, list[Fault]]:
    slow = Answer(b'{"features": []}', pause_s=0.7)
    return {
        "a row twice": [on_rows(lambda rows: [*rows, rows[0]])],
        "a row missing": [on_rows(lambda rows: rows[1:])],
        "a row twice and another missing": [on_rows(lambda rows: [*rows[:-1], rows[0]])] * 2,
        "rows of another page": [on_rows(lambda rows: control_rows(9)[-len(rows) :])],
        "a page without rows": [on_rows(lambda _: [])] * 2,
        "429": [on_page(Answer(b"slow down", 429, {"Retry-After": "7"}))],
        "500": [on_page(Answer(b"oops", 500)), instead(Answer(b"oops", 502), returnCountOnly="true")],
        "slow": [on_page(slow)],
        "cut off": [on_page(Answer(json.dumps({"features": control_rows()}).encode(), cut_after=40))],
        "half of a JSON text": [on_page(Answer(b'{"features": [{"attributes"'))],
        "HTML instead of JSON": [on_page(Answer(PAGE)), instead(Answer(PAGE), returnIdsOnly="true")],
        "an error under 200": [on_page(error(500, "Error performing query operation"))],
        "a wrong count": [instead(Answer.of_json({"count": 99}), returnCountOnly="true")],
        "a wrong list": [instead(Answer.of_json({"objectIds": [3, 6]}), returnIdsOnly="true")],
        "the same id twice": [instead(Answer.of_json({"objectIds": [3, 3, 6, 9, 12, 15, 18]}), returnIdsOnly="true")],
    }


@pytest.mark.parametrize("name", _passing())
def test_a_fault_that_passes_leaves_no_trace(
    impatient: Settings, server: ArcgisServer, tmp_path: Path, name: str
) -> None:
    server.most = 3
    expected = _fetch(impatient, server, tmp_path)
    server.web.faults = _passing()[name]
    assert _fetch(impatient, server, tmp_path) == expected
    assert not server.web.faults, "the fault was never met"


LASTING: dict[str, tuple[Fault, str]] = {
    "rows that never come": (on_rows(lambda rows: rows[1:]), "listed but not given"),
    "two rows of one id": (
        on_rows(lambda rows: [*rows, {"attributes": {**rows[0]["attributes"], "name": "x"}}]), "with different values",
    ),
    "rows without an id": (on_rows(lambda rows: [{"attributes": {"name": "x"}}]), "without its object id"),
    "429": (on_page(Answer(b"", 429, {"Retry-After": "2"})), "429"),
    "503": (on_page(Answer(b"", 503)), "503"),
    "slow": (on_page(Answer(b'{"features": []}', pause_s=0.6)), "fell silent"),
    "dripping": (on_page(Answer(b'{"features": []}' * 9, pause_s=0.02)), "no end within 0.8 s"),
    "cut off": (on_page(Answer(b'{"features": []}', cut_after=9)), "cut off"),
    "HTML": (on_page(Answer(PAGE)), "a web page (Site maintenance) instead of JSON"),
    "an error under 200": (on_page(error(500, "Database is down\x1b[2J")), "error 500: Database is down [2J"),
    "a wrong count": (instead(Answer.of_json({"count": 8}), returnCountOnly="true"), "counts 8 rows and lists 7"),
    "a description that is none": (
        instead(Answer.of_json({"id": 49, "name": "Assessed control", "fields": "all"}), "/49"), "layer's: fields",
    ),
    "ids that are none": (instead(Answer.of_json({"objectIds": [1.5]}), returnIdsOnly="true"), "objectIds.0"),
    "no features": (on_page(Answer.of_json({"result": 1})), "none of a layer's: features: Field required"),
    "a geometry that is none": (
        on_rows(lambda rows: [{**row, "geometry": "here"} for row in rows]), "features.0.geometry: Input should",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_does_not_pass_is_told(
    impatient: Settings, server: ArcgisServer, tmp_path: Path, name: str
) -> None:
    fault, said = LASTING[name]
    server.web.faults = [fault] * 100
    with pytest.raises(FetchFailed, match=r"^http://127\.0\.0\.1:\d+/arcgis/rest") as failed:
        _fetch(impatient, server, tmp_path)
    assert said in str(failed.value)


def test_a_server_that_cannot_give_a_whole_page_is_asked_for_less(
    impatient: Settings, server: ArcgisServer, tmp_path: Path
) -> None:
    expected = _fetch(impatient, server, tmp_path)

    def too_much(asked: Asked, _given: Answer) -> Answer | None:
        is_much = "," in asked.parameters.get("objectIds", "")
        return error(500, "Error performing query operation") if is_much else None

    server.web.faults = [too_much] * 100
    assert _fetch(impatient, server, tmp_path) == expected


def test_what_is_asked_again_is_told(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    server.web.faults = [on_page(Answer(b"", 503))]
    told: list[str] = []
    with Client(settings, on_progress=told.append) as client:
        fetch_layer(client, _block(server), tmp_path / "layer.json")
    assert len(told) == 1 and told[0].endswith("the server answers 503 Service Unavailable; asking again")


def test_a_layer_that_changes_while_it_is_read_is_read_again(
    settings: Settings, server: ArcgisServer, tmp_path: Path
) -> None:
    server.most = 3
    more = control_rows(9)
    server.web.faults = [and_then(on_rows(list), lambda: server.rows.extend(more[7:]))]
    document = json.loads(_fetch(settings, server, tmp_path))
    assert document["features"] == more


def test_an_edit_that_leaves_the_ids_is_noticed_too(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    server.most = 3
    edited = [{**row, "attributes": {**row["attributes"], "status": 5}} for row in server.rows]

    def edit() -> None:
        server.rows, server.edited = edited, server.edited + 1

    server.web.faults = [and_then(on_rows(list), edit)]
    assert json.loads(_fetch(settings, server, tmp_path))["features"] == edited


def test_a_layer_that_never_holds_still_is_not_taken(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    def lose() -> None:
        server.rows = server.rows[:-1]

    server.web.faults = [and_then(on_rows(list), lose) for _ in range(3)]
    with pytest.raises(FetchFailed, match="1 went, each of 3 times; nothing was taken"):
        _fetch(settings, server, tmp_path)


def _as(**changed: Any) -> Callable[[ArcgisServer], None]:
    def change(server: ArcgisServer) -> None:
        for name, value in changed.items():
            setattr(server, name, value)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_as(service="VIEW_Control_V2"), "services of a like name (VIEW_Control_V2): change `address`"),
        (_as(service="Elsewhere"), "lists no service of a like name"),
        (_as(number=0), "has 'Assessed control' as layer 0: change `layer`"),
        (_as(number=0, name="Control"), "The service has 0 'Control'"),
        (_as(name="Claimed control"), "is layer 49 'Claimed control' now, and the theatre's file names layer 49"),
    ],
)
def test_a_service_or_layer_that_moved_is_told_as_such(
    settings: Settings, server: ArcgisServer, tmp_path: Path, change: Callable[[ArcgisServer], None], said: str
) -> None:
    block = _block(server)
    change(server)
    with pytest.raises(FetchFailed) as failed:
        _fetch(settings, server, tmp_path, block)
    assert said in str(failed.value)


def test_a_redirect_to_another_service_is_a_move(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    elsewhere = server.address.replace("VIEW_Control", "Other") + "/49?f=json"
    server.web.faults = [
        instead(Answer(b"", 301, {"Location": elsewhere}), "/49"),
        instead(Answer.of_json({"name": server.name, "id": 49}), "/Other/FeatureServer/49"),
    ]
    with pytest.raises(FetchFailed, match=r"has moved to .*/Other/FeatureServer/49: look whether it is the same"):
        _fetch(settings, server, tmp_path)


@pytest.mark.parametrize("code", [498, 499])
def test_a_token_is_asked_for_once(settings: Settings, server: ArcgisServer, tmp_path: Path, code: int) -> None:
    server.web.faults = [instead(error(code, "Token Required"), "/49")]
    with pytest.raises(FetchFailed, match=r"Token Required.*token_env"):
        _fetch(settings, server, tmp_path)
    assert len(server.web.asked) == 1


def test_an_empty_layer_is_not_taken(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    server.rows = []
    with pytest.raises(FetchFailed, match="holds no rows; nothing was taken"):
        _fetch(settings, server, tmp_path)


def test_a_layer_larger_than_the_cap_is_not_taken(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    capped = settings.model_copy(update={"max_export_bytes": 5_000})
    server.rows, server.most = control_rows(30), 2
    with pytest.raises(FetchFailed, match="larger than max_export_bytes = 5,000"):
        _fetch(capped, server, tmp_path)


def test_a_number_that_json_cannot_say_is_told(settings: Settings, server: ArcgisServer, tmp_path: Path) -> None:
    server.rows = server.rows[:1]
    endless = Answer(b'{"features": [{"attributes": {"OBJECTID": 3, "area_km2": 1e999}}]}')
    server.web.faults = [on_page(endless)]
    with pytest.raises(FetchFailed, match="object id 3 cannot be written"):
        _fetch(settings, server, tmp_path)
