"""Sources: the model of a publisher's feed as a theatre's YAML file describes it.

Belongs here: what a source is, how a file of it is recognised, which property means what.
Does not belong here: the theatre around it (``model``), where it is fetched from (``live``), anything done to a record.
"""

from __future__ import annotations

import codecs
import re
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pipeline.theatres.date_formats import check_date_formats
from pipeline.theatres.fields import FIELDS
from pipeline.theatres.live import Live
from pipeline.theatres.scales import precision_scales

SourceKind = Literal[
    "strikes", "control_observations", "control_polygons", "control_merged", "places", "reports", "report_additions"
]
CONTROL_KINDS: tuple[SourceKind, ...] = ("control_observations", "control_polygons", "control_merged")

# Fields that a point's geometry can give.
AXES = ("latitude", "longitude")
# What a source that is made of two others can say.
MERGED_FIELDS = frozenset(
    {"name", "kind", "title", "publisher", "credit", "terms", "url", "compiled", "caveats"}
    | {"base", "overrides", "reach_m"}
)


UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def _interval(value: object) -> object:
    """An interval written ``7 days``."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"([1-9]\d{0,3}) (hour|day|week)s?", value.strip())
    if found is None:
        raise ValueError(f"{value!r} is no interval: write 12 hours, 7 days or 2 weeks")
    return int(found[1]) * UNITS[found[2]]


class Strict(BaseModel):
    """A model that refuses unknown keys, so that a typing slip in a YAML file is an error and not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression.

    Raises:
        ValueError: it is none.
    """
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None


class FieldSource(Strict):
    """Where a value comes from: the first non-empty of the named properties, the file's name, its layer, or a constant.

    With ``geometry``, latitude and longitude are those of the record's point where no property gives either.

    ``pattern`` keeps the first group of a regular expression's match; a value that does not match is empty.
    """

    names: tuple[str, ...] = ()
    const: str | None = None
    file_name: bool = False
    layer: bool = False
    geometry: bool = False
    pattern: str | None = None

    @field_validator("pattern")
    @classmethod
    def _has_a_group(cls, pattern: str | None) -> str | None:
        if pattern is not None and _compiled(pattern).groups < 1:
            raise ValueError(f"the pattern {pattern!r} keeps nothing: put ( ) around what is the value")
        return pattern

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


class Dialect(Strict):
    """What files of a source do not say of themselves; what they do say goes before it."""

    encoding: str | None = Field(default=None, description="Encoding of texts without a byte order mark")
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="What cuts rows of text")
    quote: str | None = Field(default=None, min_length=1, max_length=1, description='What stands around cells, not "')
    sheet: str | None = Field(default=None, description="Sheet of a workbook that is read")
    header_row: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        description="Row of a sheet or line of a text that names the columns, if no first one",
    )
    crs: str | None = Field(default=None, description="System of coordinates where a file names none: EPSG:32637")

    @field_validator("crs")
    @classmethod
    def _is_system(cls, name: str | None) -> str | None:
        if name is None:
            return name
        import pyproj  # noqa: PLC0415 - every command reads theatres, and hardly any names a system
        from pyproj.exceptions import CRSError  # noqa: PLC0415 - as above

        try:
            pyproj.CRS.from_user_input(name)
        except CRSError as error:
            raise ValueError(f"there is no coordinate reference system {name!r}") from error
        return name

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        try:
            return None if name is None else codecs.lookup(name).name
        except LookupError as error:
            raise ValueError(f"there is no encoding {name!r}") from error


class PlaceMatch(Strict):
    """When a name that the gazetteer does not spell so means one of its places (``pipeline.place_matching``)."""

    min_score: float = Field(default=92, gt=50, le=100, description="Least likeness of the names, 0 to 100")
    min_lead: float = Field(default=8, gt=0, le=50, description="Least lead over the second place, in the same points")


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
    noun: str = Field(
        default="reported strike location", description="What one of its rows tells of, in the source's own word"
    )
    terms: str
    url: str | None = None
    cited_by: tuple[str, ...] = Field(
        default=(), description="Hosts of the publisher's pages, by which a control fact that cites it is known"
    )
    compiled: bool = Field(default=False, description="True for our own compilation of facts")
    caveats: tuple[str, ...] = ()
    showcase: Showcase | None = None
    recognise: Recognise | None = None
    dialect: Dialect = Dialect()
    # Excluded from dumps: where bytes came from changes nothing that is made of them.
    fetch: Live | None = Field(default=None, exclude=True, description="Where `isw-strikes fetch` finds its exports")
    expected_every: Annotated[timedelta, BeforeValidator(_interval)] | None = Field(
        default=None, exclude=True, description="How often something new should be received (7 days); a check warns"
    )
    layers: tuple[str, ...] = Field(default=(), description="Layers read; all where empty")
    only: dict[str, str] = Field(default_factory=dict, description="Property = regular expression; others are refused")
    key: tuple[str, ...] = Field(
        default=(), description="Mapped fields that identify a record; content of the record where empty"
    )
    key_fold: bool = Field(default=False, description="Records of one key in one export are one strike seen repeatedly")
    is_complete: bool = Field(
        default=False, description="Each export is the whole list: what a newer one lacks is withdrawn"
    )
    max_withdrawn_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Largest share of the list before that a complete export may lack; with more it is held back "
        "until a person accepts it",
    )
    fields: dict[str, FieldSource] = Field(default_factory=dict)
    date_formats: tuple[str, ...] = Field(
        default=("%Y-%m-%d",), description="strptime formats tried in order; epoch_ms for epoch milliseconds"
    )
    default_year: int | None = Field(default=None, description="Year of dates whose format has none")
    precision_m: dict[str, float] = Field(
        default_factory=dict,
        description="The source's own precision words, in metres; `default` for none given",
    )
    precision_scale: str | None = Field(
        default=None,
        description="Scale of theatres/precision_scales.yaml that the source writes; precision_m adds to it",
    )
    coordinate_order: Literal["lat_lon", "lon_lat"] = Field(
        default="lat_lon", description="Which of the two comes first in the field `coordinate` where no letter says it"
    )
    place_match: PlaceMatch | None = Field(
        default=None, description="When names unlike any of the gazetteer's are matched to it; never where absent"
    )
    confidence: dict[str, str] = Field(
        default_factory=dict, description="The source's confidence words, and the words used here for them"
    )
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
        if self.precision_scale is not None and self.precision_scale not in precision_scales():
            raise ValueError(
                f"source {self.name!r}: there is no precision_scale {self.precision_scale!r}: "
                f"choose one of {sorted(precision_scales())}"
            )
        if "confidence" in self.fields and not self.confidence:
            raise ValueError(f"source {self.name!r} maps a confidence: list its words under `confidence`")
        made_of_others = [name for name in ("base", "overrides", "reach_m") if getattr(self, name) is not None]
        if self.kind != "control_merged":
            if made_of_others:
                raise ValueError(f"source {self.name!r} is {self.kind}: only control_merged takes {made_of_others}")
            missing = {"key", "fields"} - self.model_fields_set
            if missing:
                raise ValueError(f"source {self.name!r} lacks {sorted(missing)}")
            known = FIELDS[self.kind]
            strange = dict.fromkeys(name for name in (*self.fields, *self.key) if name not in known)
            if strange:
                raise ValueError(
                    f"source {self.name!r}: {', '.join(strange)}: no field of {self.kind}; "
                    f"the fields are {', '.join(known)}"
                )
            if self.is_complete and self.kind == "control_polygons":
                raise ValueError(
                    f"source {self.name!r} is control_polygons: an export speaks for its days, so leave out is_complete"
                )
            return self
        if not (self.base and self.overrides):
            raise ValueError(f"source {self.name!r} is control_merged: say `base` and `overrides`")
        strangers = self.model_fields_set - MERGED_FIELDS
        if strangers:
            raise ValueError(
                f"source {self.name!r} is control_merged and has no records of its own: leave out {sorted(strangers)}"
            )
        return self

    @field_validator("only")
    @classmethod
    def _are_patterns(cls, only: dict[str, str]) -> dict[str, str]:
        for pattern in only.values():
            _compiled(pattern)
        return only

    @field_validator("date_formats")
    @classmethod
    def _name_days(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        check_date_formats(formats)
        return formats

    @model_validator(mode="after")
    def _check_geometry(self) -> Source:
        strangers = [name for name, spec in self.fields.items() if spec.geometry and name not in AXES]
        if strangers:
            raise ValueError(f"source {self.name!r}: only {' and '.join(AXES)} come from a geometry, not {strangers}")
        return self

    @property
    def is_read_by_name(self) -> bool:
        """True where a file's name says something, so that the same bytes under another name say something else."""
        return any(field.file_name for field in self.fields.values())
