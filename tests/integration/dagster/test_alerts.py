"""A failed run is told by webhook and mail, without a secret in any log."""

from __future__ import annotations

import json
import logging
import smtplib
import traceback
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
import stamina
from pydantic import SecretStr
from stub_pipeline import Stub
from web_server import Answer, WebServer

from assets.definitions import definitions
from pipeline.alerts import Alert, send
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.status import Outcome, read_status

SECRET = "hook-4711"


@pytest.fixture
def server() -> Iterator[WebServer]:
    served = WebServer(lambda _: Answer(b"ok"))
    with served.running(), stamina.set_testing(True, attempts=3, cap=True):
        yield served


@pytest.fixture
def told(settings: Settings, server: WebServer) -> Settings:
    return settings.model_copy(update={"alert_webhook": SecretStr(f"{server.address}/{SECRET}")})


def _fail(stub: Stub, opened: dg.DagsterInstance, sensor: str, **tags: str) -> dg.DagsterRunReaction | None:
    """Run a job that fails, and let a sensor see it."""
    result = stub.run("syria_ingest", instance=opened, **tags)
    assert not result.success
    loaded = definitions(stub.pipeline())
    failure = next(event for event in result.all_events if event.event_type is dg.DagsterEventType.RUN_FAILURE)
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor, dagster_instance=opened, dagster_run=result.dagster_run, dagster_event=failure
    ).for_run_failure()
    return loaded.resolve_sensor_def(sensor)(context)


def test_a_failed_run_is_told(told: Settings, monkeypatch: pytest.MonkeyPatch, server: WebServer) -> None:
    sent: list[dict[str, Any]] = []
    make = urllib.request.Request

    def note(address: str, body: bytes, headers: dict[str, str]) -> urllib.request.Request:
        sent.append(json.loads(body))
        return make(address, body, headers)

    monkeypatch.setattr(urllib.request, "Request", note)
    stub = Stub(told, fault=UserError("the inbox is on fire: put it out"))
    stub.receive()
    with dg.DagsterInstance.ephemeral() as opened:
        _fail(stub, opened, "failed_runs", why="in the inbox: strikes.csv")
        (run,) = opened.get_runs()
    assert [asked.path for asked in server.asked] == [f"/{SECRET}"]
    assert sent[0]["theatre"] == "syria" and sent[0]["job"] == "syria_ingest" and sent[0]["run"] == run.run_id
    assert sent[0]["why"] == "in the inbox: strikes.csv"
    assert sent[0]["failed"] == "syria control: the inbox is on fire: put it out"
    text = sent[0]["text"]
    assert f"/runs/{run.run_id}" in text and "isw-strikes run --theatre syria" in text
    assert "What to do: " in text


def test_a_failed_run_is_noted_in_the_status(settings: Settings) -> None:
    stub = Stub(settings, fault=UserError("the inbox is on fire: put it out"))
    stub.receive()
    with dg.DagsterInstance.ephemeral() as opened:
        _fail(stub, opened, "failures_in_status")
        (record,) = opened.get_run_records()
    status = read_status(settings)
    assert status is not None and status.outcome is Outcome.FAILED and record.end_time is not None
    assert status.why == "syria control: the inbox is on fire: put it out"
    assert status.looked_at.timestamp() == int(record.end_time)


@pytest.mark.parametrize(
    ("job", "is_noted"),
    [("syria_months", True), ("publish", True), ("housekeeping", False), ("ukraine_freshness", False)],
)
def test_only_failures_of_what_makes_data_are_noted_and_dated_now_where_no_end_is_known(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, job: str, is_noted: bool
) -> None:
    stub = Stub(settings)
    loaded = definitions(stub.pipeline())
    before = datetime.now(UTC).replace(microsecond=0)
    with dg.DagsterInstance.ephemeral() as opened:
        known = loaded.resolve_job_def("publish")
        run = opened.create_run_for_job(known, status=dg.DagsterRunStatus.STARTED)
        event = opened.report_run_failed(run, "it went wrong")
        named = run._replace(job_name=job)
        context = dg.build_run_status_sensor_context(
            sensor_name="failures_in_status", dagster_instance=opened, dagster_run=named, dagster_event=event
        ).for_run_failure()
        monkeypatch.setattr(opened, "get_run_stats", lambda _: SimpleNamespace(end_time=None))
        loaded.resolve_sensor_def("failures_in_status")(context)
    status = read_status(settings)
    assert (status is not None) is is_noted
    assert status is None or (status.why == "it went wrong" and status.looked_at >= before)


