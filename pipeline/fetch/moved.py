"""Layers that moved: whether a layer is still the one that the theatre's file names, and where it may have gone.

Belongs here: reading a layer's description, and what to tell where it is gone, renamed or renumbered. Publishers give
services new names (``…_V2``) and layers new numbers; taking another layer for the one that was meant would be worse
than taking none. Does not belong here: its rows (``arcgis``).
"""

from __future__ import annotations

import difflib
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pipeline.fetch.answers import FetchFailed, plain
from pipeline.fetch.client import Client
from pipeline.theatres import LiveLayer

# Codes by which servers say that there is no such service or layer.
GONE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
DESCRIBED = {"f": "json"}


def find_layer(client: Client, block: LiveLayer) -> dict[str, Any]:
    """The description of the layer that the theatre's file names.

    Raises:
        FetchFailed: there is none any more, or it is another one; the message says where it may have gone.
    """
    address = f"{block.address}/{block.layer}"
    try:
        description = client.ask(address, DESCRIBED)
    except FetchFailed as failed:
        if failed.status in GONE:
            raise FetchFailed(f"{failed}. {_where_it_went(client, block)}", failed.status) from None
        raise
    if description.get("name") != block.name or description.get("id", block.layer) != block.layer:
        raise FetchFailed(
            f"{plain(address)} is layer {description.get('id')} {description.get('name')!r} now, and the theatre's "
            f"file names layer {block.layer} {block.name!r}; nothing was taken. {_where_it_went(client, block)}"
        )
    if not any(word in str(description.get("capabilities", "Query")).split(",") for word in ("Query", "Data")):
        raise FetchFailed(f"{plain(address)}: the server gives no rows of this layer (its capabilities lack Query)")
    return description


def _where_it_went(client: Client, block: LiveLayer) -> str:
    """What the server has instead, in words: a layer of that name, the service's layers, or services of a like name."""
    layers = _listed(client, block.address, "layers", "tables")
    for layer in layers:
        if layer.get("name") == block.name:
            return f"The service has {block.name!r} as layer {layer.get('id')}: change `layer`"
    if layers:
        told = ", ".join(f"{layer.get('id')} {layer.get('name')!r}" for layer in layers[:20])
        return f"The service has {told}: change `layer` and `name` where one of them is meant"
    root, _, path = block.address.partition("/rest/services")
    *folder, service, kind = path.strip("/").split("/")
    services = _listed(client, "/".join([f"{root}/rest/services", *folder]), "services")
    names = sorted({str(found.get("name")).rpartition("/")[2] for found in services if found.get("type") == kind})
    alike = difflib.get_close_matches(service, names)
    if alike:
        return f"The server has services of a like name ({', '.join(alike)}): change `address` where one is meant"
    return f"The server at {urlsplit(block.address).hostname} lists no service of a like name: ask the publisher"


def _listed(client: Client, address: str, *members: str) -> list[dict[str, Any]]:
    """What a server lists of itself; nothing where it does not say, for this only helps a message along."""
    try:
        answer = client.ask(address, DESCRIBED)
    except FetchFailed:
        return []
    listed = [item for member in members for item in answer.get(member) or []]
    return [item for item in listed if isinstance(item, dict)]
