"""Basis: what a variant starts from, and what a variant is.

Belongs here: the types that all variants share. Does not belong here: any variant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from pipeline.attribution import ControlFrames, attribute_strikes
from pipeline.catalogue import table
from pipeline.sessions import run_sql
from pipeline.theatres import Theatre


@dataclass(frozen=True)
class Basis:
    """The strikes of the main window and the control in force."""

    theatre: Theatre
    frames: Mapping[str, pa.Table]
    strikes: pa.Table

    @cached_property
    def control(self) -> ControlFrames:
        """Control of the source in force."""
        return self.control_of(self.theatre.control.in_force)

    def control_of(self, source: str) -> ControlFrames:
        """Control of another source that stands beside it."""
        return ControlFrames.of(source, dict(self.frames))

    def attribute(
        self,
        strikes: pa.Table | None = None,
        control: ControlFrames | None = None,
        theatre: Theatre | None = None,
        within: bytes | None = None,
    ) -> pa.Table:
        """``core.attribution`` with what is given in place of what is in force."""
        return attribute_strikes(
            theatre or self.theatre,
            self.strikes if strikes is None else strikes,
            control or self.control,
            within,
        )

    @cached_property
    def own(self) -> pa.Table:
        """The attribution in force."""
        return self.attribute()

    def with_shares(self, found: pa.Table) -> pa.Table:
        """``core.attribution`` with other shares and all else as it is in force.

        Args:
            found: ``strike_id``, ``focus_share``, ``other_share``, ``unknown_share`` and ``focus_at_point``; a strike
                that is not there keeps its own.
        """
        return table("core.attribution").conform(run_sql("variants/take_shares", found=found, own=self.own))


@dataclass(frozen=True)
class Variant:
    """One value of one method choice: what it means in words, and how the strikes are attributed under it.

    ``attribute`` returns None where the choice makes no sense for the control at hand.
    """

    choice: str
    value: str
    about: str
    attribute: Callable[[Basis], pa.Table | None]
