"""Layers that moved: whether a layer is still the one that the theatre's file names, and where it may have gone.

Belongs here: reading a layer's description, and what to tell where it is gone, renamed or renumbered. Publishers give
services new names (``…_V2``) and layers new numbers; taking another layer for the one that was meant would be worse
than taking none. Does not belong here: its rows (``arcgis``).
"""

from __future__ import annotations

import difflib
from http import HTTPStatus
from urllib.parse import urlsplit

from pipeline.fetch.answers import FetchFailed, plain
from pipeline.fetch.client import Client
from pipeline.fetch.layers import Directory, Layer, understand
from pipeline.theatres import LiveLayer

# Codes by which servers say that there is no such service or layer.
GONE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
DESCRIBED = {"f": "json"}
TOLD = 20


def find_layer(client: Client, block: LiveLayer) -> Layer:
    """The description of the layer that the theatre's file names.

    Raises:
        FetchFailed: there is none any more, or it is another one; the message says where it may have gone.
    """
    address = f"{block.address}/{block.layer}"
    try:
        layer = understand(Layer, address, client.ask(address, DESCRIBED))
    except FetchFailed as failed:
        if failed.status in GONE:
            raise FetchFailed(f"{failed}. {_where_it_went(client, block)}", failed.status) from None
        raise
    if (layer.id, layer.name) != (block.layer, block.name):
        raise FetchFailed(
            f"{plain(address)} is layer {layer.id} {layer.name!r} now, and the theatre's file names layer "
            f"{block.layer} {block.name!r}; nothing was taken. {_where_it_went(client, block)}"
        )
    if not layer.is_readable:
        raise FetchFailed(f"{plain(address)}: the server gives no rows of this layer (its capabilities lack Query)")
    return layer


def _where_it_went(client: Client, block: LiveLayer) -> str:
    """What the server has instead, in words: a layer of that name, the service's layers, or services of a like name."""
    service = _list(client, block.address)
    layers = (*service.layers, *service.tables)
    for layer in layers:
        if layer.name == block.name:
            return f"The service has {block.name!r} as layer {layer.id}: change `layer`"
    if layers:
        told = ", ".join(f"{layer.id} {layer.name!r}" for layer in layers[:TOLD])
        return f"The service has {told}: change `layer` and `name` where one of them is meant"
    root, _, path = block.address.partition("/rest/services")
    *folder, name, kind = path.strip("/").split("/")
    services = _list(client, "/".join([f"{root}/rest/services", *folder])).services
    names = sorted({found.name.rpartition("/")[2] for found in services if found.type == kind})
    alike = difflib.get_close_matches(name, names)
    if alike:
        return f"The server has services of a like name ({', '.join(alike)}): change `address` where one is meant"
    return f"The server at {urlsplit(block.address).hostname} lists no service of a like name: ask the publisher"


def _list(client: Client, address: str) -> Directory:
    """What a server lists of itself; nothing where it does not say, for this only helps a message along."""
    try:
        return understand(Directory, address, client.ask(address, DESCRIBED))
    except FetchFailed:
        return Directory()
