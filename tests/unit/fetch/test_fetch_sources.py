"""From a source's `fetch` block to its export: new once, unchanged after, and nothing where it failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
import stamina
from arcgis_server import ArcgisServer, control_rows, on_rows
from live_theatre import live_theatre
from typer.testing import CliRunner
from web_server import Answer, Asked, WebServer, instead

from pipeline import cli
from pipeline.fetch import Fetched, fetch_sources
from pipeline.fetch.sources import file_name
from pipeline.intake import ingest
from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.theatres import LiveFile, LiveLayer, Theatre, reading

INCIDENTS = b"id,date,latitude,longitude,location,sources,filters\nCIV1,9/7/2022,49.2,37.3,Izium,,\n"
PATH = "/exports/incidents.csv"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def arcgis() -> Iterator[ArcgisServer]:
    served = ArcgisServer()
    with served.web.running():
        yield served


@pytest.fixture
def web() -> Iterator[WebServer]:
    def serve(asked: Asked) -> Answer:
        marks = {"ETag": '"1"'}
        is_same = asked.headers.get("if-none-match") == '"1"'
        return Answer(status=304, headers=marks) if is_same else Answer(INCIDENTS, headers=marks)

    with WebServer(serve).running() as served:
        yield served


def _layer(arcgis: ArcgisServer, **changed: Any) -> LiveLayer:
    named = {"address": arcgis.address, "layer": arcgis.number, "name": arcgis.name, **changed}
    return LiveLayer(kind="arcgis", **named)


def _theatre(arcgis: ArcgisServer, web: WebServer) -> Theatre:
    return live_theatre(isw_control=_layer(arcgis), bellingcat=LiveFile(kind="url", address=web.address + PATH))


def _fetch(settings: Settings, theatre: Theatre) -> dict[str, Fetched]:
    live = [(theatre, source) for source in theatre.live_sources.values()]
    return {came.source: came for came in fetch_sources(settings, live)}


def _kept(settings: Settings) -> list[str]:
    return sorted(str(path.name) for path in settings.fetched_dir.rglob("*") if path.is_file())


def test_what_is_new_is_taken_once(settings: Settings, arcgis: ArcgisServer, web: WebServer) -> None:
    theatre = _theatre(arcgis, web)
    first = _fetch(settings, theatre)
    assert {name: (came.state, came.records, came.problem) for name, came in first.items()} == {
        "isw_control": ("new", 7, None), "bellingcat": ("new", 1, None),
    }  # fmt: skip
    arcgis.most = 2
    arcgis.rows.reverse()
    again = _fetch(settings, theatre)
    assert {came.state for came in again.values()} == {"unchanged"}
    assert again["bellingcat"].bytes == 0 and again["bellingcat"].records == 1
    arcgis.rows.append(control_rows(8)[-1])
    assert _fetch(settings, theatre)["isw_control"].in_words().startswith("ukraine isw_control: new, 8 records in ")
    exports = Lake(settings).read("raw.exports", theatre="ukraine").to_pylist()
    assert sorted(row["file_name"] for row in exports) == ["VIEW_Control_49.json"] * 2 + ["incidents.csv"]
    assert _kept(settings) == [".lock", ".lock", "seen.json"]


def test_two_at_once_take_turns(settings: Settings, arcgis: ArcgisServer, web: WebServer) -> None:
    theatre = _theatre(arcgis, web)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: _fetch(settings, theatre), range(2)))
    for name in theatre.live_sources:
        assert sorted(came[name].state for came in both) == ["new", "unchanged"]


def test_rows_of_a_layer_are_records_in_degrees(settings: Settings, arcgis: ArcgisServer, web: WebServer) -> None:
    _fetch(settings, _theatre(arcgis, web))
    rows = Lake(settings).read("raw.records", theatre="ukraine", source="isw_control").to_pylist()
    first = min(rows, key=lambda row: int(row["record_no"]))
    assert json.loads(first["properties"]) == control_rows(1)[0]["attributes"]
    assert shapely.from_wkb(first["geometry"]).centroid.distance(shapely.Point(35.95, 48.58)) < 0.1


def test_one_that_fails_takes_nothing_and_stops_no_other(
    settings: Settings, arcgis: ArcgisServer, web: WebServer
) -> None:
    arcgis.web.faults = [on_rows(lambda rows: rows[1:])] * 100
    came = _fetch(settings, _theatre(arcgis, web))
    assert came["isw_control"].state == "failed" and "not given" in str(came["isw_control"].problem)
    assert came["bellingcat"].state == "new"
    assert Lake(settings).read("raw.records", theatre="ukraine", source="isw_control").num_rows == 0
    assert not list(settings.exports_dir.rglob("*.json")) and "download.part" not in _kept(settings)


def test_a_file_that_did_not_change_is_asked_for_whole_where_its_export_is_gone(
    settings: Settings, arcgis: ArcgisServer, web: WebServer, tmp_path: Path
) -> None:
    theatre = _theatre(arcgis, web)
    _fetch(settings, theatre)
    settings.lake_dir.rename(tmp_path / "elsewhere")
    assert _fetch(settings, theatre)["bellingcat"].state == "new"


def test_an_export_that_cannot_be_read_is_told_each_time(
    settings: Settings, arcgis: ArcgisServer, web: WebServer
) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH))
    web.faults = [instead(Answer(b"\x00\x01\x02", headers={"ETag": '"1"'}))]
    problems = [_fetch(settings, theatre)["bellingcat"].problem for _ in range(2)]
    assert problems[0] and problems[1] and "incidents.csv" in problems[0] and "incidents.csv" in problems[1]


def test_a_token_comes_from_the_environment(
    settings: Settings, arcgis: ArcgisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    arcgis.token = "s3cret"
    theatre = live_theatre(isw_control=_layer(arcgis, token_env="ISW_TEST_TOKEN"))
    without = _fetch(settings, theatre)["isw_control"]
    assert without.state == "failed" and "ISW_TEST_TOKEN is empty" in str(without.problem)
    monkeypatch.setenv("ISW_TEST_TOKEN", "wrong")
    assert "Token Required" in str(_fetch(settings, theatre)["isw_control"].problem)
    monkeypatch.setenv("ISW_TEST_TOKEN", "s3cret")
    assert _fetch(settings, theatre)["isw_control"].state == "new"
    assert all("s3cret" not in str(asked.parameters) for asked in arcgis.web.asked)


def test_what_follows_the_path_of_an_address_is_neither_told_nor_kept(settings: Settings, web: WebServer) -> None:
    query = "?of=pa55"
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH + query))
    assert [_fetch(settings, theatre)["bellingcat"].state for _ in range(2)] == ["new", "unchanged"]
    assert "pa55" not in (settings.fetched_dir / "ukraine" / "bellingcat" / "seen.json").read_text(encoding="utf-8")
    locked = LiveFile(kind="url", address=web.address + PATH + query, token_env="ISW_TEST_TOKEN")
    told = str(_fetch(settings, live_theatre(bellingcat=locked))["bellingcat"].problem)
    assert f"put the token for {web.address + PATH} there" in told and "pa55" not in told


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/a/strikes.csv?day=1", "strikes.csv"),
        ("https://example.org/a/%D8%B6%20x.csv", "ض x.csv"),
        ("https://example.org/a/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("https://example.org/a/%2e%2e", "bellingcat"),
        ("https://example.org/a/", "bellingcat"),
        ("s3://bucket/" + "x" * 300 + ".csv", "x" * 56 + ".csv"),
    ],
)
def test_an_export_is_named_by_its_address_within_its_folder(address: str, name: str) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=address))
    assert file_name(theatre.sources["bellingcat"]) == name


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ISW_DATA", str(settings.root))
    return CliRunner()


def _serve_theatre(monkeypatch: pytest.MonkeyPatch, theatre: Theatre) -> None:
    known = {**reading.theatres(), theatre.name: theatre}
    monkeypatch.setattr("pipeline.fetch.sources.theatres", lambda: known)


def test_the_command_says_what_came(
    command: CliRunner, arcgis: ArcgisServer, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _serve_theatre(monkeypatch, _theatre(arcgis, web))
    first = command.invoke(cli.app, ["fetch"])
    assert first.exit_code == 0, first.output
    assert "ukraine isw_control: new, 7 records in" in first.output and "Next: isw-strikes run" in first.output
    one = command.invoke(cli.app, ["fetch", "--theatre", "ukraine", "--source", "bellingcat"])
    assert "ukraine bellingcat: unchanged, 1 records" in one.output and "isw_control" not in one.output
    arcgis.name = "Another"
    failed = command.invoke(cli.app, ["fetch"])
    assert failed.exit_code == 1 and "names layer 49 'Assessed control'" in failed.output


def test_without_live_sources_nothing_happens(command: CliRunner, settings: Settings) -> None:
    said = command.invoke(cli.app, ["fetch"])
    assert said.exit_code == 0 and "nothing to fetch" in said.output and not settings.root.exists()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("airwars", "'airwars' of syria, ukraine has no `fetch` block"),
        ("airwarz", "there is no source 'airwarz' in syria, ukraine: choose one of "),
    ],
)
def test_a_source_that_is_not_live_or_that_there_is_not_is_told(command: CliRunner, source: str, told: str) -> None:
    said = command.invoke(cli.app, ["fetch", "--source", source])
    assert told in str(said.exception)


def test_a_server_that_goes_back_to_what_it_said_is_heard(settings: Settings, web: WebServer) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH))
    told = []
    for body in (INCIDENTS, INCIDENTS.replace(b"49.2", b"49.9"), INCIDENTS):
        web.serve = lambda _, body=body: Answer(body)  # type: ignore[misc]
        told.append(_fetch(settings, theatre)["bellingcat"])
    assert [came.state for came in told] == ["new", "new", "new"]
    assert "back to what it said on 20" in told[2].in_words() and "back" not in told[1].in_words()
    assert Lake(settings).read("raw.exports").num_rows == 3


def test_what_came_by_mail_takes_nothing_from_what_the_server_says(
    settings: Settings, web: WebServer, tmp_path: Path
) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH))
    source = theatre.sources["bellingcat"].model_copy(update={"is_complete": False})

    def fetch() -> str:
        return fetch_sources(settings, [(theatre, source)])[0].state

    def mail(day: int, content: bytes) -> None:
        path = tmp_path / "mailed.csv"
        path.write_bytes(content)
        ingest(settings, path, theatre, source, datetime(2022, 10, day, tzinfo=UTC))

    said = [fetch()]
    mail(2, INCIDENTS.replace(b"9/7", b"9/8"))
    mail(1, INCIDENTS)
    said += [fetch(), fetch()]
    assert said == ["new", "unchanged", "unchanged"]
    rows = sorted(Lake(settings).read("raw.exports").to_pylist(), key=lambda row: row["received_at"])
    assert [row["is_fetched"] for row in rows] == [False, False, True]
    assert rows[2]["sha256"] == rows[0]["sha256"] != rows[1]["sha256"]


def test_a_server_is_asked_for_the_whole_file_where_its_last_answer_is_not_the_one_that_was_seen(
    settings: Settings, web: WebServer
) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH))
    _fetch(settings, theatre)
    lake = Lake(settings)
    (row,) = lake.read("raw.exports").to_pylist()
    where = {name: row[name] for name in ("theatre", "source", "export_id")}
    lake.replace("raw.exports", [row | {"is_fetched": False}], **where)  # known, but not by a fetch
    assert _fetch(settings, theatre)["bellingcat"].state == "new"
    assert "if-none-match" not in web.asked[-1].headers
    assert _fetch(settings, theatre)["bellingcat"].state == "unchanged"


def test_an_answer_that_is_refused_as_a_whole_is_not_told_as_new(settings: Settings, web: WebServer) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH))
    web.serve = lambda _: Answer(b"nothing,of,use\n1,2,3\n")
    came = _fetch(settings, theatre)["bellingcat"]
    assert came.state == "refused" and "refused as a whole" in came.in_words()


def test_an_answer_that_was_refused_is_read_once_its_mapping_is_right(settings: Settings, web: WebServer) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH))
    source = theatre.sources["bellingcat"]
    misspelt = source.fields | {"date_from": source.fields["date_from"].model_copy(update={"names": ("day",)})}
    mistaken = source.model_copy(update={"fields": misspelt})
    states = [fetch_sources(settings, [(theatre, one)])[0] for one in (mistaken, mistaken, source, source)]
    assert [came.state for came in states] == ["refused", "unchanged", "read again", "unchanged"]
    assert [came.records for came in states] == [0, 0, 1, 1] and states[2].problem is None
    assert states[2].in_words() == "ukraine bellingcat: unchanged, but read again: 1 records"


def test_a_wait_that_no_calendar_holds_fails_one_source_in_words(settings: Settings, web: WebServer) -> None:
    theatre = live_theatre(bellingcat=LiveFile(kind="url", address=web.address + PATH))
    waits = {"Retry-After": "Mon, 01 Jan 99999999999 00:00:00 GMT"}
    web.serve = lambda _: Answer(status=503, headers=waits)
    came = _fetch(settings.model_copy(update={"fetch_attempts": 2}), theatre)["bellingcat"]
    assert came.state == "failed" and "503" in str(came.problem)
