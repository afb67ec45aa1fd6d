"""The status tells "nothing changed" from "did not run"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.settings import Settings
from pipeline.status import in_words, note_failure, note_success, read_status

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def told(settings: Settings, now: datetime) -> str:
    return " ".join(in_words(settings, now))


def test_before_any_run_it_says_so(settings: Settings) -> None:
    assert read_status(settings) is None
    assert "No run has ended" in told(settings, NOON)


def test_one_second_is_one(settings: Settings) -> None:
    note_success(settings, "r1", is_new=True, now=NOON)
    assert " 1 second ago" in told(settings, NOON + timedelta(seconds=1))
    assert " 0 seconds ago" in told(settings, NOON)
    assert " 2 minutes ago" in told(settings, NOON + timedelta(seconds=121))


def test_a_run_that_finds_nothing_new_moves_when_it_was_looked_and_not_when_it_changed(settings: Settings) -> None:
    note_success(settings, "r1", is_new=True, now=NOON)
    assert "published a new release" in told(settings, NOON)
    note_success(settings, "r1", is_new=False, now=LATER)
    status = read_status(settings)
    assert status and (status.looked_at, status.sound_at, status.changed_at) == (LATER, LATER, NOON)
    assert "3 hours ago (2026-03-02 12:00:00 UTC) and nothing had changed" in told(settings, LATER + timedelta(hours=3))


def test_a_failure_keeps_what_was_sound_and_says_what_is_missing(settings: Settings) -> None:
    note_success(settings, "r1", is_new=True, now=NOON)
    note_failure(settings, "the disk is full", now=LATER)
    status = read_status(settings)
    assert status and (status.release, status.sound_at, status.looked_at) == ("r1", NOON, LATER)
    assert "failed: the disk is full" in told(settings, LATER)
    assert "What came after 2026-03-01 12:00:00 UTC is not in it" in told(settings, LATER)
    note_success(settings, "r2", is_new=True, now=LATER)
    assert "failed" not in told(settings, LATER)


def test_a_failure_that_is_told_late_overrules_no_later_run(settings: Settings) -> None:
    note_success(settings, "r1", is_new=True, now=LATER)
    note_failure(settings, "the disk is full", now=NOON)
    assert "failed" not in told(settings, LATER)


def test_a_damaged_file_is_no_status(settings: Settings) -> None:
    note_success(settings, "r1", is_new=True, now=NOON)
    (settings.root / "status.json").write_text("{", encoding="utf-8")
    assert read_status(settings) is None
    note_failure(settings, "why", now=NOON)
    assert read_status(settings) is not None
