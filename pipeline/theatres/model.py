"""The model of a theatre: controllers, windows, regions, the base map's names, and what must hold between them.

Belongs here: the model of the YAML, its checks, and look-ups over it.
Does not belong here: the model of a source (``sources``), reading files (``reading``), anything done to a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from pipeline.names import fold_name
from pipeline.theatres.sources import CONTROL_KINDS, Source, SourceKind, Strict

SHOWCASE = Path(__file__).parents[1] / "showcase"

CONTESTED = "contested"
UNKNOWN = "unknown"
GENERIC = "generic"
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class Controller(Strict):
    """Someone who can hold ground."""

    label: str
    label_local: str | None = None
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    priority: int = Field(description="Lower wins a point on a shared border")
    aliases: tuple[str, ...] = ()


class Window(Strict):
    """A named span of days, both inclusive."""

    title: str
    start: date
    end: date
    title_local: str | None = None


class Near(Strict):
    """A circle around a point."""

    latitude: float
    longitude: float
    km: float


class Region(Strict):
    """A region for tables and the map: a box (west, south, east, north), provinces of the base map, or a circle."""

    title: str
    box: tuple[float, float, float, float] | None = None
    provinces: tuple[str, ...] = ()
    near: Near | None = None


class Event(Strict):
    """A day worth a mark on the time line."""

    day: date
    title: str
    title_local: str | None = None


class Claim(Strict):
    """The sentence that the theatre's walk (``pages``) goes from."""

    text: str
    said_by: str


class Control(Strict):
    """How control is made and used."""

    in_force: str
    reach_m: float = Field(default=20_000, gt=0, description="Furthest that an observation speaks for, metres")
    max_age_days: int = Field(default=31, ge=0, description="A snapshot older than this is not used")
    segment_m: float = Field(default=2_000, gt=0, description="Longest straight edge of a tessellated area, metres")


class Province(Strict):
    """A province (or a town of the backdrop): its shape in the base map and its spellings."""

    shapes: tuple[str, ...] = Field(description="Names of its features in the base map's file")
    label_local: str | None = None
    aliases: tuple[str, ...] = ()


