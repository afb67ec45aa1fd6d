"""What ArcGIS servers say of a layer and of its rows: the parts of it that are used, checked.

Belongs here: the model of a layer's description, of its lists and of a page. A server can say anything, so what does
not follow the model is a failure in words.
Does not belong here: asking (``client``), what follows from it (``arcgis``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, ValidationError
from pydantic.alias_generators import to_camel

from pipeline.fetch.answers import FetchFailed, plain


def _listed(value: Any) -> Any:
    return [] if value is None else value


class Said(BaseModel):
    """Something that a server says; what is not used of it is left out."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


class LayerField(Said):
    """A field; coded values stay coded in the rows, their words are in the domain."""

    name: str
    type: str
    alias: str | None = None
    length: int | None = None
    domain: dict[str, Any] | None = None


class Extent(Said):
    """Where a layer lies."""

    spatial_reference: dict[str, Any] | None = None


class EditingInfo(Said):
    """When a layer was last edited, epoch milliseconds; a MapServer does not say."""

    last_edit_date: int | None = None


class Layer(Said):
    """A layer's description."""

    id: int
    name: str
    fields: Annotated[tuple[LayerField, ...], BeforeValidator(_listed)] = ()
    geometry_type: str | None = None
    object_id_field: str | None = None
    max_record_count: int | None = None
    has_z: bool = False
    has_m: bool = False
    capabilities: str = Field(default="Query", description="Old servers do not say")
    extent: Extent | None = None
    editing_info: EditingInfo | None = None

    @property
    def id_field(self) -> str | None:
        """The object id field; a MapServer names it by its type alone."""
        found = [field.name for field in self.fields if field.type == "esriFieldTypeOID"]
        return self.object_id_field or (found[0] if found else None)

    @property
    def is_readable(self) -> bool:
        """True where the server gives rows: FeatureServers call that Query, MapServers before 10.1 Data."""
        return not {"Query", "Data"}.isdisjoint(self.capabilities.split(","))


class Count(Said):
    """How many rows a layer has."""

    count: int


class ObjectIds(Said):
    """All object ids of a layer."""

    object_id_field_name: str | None = None
    object_ids: Annotated[tuple[StrictInt, ...], BeforeValidator(_listed)]


class Row(Said):
    """One row, as the server gives it."""

    attributes: dict[str, Any]
    geometry: dict[str, Any] | None = None


class Page(Said):
    """Some rows."""

    features: tuple[Row, ...]
    spatial_reference: dict[str, Any] | None = None


class Entry(Said):
    """A layer, table or service in a list of them."""

    name: str
    id: int | None = None
    type: str | None = None


class Directory(Said):
    """What a service or folder lists."""

    layers: tuple[Entry, ...] = ()
    tables: tuple[Entry, ...] = ()
    services: tuple[Entry, ...] = ()


S = TypeVar("S", bound=Said)


def understand(kind: type[S], address: str, answer: Mapping[str, Any]) -> S:
    """What a server said, as the model of it.

    Raises:
        FetchFailed: it does not follow the model; the message says where.
    """
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise FetchFailed(f"{plain(address)}: the answer is none of a layer's: {place}: {first['msg']}") from None
