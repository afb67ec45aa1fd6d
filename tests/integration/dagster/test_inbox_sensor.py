"""The inbox sensor, evaluated without a daemon."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from sensor_ticks import reason, tick
from stub_pipeline import SYRIA, Stub

from assets import inbox_files
from pipeline import inbox
from pipeline.settings import Settings

CLAIMS = SYRIA.path("syria/mod_claims.csv")


def drop(stub: Stub, name: str, content: bytes, seconds_ago: float = 60) -> Path:
    path = stub.settings.inbox_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    when = datetime.now(UTC).timestamp() - seconds_ago
    os.utime(path, (when, when))
    return path


class TestInbox:
    def test_file_is_taken_when_two_ticks_agree(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        assert "two ticks" in reason(first)
        second = tick(stub, "inbox", instance, first.cursor)
        (request,) = second.run_requests or ()
        assert request.job_name == "syria_ingest"
        assert request.tags["isw/why"] == "in the inbox: claims.csv"
        third = tick(stub, "inbox", instance, second.cursor)
        assert [again.run_key for again in third.run_requests or ()] == [request.run_key]

    def test_growing_file_is_waited_for(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        drop(stub, "claims.csv", CLAIMS.read_bytes()[:5000], 60)
        first = tick(stub, "inbox", instance)
        drop(stub, "claims.csv", CLAIMS.read_bytes(), 50)
        assert "two ticks" in reason(tick(stub, "inbox", instance, first.cursor))

    def test_other_content_has_another_key(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        keys = set()
        for content in (CLAIMS.read_bytes(), CLAIMS.read_bytes() + b"\n"):
            drop(stub, "syria/mod_claims/claims.csv", content)
            first = tick(stub, "inbox", instance)
            (request,) = tick(stub, "inbox", instance, first.cursor).run_requests or ()
            keys.add(request.run_key)
        assert len(keys) == 2

    def test_unknown_file_is_named_with_a_hint(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        drop(stub, "notes.txt", b"nothing to see here\n")
        first = tick(stub, "inbox", instance)
        assert "notes.txt: no source recognises it" in reason(tick(stub, "inbox", instance, first.cursor))

    def test_empty_inbox_is_said(self, stub: Stub, instance: dg.DagsterInstance) -> None:
        result = tick(stub, "inbox", instance)
        assert reason(result) == "The inbox is empty."
        assert json.loads(result.cursor or "")["files"] == {}

    def test_a_file_is_looked_into_once(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[str] = []
        decide = inbox.decide

        def note(settings: Settings, path: Path) -> inbox.Waiting:
            looked.append(path.name)
            return decide(settings, path)

        monkeypatch.setattr(inbox, "decide", note)
        drop(stub, "notes.txt", b"nothing to see here\n")
        cursor = None
        for _ in range(4):
            result = tick(stub, "inbox", instance, cursor)
            cursor = result.cursor
        assert looked == ["notes.txt"] and "notes.txt: no source" in reason(result)

    def test_a_large_file_is_left_to_a_run_and_starves_no_other(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox_files, "LARGE_BYTES", len(CLAIMS.read_bytes()))
        drop(stub, "large.csv", CLAIMS.read_bytes() + b"\n")
        drop(stub, "ukraine/large.csv", CLAIMS.read_bytes() + b"\n")
        drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        requests = tick(stub, "inbox", instance, first.cursor).run_requests or ()
        asked = {request.tags["isw/theatre"]: request.tags["isw/why"] for request in requests}
        assert asked["ukraine"] == "in the inbox: large.csv"
        assert "claims.csv" in asked["syria"] and any("large.csv" in why for why in asked.values())

    def test_a_tick_that_has_looked_for_long_leaves_the_others_to_the_next(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox_files, "SECONDS_A_TICK", 0)
        drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        second = tick(stub, "inbox", instance, first.cursor)
        assert "two ticks" in reason(second)
        monkeypatch.undo()
        assert len(tick(stub, "inbox", instance, second.cursor).run_requests or ()) == 1

    def test_a_file_that_a_run_takes_meanwhile_stops_no_tick(
        self, stub: Stub, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = drop(stub, "claims.csv", CLAIMS.read_bytes())
        first = tick(stub, "inbox", instance)
        monkeypatch.setattr(inbox, "list_inbox", lambda _: [gone])
        gone.unlink()
        assert reason(tick(stub, "inbox", instance, first.cursor)) == "The inbox is empty."
