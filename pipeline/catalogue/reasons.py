"""The catalogue of reasons for which a file, a record or an override is refused.

Belongs here: reading ``reasons.yaml``. Does not belong here: the rules that find a reason.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict


class Reason(BaseModel):
    """One reason: its code, what it concerns, what it means and what to do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    level: Literal["file", "record", "strike", "control", "place", "override"]
    about: str
    hint: str


@cache
def reasons() -> dict[str, Reason]:
    """All reasons by code, in the file's order."""
    raw = yaml.safe_load((Path(__file__).parent / "reasons.yaml").read_text(encoding="utf-8"))
    return {code: Reason(code=code, **body) for code, body in raw.items()}


def reason(code: str) -> Reason:
    """The reason of this code.

    Raises:
        KeyError: there is no such reason.
    """
    return reasons()[code]
