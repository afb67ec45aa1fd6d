"""Scales of precision: what publishers' levels mean and the radius that each is given.

Belongs here: reading and checking ``precision_scales.yaml``. Does not belong here: which source writes which scale (the
theatres' files).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Strict):
    """One level of a scale."""

    metres: float | None = Field(default=None, gt=0, description="Radius; a level without one locates nothing")
    means: str
    is_documented: bool = Field(default=False, description="True where the codebook itself gives the distance")


class Scale(_Strict):
    """One publisher's scale."""

    title: str
    codebook: str
    levels: dict[str, Level]


@cache
def precision_scales() -> dict[str, Scale]:
    """All scales by name, in the file's order."""
    raw = yaml.safe_load((Path(__file__).parent / "precision_scales.yaml").read_text(encoding="utf-8"))
    return {name: Scale(**body) for name, body in raw.items()}
