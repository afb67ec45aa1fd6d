"""Status: when the pipeline last looked at a data folder, and what came of it.

Belongs here: the one file that is written by the clock, beside the releases: a release itself says nothing of when it
was made, so that it cannot tell "nothing changed" from "did not run". Does not belong here: why something is stale
(``work``), the history of runs (Dagster's).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.released import latest_id, say_rollback
from pipeline.settings import Settings
from pipeline.storage import FolderStore

FILE = "status.json"


class Outcome(StrEnum):
    """What a run came to: a new release, the one that there was, or none."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Status(BaseModel):
    """What ``status.json`` says; times in UTC.

    Attributes:
        looked_at: when a run last ended.
        outcome: what that run came to.
        why: why it failed.
        release: id of the release that was right at ``sound_at``, or to which a person went back since.
        sound_at: when a run last ended well: as of then, ``release`` is of all that was received.
        changed_at: when the release last became another.
    """

    model_config = ConfigDict(frozen=True)

    looked_at: datetime
    outcome: Outcome
    why: str | None = None
    release: str | None = None
    sound_at: datetime | None = None
    changed_at: datetime | None = None


def read_status(settings: Settings) -> Status | None:
    """The status; None where no run has ended yet, or the file cannot be read."""
    try:
        return Status.model_validate_json((settings.root / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def note_success(settings: Settings, release: str, is_new: bool, now: datetime | None = None) -> None:
    """Note that a run ended well, with a new release or the one that there was."""
    moment = now or datetime.now(UTC).replace(microsecond=0)
    before = read_status(settings)
    is_other = is_new or before is None or before.release != release
    changed_at = moment if is_other or before is None else before.changed_at
    outcome = Outcome.PUBLISHED if is_new else Outcome.UNCHANGED
    _write(
        settings,
        Status(looked_at=moment, outcome=outcome, release=release, sound_at=moment, changed_at=changed_at),
    )


def note_failure(settings: Settings, why: str, now: datetime | None = None) -> None:
    """Note that a run failed, unless another ended since; what was known of the last sound one stays."""
    moment = now or datetime.now(UTC).replace(microsecond=0)
    before = read_status(settings)
    if before and before.looked_at > moment:
        return
    kept = before.model_dump(include={"release", "sound_at", "changed_at"}) if before else {}
    _write(settings, Status(looked_at=moment, outcome=Outcome.FAILED, why=why, **kept))


def note_rollback(settings: Settings, release: str, now: datetime | None = None) -> None:
    """Note that a person went back to a release; what is known of the last run stays."""
    before = read_status(settings)
    if before is not None:
        moment = now or datetime.now(UTC).replace(microsecond=0)
        _write(settings, before.model_copy(update={"release": release, "changed_at": moment}))


def _write(settings: Settings, status: Status) -> None:
    text = json.dumps(status.model_dump(mode="json"), indent=1, ensure_ascii=False)
    FolderStore(settings.root).write(FILE, f"{text}\n".encode())


def in_words(settings: Settings, now: datetime | None = None) -> list[str]:
    """The status in words: whether it was looked, whether something changed, and what is in force."""
    status = read_status(settings)
    if status is None:
        return [f"No run has ended in {settings.root} yet: isw-strikes run"]
    moment = now or datetime.now(UTC)
    looked = f"{_ago(moment - status.looked_at)} ago ({status.looked_at:%Y-%m-%d %H:%M:%S} UTC)"
    told = {
        Outcome.PUBLISHED: "and published a new release",
        Outcome.UNCHANGED: "and nothing had changed",
        Outcome.FAILED: f"and failed: {status.why}",
    }[status.outcome]
    lines = [f"The last run ended {looked} {told}."]
    lines += _in_force(settings, status)
    if status.outcome is Outcome.FAILED and status.sound_at:
        lines.append(f"What came after {status.sound_at:%Y-%m-%d %H:%M:%S} UTC is not in it.")
    return lines


def _in_force(settings: Settings, status: Status) -> list[str]:
    """Which release is in force, as readers find it: somebody may have switched since the last run."""
    release = latest_id(settings)
    if release is None:
        return []
    is_noted = release == status.release and status.changed_at is not None
    since = f", in force since {status.changed_at:%Y-%m-%d %H:%M:%S} UTC" if is_noted else " is in force"
    said = say_rollback(settings)
    return [f"Release {release}{since}{f': {said}' if said else ''}."]


def _ago(span: timedelta) -> str:
    """A span of time in its largest unit, rounded down.

    >>> _ago(timedelta(hours=50)), _ago(timedelta(seconds=61)), _ago(timedelta(0))
    ('2 days', '1 minute', '0 seconds')
    >>> _ago(timedelta(seconds=1))
    '1 second'
    """
    seconds = max(0, int(span.total_seconds()))
    units = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
    unit = next((unit for unit, size in units.items() if seconds >= size), "second")
    count = seconds // units[unit]
    return f"{count} {unit}{'' if count == 1 else 's'}"
