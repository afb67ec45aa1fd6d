"""Fields: what each column most likely means, by its name and by its values.

Belongs here: the guesses of one draft, and the words in which each doubt is told.
Does not belong here: days and coordinates (``days``, ``points``), writing YAML (``block``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import yaml

from pipeline.control.holders import read_holders
from pipeline.mapping import lookup
from pipeline.parsing import parse_numbers
from pipeline.proposals.days import Days, read_days, span_of
from pipeline.proposals.inspection import Column, Inspection, examples, plain, quoted, words
from pipeline.proposals.points import Axis, Points, find_points
from pipeline.theatres import Theatre, theatres

MOST_WORDS = 40  # a column with more different texts is prose, not a vocabulary
MOST_ID_LENGTH = 80
UNIQUE = 0.97
WEB = re.compile(r"https?://", re.IGNORECASE)
# Days in the names of files, and the formats that read them; the most telling first.
NAMED_DAYS = (
    (r"(\d{4}-\d{2}-\d{2})", "%Y-%m-%d"),
    (r"(\d{4}_\d{2}_\d{2})", "%Y_%m_%d"),
    (r"(?<!\d)(\d{8})(?!\d)", "%Y%m%d"),
    (r"(\d{1,2}[A-Za-z]{3}\d{4})", "%d%b%Y"),
)


@cache
def known_names() -> dict[str, list[str]]:
    """Names that exports give to each field, from ``names.yaml``."""
    raw = yaml.safe_load((Path(__file__).parent / "names.yaml").read_text(encoding="utf-8"))
    return {str(key): [str(name) for name in names] for key, names in raw.items()}


@dataclass
class Draft:
    """A mapping in the making. ``fill`` fills it.

    Attributes:
        found: the export.
        theatre: the theatre.
        asked: ``strikes`` or ``control`` where a person said so.
        kind: kind of source.
        fields: field of the mapping = what the YAML says of it.
        key: fields of the key.
        date_formats: formats of all days that are mapped.
        precision_m: words of precision in metres.
        confidence: words of confidence.
        layers: layers read; all where empty.
        doubts: what is not sure, in words, the gravest first as far as that can be said.
        points: where records lie.
    """

    found: Inspection
    theatre: Theatre
    asked: str | None = None
    kind: str = "strikes"
    fields: dict[str, Any] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    date_formats: list[str] = field(default_factory=list)
    precision_m: dict[str, float] = field(default_factory=dict)
    confidence: dict[str, str] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    points: Points | None = None

    def fill(self) -> Draft:
        """Guess the mapping."""
        self.kind = self._kind()
        self.points = find_points(self.found, self.theatre, known_names())
        if self.kind == "control_polygons":
            self._add_controller()
            self._add_days("valid_from")
            return self
        if self.kind == "strikes":
            self._add_days("date_from", "date_to", "published")
        else:
            self._add_controller()
            self._add_days("valid_from", "valid_to")
        self._add_points()
        self._add_province()
        self._add_place()
        if self.kind == "strikes":
            self._add_id()
            self._add_precision()
            self._add_confidence()
            self._add_actors()
            self._add_named("note")
            self._add_url("report_url")
        else:
            self._add_named("place_local")
            self._add_named("note")
            self._add_url("citation")
            self.key = [name for name in ("place", "province", "valid_from") if name in self.fields]
        return self

    @property
    def taken(self) -> set[str]:
        """Columns that are mapped."""
        specs = self.fields.values()
        return set(chain.from_iterable(spec.get("names", []) if isinstance(spec, dict) else [spec] for spec in specs))

    def _free(self) -> list[Column]:
        return [c for c in self.found.columns.values() if c.name not in self.taken and not c.is_nested]

    def _named(self, field_: str) -> list[Column]:
        return self.found.named(known_names()[field_], self._free())

    def _kind(self) -> str:
        drawn = self.found.polygons > self.found.rows / 2
        if self.asked is None:
            self.doubts.append(
                f"kind: not given, taken for {'control' if drawn or self._holds() else 'strikes'} "
                f"({'most rows are polygons' if drawn else 'rows are places'}); say --kind strikes or --kind control"
            )
        if self.asked == "strikes" or (self.asked is None and not drawn and not self._holds()):
            return "strikes"
        return "control_polygons" if drawn else "control_observations"

    def _holds(self) -> bool:
        """Whether a column says who holds a place, and another from when: observations of control."""
        holders = self.found.named(known_names()["controller"])
        starts = [c for c in self.found.columns.values() if c.plain_name in ("validfrom", "asof")]
        return bool(starts) and any(c.share(pc.is_valid(self._held(c))) > 0.5 for c in holders)

    def _held(self, column: Column) -> Any:
        """The controller of each row, null where a word is in no vocabulary; joint legends are contested."""
        holders = read_holders(self.theatre, column.texts, pc.if_else(True, None, column.texts))
        return pc.if_else(pc.is_valid(holders.unknown), None, holders.controller)

    def _add_days(self, first: str, *others: str) -> None:
        read = {column.name: days for column in self._free() if (days := read_days(column, span_of(self.theatre)))}
        columns = [column for column in self._free() if column.name in read]
        other_columns = {name: found[0] for name in others if (found := self.found.named(known_names()[name], columns))}
        avoided = {plain(name) for name in known_names()["not_an_event"]}
        rest = [c for c in columns if c not in other_columns.values() and c.plain_name not in avoided]
        named = self.found.named(known_names()[first], rest)
        chosen = named[0] if named else max(rest, key=lambda c: read[c.name].in_span, default=None)
        if chosen is None:
            self._add_named_day(first)
        else:
            self._map_days(first, chosen, read[chosen.name])
            if not named:
                self.doubts.append(f"{first}: no name says which column it is; `{chosen.name}` reads as days")
        for name, column in other_columns.items():
            self._map_days(name, column, read[column.name])

    def _map_days(self, name: str, column: Column, days: Days) -> None:
        self.fields[name] = column.name
        self.date_formats += [format_ for format_ in days.formats if format_ not in self.date_formats]
        if days.ambiguous and days.example is not None:
            why = "the theatre's months speak for the order taken" if days.is_settled else "nothing decides: check it"
            self.doubts.append(
                f"date_formats: {days.ambiguous:,} rows of `{column.name}` read as day/month and as month/day, such as "
                f"{quoted(days.example)}; {days.formats[0]} is taken ({why})"
            )
        if days.unread:
            self.doubts.append(f"{name}: no format reads {examples(days.unread)} of `{column.name}`")
        outside = days.read - days.in_span
        if outside and name != "published":
            self.doubts.append(
                f"{name}: {outside:,} of {days.read:,} days of `{column.name}` lie outside the theatre's months "
                f"{self.theatre.first_month} to {self.theatre.last_month}"
            )

    def _add_named_day(self, name: str) -> None:
        """A day that only the file's name tells, which only control may take."""
        if self.kind == "control_polygons":
            for pattern, format_ in NAMED_DAYS:
                if re.search(pattern, self.found.file_name):
                    self.fields["valid_from_file"] = {"file_name": True, "pattern": pattern}
                    self.date_formats.append(format_)
                    self.doubts.append(f"{name}: no column reads as days, so the file's name says it ({format_})")
                    return
        self.doubts.append(f"{name}: no column reads as days; without one every row is quarantined")

    def _add_points(self) -> None:
        if self.points is None:
            self.doubts.append(
                "latitude, longitude: none found; rows are placed by the gazetteer, by place and province"
            )
            return
        for name, axis in (("latitude", self.points.latitude), ("longitude", self.points.longitude)):
            self.fields[name] = _spec(axis)
        self.doubts += self.points.doubts(self.theatre)

    def _add_province(self) -> None:
        fits = {c.name: c.share(pc.is_valid(lookup(c.texts, self.theatre.province_aliases))) for c in self._free()}
        named = self._named("province")
        likely = sorted((c for c in self._free() if fits[c.name] >= 0.5), key=lambda c: (c not in named, -fits[c.name]))
        if likely:
            column = likely[0]
            self.fields["province"] = column.name
            known = lookup(column.texts, self.theatre.province_aliases)
            strange = self._strange(column, known)
            if strange:
                self.doubts.append(
                    f"province: {examples(strange)} of `{column.name}` are no spelling of a province of "
                    f"{self.theatre.name}: add them to its aliases, or these rows are quarantined"
                )
        elif named:
            self.doubts.append(
                f"province: `{named[0].name}` is left out, for {self.theatre.name} knows few of its values: "
                f"{examples(named[0].counts)}"
            )

    def _strange(self, column: Column, known: Any) -> dict[str, int]:
        """Texts of a column that are in no vocabulary, with their counts."""
        unknown = set(column.texts.filter(pc.and_(pc.is_null(known), pc.is_valid(column.texts))).to_pylist())
        return {text: count for text, count in column.counts.items() if text in unknown}

    def _add_place(self) -> None:
        named = [c for c in self._named("place") if not _is_numeric(c)]
        if named:
            self.fields["place"] = named[0].name
        if "latitude" not in self.fields and not named:
            self.doubts.append("place: none found, and no coordinate: every row would be quarantined")

    def _add_id(self) -> None:
        numbering = {plain(name) for name in known_names()["row_number"]}
        fitting = [c for c in self._free() if _identifies(c, self.found.rows)]
        good = [c for c in self._named("id") if c in fitting and c.plain_name not in numbering]
        good.sort(key=lambda c: words(c.name)[-1] != "id")
        numbers = [c for c in fitting if c.plain_name in numbering]
        chosen = next(iter([*good, *numbers]), None)
        if chosen is None:
            self.doubts.append(
                "key: no column identifies a row, so its content does: a row that is corrected counts as a new strike "
                "and the old one stays. Name the mapped fields that stay the same under a correction, if there are any"
            )
            return
        self.fields["id"], self.key = chosen.name, ["id"]
        others = [c.name for c in (*good, *numbers) if c is not chosen]
        if others:
            self.doubts.append(f"id: `{chosen.name}` is taken; {', '.join(f'`{n}`' for n in others)} would do too")
        if chosen in numbers:
            self.doubts.append(f"id: `{chosen.name}` may be a row number, which changes from one export to the next")
        repeated = {text: count for text, count in chosen.counts.items() if count > 1}
        if repeated:
            self.doubts.append(f"id: {examples(repeated)} of `{chosen.name}` stand on several rows")
        lacking = self.found.rows - chosen.filled
        if lacking:
            self.doubts.append(f"id: {lacking:,} rows have no `{chosen.name}`; they would be quarantined")

    def _add_precision(self) -> None:
        column = next(iter(self._named("precision")), None)
        if column is None or (len(column.counts) > MOST_WORDS and not _is_numeric(column)):
            return
        self.fields["precision"] = column.name
        default = self.theatre.default_precision_m
        numeric = _is_numeric(column)
        if numeric and max(float(text) for text in column.counts) > 10:
            self.precision_m = {"default": default}
            self.doubts.append(f"precision: the numbers of `{column.name}` are taken for metres")
            return
        known = _known_precisions()
        self.precision_m = {text: known.get(text.casefold(), default) for text in sorted(column.counts)}
        self.precision_m["default"] = default
        strange = {text: count for text, count in column.counts.items() if text.casefold() not in known}
        if strange:
            what = "codes" if numeric else "words"
            self.doubts.append(
                f"precision_m: the {what} {examples(strange)} of `{column.name}` are given {default:,.0f} m each: "
                "say how far each may be off, in metres"
            )

    def _add_confidence(self) -> None:
        column = next((c for c in self._named("confidence") if len(c.counts) <= MOST_WORDS), None)
        if column is not None:
            self.fields["confidence"] = column.name
            self.confidence = {text: text.casefold() for text in sorted(column.counts)}
            self.doubts.append(f"confidence: `{column.name}` says {examples(column.counts)}; check what they mean")

    def _add_actors(self) -> None:
        for name, otherwise in (("claimed_actor", "count as generic"), ("stated_holder", "are not read")):
            column = next((c for c in self._named(name) if not _is_numeric(c)), None)
            if column is None:
                continue
            known = lookup(column.texts, self.theatre.controller_aliases)
            if not known.null_count < len(known):
                self.doubts.append(f"{name}: `{column.name}` is left out, for it names no controller of the theatre")
                continue
            self.fields[name] = column.name
            strange = self._strange(column, known)
            if strange:
                self.doubts.append(f"{name}: {examples(strange)} of `{column.name}` {otherwise}")

    def _add_controller(self) -> None:
        fits = {c.name: c.share(pc.is_valid(self._held(c))) for c in self._free() if len(c.counts) <= MOST_WORDS}
        named = [c for c in self._named("controller") if c.name in fits]
        likely = sorted(
            (c for c in self._free() if fits.get(c.name, 0) >= 0.5), key=lambda c: (c not in named, -fits[c.name])
        )
        column = next(iter(likely or [c for c in named if fits[c.name] > 0]), None)
        if column is not None:
            self.fields["controller"] = column.name
            strange = self._strange(column, self._held(column))
            if strange:
                self.doubts.append(
                    f"controller: {examples(strange)} of `{column.name}` are no controller of {self.theatre.name}: add "
                    "them to the aliases of one, or these rows are quarantined"
                )
            return
        self._add_controller_of_names(named)

    def _add_controller_of_names(self, named: list[Column]) -> None:
        """Who holds ground by the names of layers, else by the one controller that the file's name speaks of."""
        aliases = self.theatre.controller_aliases
        layers = [layer for layer in self.found.layers if layer and layer.casefold() in aliases]
        if layers:
            self.fields["controller"], self.layers = {"layer": True}, layers
            left = {layer: n for layer, n in self.found.layers.items() if layer not in layers}
            if left:
                self.doubts.append(f"layers: {examples(left)} name no controller and are left out")
            return
        if named:
            self.doubts.append(
                f"controller: `{named[0].name}` is left out, for it names no controller of the theatre: "
                f"{examples(named[0].counts)}"
            )
        spoken = [*words(self.found.file_name), *(word for layer in self.found.layers for word in words(layer))]
        said = next((aliases[word] for word in spoken if word in aliases), None)
        if said is None:
            self.doubts.append(
                "controller: nothing says who holds the ground; write `controller: {const: NAME}` under fields, with "
                f"one of {', '.join(self.theatre.controllers)}, or every row is quarantined"
            )
            return
        self.fields["controller"] = {"const": said}
        self.doubts.append(f"controller: no column says it; the name of the file or layer speaks of {said}")

    def _add_named(self, name: str) -> None:
        column = next((c for c in self._named(name) if not _is_numeric(c)), None)
        if column is not None:
            self.fields[name] = column.name

    def _add_url(self, name: str) -> None:
        """A column of web addresses; a citation may be any text."""
        likely = [c for c in self._named(name) if name == "citation" or _is_web(c)]
        column = next(iter([*likely, *(c for c in self._free() if _is_web(c))]), None)
        if column is not None:
            self.fields[name] = column.name


def _spec(axis: Axis) -> str | dict[str, Any]:
    if axis.column is None:
        return {"geometry": True}
    return {"names": [axis.column], "pattern": axis.pattern} if axis.pattern else axis.column


def _is_numeric(column: Column) -> bool:
    return column.share(pc.is_valid(parse_numbers(column.texts))) > 0.95


def _is_web(column: Column) -> bool:
    return sum(count for text, count in column.counts.items() if WEB.match(text)) > 0.8 * column.filled


def _identifies(column: Column, rows: int) -> bool:
    """Whether nearly every row has a text of its own, short and without spaces."""
    if len(column.counts) < UNIQUE * rows or column.filled < UNIQUE * rows:
        return False
    plain_texts = sum(len(text) <= MOST_ID_LENGTH and " " not in text and "." not in text for text in column.counts)
    return plain_texts >= UNIQUE * len(column.counts)


@cache
def _known_precisions() -> dict[str, float]:
    """Metres of the precision words that sources of any theatre have."""
    return {
        word.casefold(): metres
        for theatre in theatres().values()
        for source in theatre.sources.values()
        for word, metres in source.precision_m.items()
        if word != "default"
    }