def test_a_server_that_stumbles_is_asked_again(told: Settings, server: WebServer) -> None:
    server.faults += [lambda *_: Answer(status=503), lambda *_: Answer(status=429)]
    send(told, Alert("it failed", "all of it"))
    assert len(server.asked) == 3


def test_no_secret_is_logged(told: Settings, server: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    server.serve = lambda _: Answer(status=500)
    with caplog.at_level(logging.DEBUG), pytest.raises(UserError) as refused:
        send(told, Alert("it failed", "all of it"))
    assert str(refused.value) == (
        "an alert was not sent (ISW_ALERT_WEBHOOK: the server answered 500). It said: it failed"
    )
    assert SECRET not in caplog.text and SECRET not in repr(told) and SECRET not in str(told.model_dump())


@pytest.mark.parametrize(
    "address",
    [
        f"https://user:{SECRET}@hooks.example.org/x",
        f"https://127.0.0.1:{SECRET}/x",
        f"https://127.0.0.1:9/a {SECRET}",
        f"https://127.0.0.1:9/ä{SECRET}",
        f"https://[{SECRET}/x",
        SECRET,
    ],
)
def test_a_malformed_address_is_told_by_its_setting_and_stops_no_mail(
    settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise ConnectionRefusedError

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    wrong = settings.model_copy(
        update={"alert_webhook": SecretStr(address), "alert_email_to": "ann@example.org", "smtp_host": "mail"}
    )
    with stamina.set_testing(True, attempts=1), pytest.raises(UserError) as refused:
        send(wrong, Alert("it failed", "all of it"))
    assert "ISW_ALERT_WEBHOOK: the address " in str(refused.value) and "ISW_ALERT_EMAIL_TO" in str(refused.value)
    assert asked == ["mail"]
    assert SECRET not in "".join(traceback.format_exception(refused.value))


def test_plain_http_is_for_this_machine_only(settings: Settings) -> None:
    plain = settings.model_copy(update={"alert_webhook": SecretStr("http://example.org/x")})
    with pytest.raises(UserError, match="does not begin with https"):
        send(plain, Alert("it failed", ""))


def test_mail_goes_over_an_encrypted_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[Any] = []

    class Server:
        def __init__(self, host: str, port: int, timeout: float) -> None:
            did.append((host, port))

        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_: object) -> None: ...

        def starttls(self, context: object) -> None:
            did.append("tls")

        def login(self, user: str, password: str) -> None:
            did.append((user, password))

        def send_message(self, message: EmailMessage) -> None:
            did.append(message)

    monkeypatch.setattr(smtplib, "SMTP", Server)
    mailed = settings.model_copy(
        update={
            "alert_email_to": "ann@example.org", "smtp_host": "mail.example.org", "smtp_port": 587, "smtp_user": "isw",
            "smtp_password": SecretStr("pw"),
        }
    )  # fmt: skip
    send(mailed, Alert("it failed\nBcc: eve@example.org", "all of it"))
    assert did[:3] == [("mail.example.org", 587), "tls", ("isw", "pw")]
    assert (did[3]["To"], did[3]["Subject"]) == ("ann@example.org", "it failed Bcc: eve@example.org")


def test_the_sensor_is_off_until_someone_is_named(settings: Settings, told: Settings) -> None:
    for one, status in ((settings, dg.DefaultSensorStatus.STOPPED), (told, dg.DefaultSensorStatus.RUNNING)):
        sensor = definitions(Stub(one).pipeline()).resolve_sensor_def("failed_runs")
        assert sensor.default_status is status


def test_nobody_is_told_where_nobody_is_named(settings: Settings, server: WebServer) -> None:
    send(settings, Alert("it failed", ""))
    assert server.asked == []