class Theatre(Strict):
    """One theatre."""

    name: str
    title: str
    title_local: str | None = None
    language_local: str | None = Field(default=None, description="Language of the labels in local letters (BCP 47)")
    question: str
    claim: Claim | None = Field(default=None, description="What was said; the question alone is put where absent")
    extent: tuple[float, float, float, float] = Field(description="West, south, east, north in degrees")
    projection: str = Field(description="Equal-area projection in metres (PROJ string)")
    first_month: str = Field(pattern=MONTH)
    last_month: str = Field(pattern=MONTH)
    land: str = Field(description="GeoJSON of the theatre's land, under the showcase folder")
    land_name: str | None = Field(default=None, description="Feature of that name; the union of all where absent")
    provinces_file: str
    provinces: dict[str, Province]
    backdrop: dict[Literal["countries", "lakes", "rivers", "towns"], str] = Field(
        default_factory=dict, description="GeoJSON files drawn behind the data, under the showcase folder"
    )
    towns: dict[str, Province] = Field(default_factory=dict, description="Spellings of the backdrop's towns")
    countries: dict[str, Province] = Field(default_factory=dict, description="Spellings of the backdrop's countries")
    controllers: dict[str, Controller]
    generic_targets: tuple[str, ...] = Field(
        default=(), description='Words of claims that name no one: "militants", "terrorists"'
    )
    groups: dict[str, tuple[str, ...]] = Field(description="Groups of the split, in the order in which they are said")
    focus: str = Field(description="The controller that the claim is about")
    ally: str | None = Field(default=None, description="The attacker's ally, whose ground is an alarm")
    attacker: str
    control: Control
    point_precision_m: float = Field(default=5_000, description="Wider than this is an area, not a point")
    default_precision_m: float = Field(default=5_000)
    widest_precision_m: float = Field(default=500_000, gt=0, description="A wider precision is refused, metres")
    longest_window_days: int = Field(default=400, gt=0, description="A record that spans more days is refused")
    main_source: str = Field(description="Source of strikes whose headline is told first")
    main_window: str
    windows: dict[str, Window]
    regions: dict[str, Region]
    events: tuple[Event, ...] = ()
    sources: dict[str, Source]

    @field_validator("projection")
    @classmethod
    def _check_projection(cls, text: str) -> str:
        from pyproj import CRS  # noqa: PLC0415 - what only lists theatres does not need it
        from pyproj.exceptions import CRSError  # noqa: PLC0415 - as above

        try:
            axes = CRS.from_user_input(text).axis_info
        except CRSError:
            raise ValueError(f"{text!r} is no projection: write a PROJ string") from None
        if {axis.unit_name for axis in axes} != {"metre"}:
            raise ValueError(f"{text!r} does not measure in metres")
        return text

    @model_validator(mode="after")
    def _check_days(self) -> Theatre:
        if self.last_month < self.first_month:
            raise ValueError(f"{self.name}: last_month {self.last_month} lies before first_month {self.first_month}")
        for name, window in self.windows.items():
            if window.end < window.start:
                raise ValueError(f"{self.name}: windows.{name}: end {window.end} lies before start {window.start}")
        if self.main_window not in self.windows:
            raise ValueError(f"{self.name}: main_window names no window: {self.main_window!r}")
        return self

    @model_validator(mode="after")
    def _check_controllers(self) -> Theatre:
        for key, name in (("focus", self.focus), ("ally", self.ally)):
            if name is not None and name not in self.controllers:
                raise ValueError(
                    f"{self.name}: {key}: {name!r} is not one of the controllers {sorted(self.controllers)}"
                )
        ranked: dict[int, str] = {}
        for name, controller in self.controllers.items():
            if controller.priority in ranked:
                raise ValueError(
                    f"{self.name}: controllers.{name}: priority {controller.priority} is that of "
                    f"{ranked[controller.priority]!r} too: a point on their border could be either's"
                )
            ranked[controller.priority] = name
        return self

    @model_validator(mode="after")
    def _check_spellings(self) -> Theatre:
        # Asking for them is what finds a spelling with two meanings.
        _ = self.target_aliases, self.province_aliases
        return self

    @model_validator(mode="after")
    def _check_groups(self) -> Theatre:
        known = {*self.controllers, CONTESTED, UNKNOWN}
        for group, members in self.groups.items():
            strangers = set(members) - known
            if strangers:
                raise ValueError(f"{self.name}: groups.{group} names unknown controllers {sorted(strangers)}")
        counted = Counter(member for members in self.groups.values() for member in members)
        faults = [f"{name!r} is in {counted[name]}" for name in sorted(known) if counted[name] != 1]
        if faults:
            raise ValueError(
                f"{self.name}: groups: {', '.join(faults)}: each controller, {CONTESTED!r} and {UNKNOWN!r} "
                "must be in exactly one group, or the shares do not add up"
            )
        return self

    @model_validator(mode="after")
    def _check_sources(self) -> Theatre:
        self._require_source("main_source", self.main_source, "strikes")
        self._require_source("control.in_force", self.control.in_force, *CONTROL_KINDS)
        for name, source in self.of_kind("control_merged").items():
            self._require_source(f"sources.{name}.base", source.base, "control_polygons")
            self._require_source(f"sources.{name}.overrides", source.overrides, "control_observations")
        return self

    def _require_source(self, key: str, name: str | None, *kinds: SourceKind) -> None:
        fitting = sorted(self.of_kind(*kinds))
        if name not in fitting:
            raise ValueError(
                f"{self.name}: {key} {name!r}, which is no source of kind {' or '.join(kinds)}: choose one of {fitting}"
            )

    @cached_property
    def controller_aliases(self) -> dict[str, str]:
        """Every spelling of a controller, folded (``names.fold_name``), and the controller that it means."""
        spellings = {
            name: (name, controller.label, controller.label_local, *controller.aliases)
            for name, controller in self.controllers.items()
        }
        return _folded("controllers", {CONTESTED: (CONTESTED,), **spellings})

    @cached_property
    def province_aliases(self) -> dict[str, str]:
        """Every spelling of a province, folded, and the province that it means."""
        spellings = {name: (name, province.label_local, *province.aliases) for name, province in self.provinces.items()}
        return _folded("provinces", spellings)

    @cached_property
    def target_aliases(self) -> dict[str, str]:
        """Every spelling of whom a claim can name, folded: a controller, or ``generic``."""
        return _folded("generic_targets", {GENERIC: self.generic_targets}) | self.controller_aliases

    def of_kind(self, *kinds: SourceKind) -> dict[str, Source]:
        """Sources of these kinds, by name."""
        return {name: source for name, source in self.sources.items() if source.kind in kinds}

    @property
    def live_sources(self) -> dict[str, Source]:
        """Sources that say where they are fetched from, by name."""
        return {name: source for name, source in self.sources.items() if source.fetch}

    def months(self) -> list[str]:
        """All months of the theatre, YYYY-MM, first to last."""
        return months_between(self.first_month, self.last_month)

    def path(self, relative: str) -> Path:
        """Path of a file that the theatre ships."""
        return SHOWCASE / relative


def _folded(key: str, spellings: Mapping[str, tuple[str | None, ...]]) -> dict[str, str]:
    """What each spelling means; two meanings of one spelling are a slip in the file.

    Raises:
        ValueError: a spelling means two things.
    """
    meanings: dict[str, str] = {}
    for name, texts in spellings.items():
        for text in texts:
            if text is not None and meanings.setdefault(fold_name(text), name) != name:
                raise ValueError(f"{key}: {text!r} means both {meanings[fold_name(text)]!r} and {name!r}")
    return meanings


def months_between(first: str, last: str) -> list[str]:
    """Months from first to last inclusive, YYYY-MM."""
    year, month = (int(part) for part in first.split("-"))
    result = []
    while f"{year:04d}-{month:02d}" <= last:
        result.append(f"{year:04d}-{month:02d}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return result
