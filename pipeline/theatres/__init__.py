"""Theatres: one war and area each, described by a YAML file. A new theatre or source is data, not code.

Belongs here: the model of the YAML, reading it, and look-ups over it.
Does not belong here: anything done to a record.
"""

from __future__ import annotations

from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FOLDER = Path(__file__).parent
SHOWCASE = FOLDER.parent / "showcase"

CONTESTED = "contested"
UNKNOWN = "unknown"
GENERIC = "generic"

SourceKind = Literal[
    "strikes", "control_observations", "control_polygons", "control_merged", "places", "reports", "report_additions"
]
CONTROL_KINDS: tuple[SourceKind, ...] = ("control_observations", "control_polygons", "control_merged")


# What a source that is made of two others can say.
MERGED_FIELDS = frozenset(
    {"name", "kind", "title", "publisher", "credit", "terms", "url", "compiled", "caveats"}
    | {"base", "overrides", "reach_m"}
)


class Strict(BaseModel):
    """A model that refuses unknown keys, so that a typing slip in a YAML file is an error and not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldSource(Strict):
    """Where a value comes from: the first non-empty of the named properties, the file's name, its layer, or a constant.

    ``pattern`` keeps the first group of a regular expression's match; a value that does not match is empty.
    """

    names: tuple[str, ...] = ()
    const: str | None = None
    file_name: bool = False
    layer: bool = False
    pattern: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: object) -> object:
        if isinstance(value, str):
            return {"names": (value,)}
        if isinstance(value, list):
            return {"names": tuple(value)}
        if isinstance(value, dict) and isinstance(value.get("names"), str):
            return {**value, "names": (value["names"],)}
        return value


class Recognise(Strict):
    """How a file dropped in the inbox is known to be of this source: all that is given must hold."""

    fields: tuple[str, ...] = ()
    file_name: str | None = Field(default=None, description="Shell pattern, matched without regard to case")


class Showcase(Strict):
    """A file that the project ships, received on a recorded day."""

    file: str
    received_at: str


class Source(Strict):
    """One publisher's feed: what it is, how a file of it is recognised, and which property means what."""

    name: str = ""
    kind: SourceKind
    title: str
    publisher: str
    credit: str
    terms: str
    url: str | None = None
    cited_by: tuple[str, ...] = Field(
        default=(), description="Hosts of the publisher's pages, by which a control fact that cites it is known"
    )
    compiled: bool = Field(default=False, description="True for our own compilation of facts")
    caveats: tuple[str, ...] = ()
    showcase: Showcase | None = None
    recognise: Recognise | None = None
    layers: tuple[str, ...] = Field(default=(), description="Layers read; all where empty")
    only: dict[str, str] = Field(default_factory=dict, description="Property = regular expression; others are refused")
    key: tuple[str, ...] = Field(
        default=(), description="Mapped fields that identify a record; content of the record where empty"
    )
    key_fold: bool = Field(default=False, description="Records of one key in one export are one strike seen repeatedly")
    fields: dict[str, FieldSource] = Field(default_factory=dict)
    date_formats: tuple[str, ...] = Field(
        default=("%Y-%m-%d",), description="strptime formats tried in order; epoch_ms for epoch milliseconds"
    )
    default_year: int | None = Field(default=None, description="Year of dates whose format has none")
    precision_m: dict[str, float] = Field(
        default_factory=dict,
        description="The source's own precision words, in metres; `default` for none given",
    )
    confidence: dict[str, str] = Field(default_factory=dict, description="Aliases of the source's confidence words")
    note_days: bool = Field(default=False, description="True where notes name days ('Nov 6-8')")
    cumulative_reports: bool = Field(default=False, description="True where each report repeats the ones before")
    complement: str | None = Field(default=None, description="Who holds the theatre's land that no polygon covers")
    known_until: date | None = Field(default=None, description="Day after the last that the source speaks about")
    base: str | None = Field(default=None, description="Merged control: the source of polygons that is overridden")
    overrides: str | None = Field(default=None, description="Merged control: the source of observations on top")
    reach_m: float | None = Field(
        default=None, gt=0, description="Merged control: furthest that an observation overrides, metres"
    )

    @model_validator(mode="after")
    def _check_kind(self) -> Source:
        made_of_others = [name for name in ("base", "overrides", "reach_m") if getattr(self, name) is not None]
        if self.kind != "control_merged":
            if made_of_others:
                raise ValueError(f"source {self.name!r} is {self.kind}: only control_merged takes {made_of_others}")
            missing = {"key", "fields"} - self.model_fields_set
            if missing:
                raise ValueError(f"source {self.name!r} lacks {sorted(missing)}")
            return self
        if not (self.base and self.overrides):
            raise ValueError(f"source {self.name!r} is control_merged: say `base` and `overrides`")
        strangers = self.model_fields_set - MERGED_FIELDS
        if strangers:
            raise ValueError(
                f"source {self.name!r} is control_merged and has no records of its own: leave out {sorted(strangers)}"
            )
        return self

    @property
    def is_read_by_name(self) -> bool:
        """True where a file's name says something, so that the same bytes under another name say something else."""
        return any(field.file_name for field in self.fields.values())


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
    first_month: str = Field(pattern=r"^\d{4}-\d{2}$")
    last_month: str = Field(pattern=r"^\d{4}-\d{2}$")
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
    groups: dict[str, tuple[str, ...]] = Field(description="Groups of the split, in the order in which they are said")
    focus: str = Field(description="The controller that the claim is about")
    ally: str | None = Field(default=None, description="The attacker's ally, whose ground is an alarm")
    attacker: str
    control: Control
    point_precision_m: float = Field(default=5_000, description="Wider than this is an area, not a point")
    default_precision_m: float = Field(default=5_000)
    main_source: str = Field(description="Source of strikes whose headline is told first")
    main_window: str
    windows: dict[str, Window]
    regions: dict[str, Region]
    events: tuple[Event, ...] = ()
    sources: dict[str, Source]

    @model_validator(mode="after")
    def _check(self) -> Theatre:
        known = set(self.controllers)
        for group, members in self.groups.items():
            strangers = set(members) - known - {CONTESTED, UNKNOWN}
            if strangers:
                raise ValueError(f"{self.name}: group {group!r} names unknown controllers {sorted(strangers)}")
        for name in (self.focus, *([self.ally] if self.ally else [])):
            if name not in known:
                raise ValueError(f"{self.name}: {name!r} is not one of the controllers {sorted(known)}")
        control = self.of_kind(*CONTROL_KINDS)
        if self.control.in_force not in control:
            raise ValueError(
                f"{self.name}: control.in_force names {self.control.in_force!r}, which is no control source: "
                f"choose one of {sorted(control)}"
            )
        for name, source in self.of_kind("control_merged").items():
            for part, kind in (("base", "control_polygons"), ("overrides", "control_observations")):
                given = getattr(source, part)
                if given not in self.sources or self.sources[given].kind != kind:
                    raise ValueError(
                        f"{self.name}: source {name!r} has {part} {given!r}, which is no source of kind {kind}: "
                        f"choose one of {sorted(item for item, s in self.sources.items() if s.kind == kind)}"
                    )
        if self.main_window not in self.windows:
            raise ValueError(f"{self.name}: main_window names no window: {self.main_window!r}")
        return self

    @cached_property
    def controller_aliases(self) -> dict[str, str]:
        """Every spelling of a controller, in lower case, and the controller that it means."""
        spellings = {CONTESTED: CONTESTED}
        for name, controller in self.controllers.items():
            for spelling in (name, controller.label, *controller.aliases):
                spellings[spelling.casefold()] = name
        return spellings

    @cached_property
    def province_aliases(self) -> dict[str, str]:
        """Every spelling of a province, in lower case, and the province that it means."""
        spellings = {}
        for name, province in self.provinces.items():
            for spelling in (name, *province.aliases):
                spellings[spelling.casefold()] = name
        return spellings

    def of_kind(self, *kinds: SourceKind) -> dict[str, Source]:
        """Sources of these kinds, by name."""
        return {name: source for name, source in self.sources.items() if source.kind in kinds}

    def months(self) -> list[str]:
        """All months of the theatre, YYYY-MM, first to last."""
        return months_between(self.first_month, self.last_month)

    def path(self, relative: str) -> Path:
        """Path of a file that the theatre ships."""
        return SHOWCASE / relative


def months_between(first: str, last: str) -> list[str]:
    """Months from first to last inclusive, YYYY-MM."""
    year, month = (int(part) for part in first.split("-"))
    result = []
    while f"{year:04d}-{month:02d}" <= last:
        result.append(f"{year:04d}-{month:02d}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return result


def read_theatre(path: Path) -> Theatre:
    """Read and check one theatre file.

    Raises:
        pydantic.ValidationError: the file does not follow the model; the message names the key.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["name"] = path.stem
    for name, source in raw["sources"].items():
        source["name"] = name
    return Theatre(**raw)


@cache
def theatres() -> dict[str, Theatre]:
    """All theatres that the project ships, by name."""
    return {path.stem: read_theatre(path) for path in sorted(FOLDER.glob("*.yaml"))}
