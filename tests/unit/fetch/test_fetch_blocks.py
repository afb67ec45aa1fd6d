"""The `fetch` block of a theatre's file: what may stand in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import UserError
from pipeline.theatres import LiveFile, LiveLayer, Theatre, read_theatre, theatre_files

SERVICE = "https://services.example.org/arcgis/rest/services/Control_V3/FeatureServer"
LAYER = {"kind": "arcgis", "address": SERVICE, "layer": 49, "name": "Assessed control"}
FILE = {"kind": "url", "address": "https://example.org/strikes.csv"}


def _read(folder: Path, block: Any, source: str = "airwars") -> Theatre:
    raw = yaml.safe_load(theatre_files()["syria"].read_text(encoding="utf-8"))
    raw["sources"][source]["fetch"] = block
    path = folder / "syria.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return read_theatre(path)


@pytest.mark.parametrize(("block", "kind"), [(LAYER, LiveLayer), (FILE, LiveFile)])
def test_a_source_says_where_it_is_fetched_from(tmp_path: Path, block: dict[str, Any], kind: type) -> None:
    theatre = _read(tmp_path, block)
    assert list(theatre.live_sources) == ["airwars"] and isinstance(theatre.sources["airwars"].fetch, kind)


def test_where_bytes_come_from_makes_nothing_stale(tmp_path: Path) -> None:
    before = read_theatre(theatre_files()["syria"]).model_dump(mode="json")
    assert _read(tmp_path, LAYER).model_dump(mode="json") == before


@pytest.mark.parametrize("scheme", ["http", "https", "s3", "gs", "az", "abfs"])
def test_web_addresses_and_stores_are_fetched(tmp_path: Path, scheme: str) -> None:
    assert _read(tmp_path, {**FILE, "address": f"{scheme}://example/strikes.csv"}).live_sources


def _changed(block: dict[str, Any], **changed: Any) -> Callable[[], dict[str, Any]]:
    return lambda: {name: value for name, value in {**block, **changed}.items() if value is not None}


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (_changed(FILE, address="file:///etc/passwd"), "cannot begin with 'file'"),
        (_changed(FILE, address="/etc/passwd"), "cannot begin with ''"),
        (_changed(FILE, address="simplecache::s3://b/x"), "holds '::'"),
        (_changed(FILE, address="https://x/a::file:///etc/passwd"), "holds '::'"),
        (_changed(FILE, address="ftp://example.org/x"), "cannot begin with 'ftp'"),
        (_changed(FILE, address="https:///x?token=pa55"), "names no host"),
        (_changed(FILE, address="https://host:abc/x"), "it is no address"),
        (_changed(FILE, address="https://host/\0x"), "it is no address"),
        (_changed(FILE, address=f"https://{'a' * 70_000}/x"), "it is no address"),
        (_changed(FILE, address=f"https://{'a' * 64}.org/x"), "more than 63 letters"),
        (_changed(FILE, address="https://example.org/"), "names no file"),
        (_changed(FILE, address="https://me:pa55@example.org/x"), "holds a secret (a user)"),
        (_changed(FILE, address="https://example.org/x?Token=pa55"), "holds a secret (token)"),
        (_changed(FILE, address="https://example.org/x?X-Amz-Date=1&x-amz-signature=pa55"), "(x-amz-date, x-amz-sig"),
        (_changed(FILE, address="https://example.org/x?code=pa55&Subscription-Key=pa55"), "(code, subscription-key)"),
        (_changed(FILE, address="https://example.org/x?client_secret=pa55&auth="), "(auth, client_secret)"),
        (_changed(FILE, address="http://example.org/x", token_env="T"), "only sent over https"),
        (_changed(FILE, address="s3://bucket/x", token_env="T"), "only sent over https"),
        (_changed(FILE, token_env="$TOKEN"), "token_env"),
        (_changed(FILE, kind="ftp"), "kind"),
        (_changed(LAYER, address=SERVICE + "/49"), "is no ArcGIS service"),
        (_changed(LAYER, address=SERVICE + "?f=pa55"), "is no ArcGIS service"),
        (_changed(LAYER, address="s3://bucket/FeatureServer"), "is no ArcGIS service"),
        (_changed(LAYER, name=None), "name: Field required"),
        (_changed(LAYER, layer=-1), "layer"),
        (_changed(LAYER, colour="red"), "colour"),
    ],
)
def test_a_block_that_cannot_be_followed_is_told_without_its_secret(
    tmp_path: Path, block: Callable[[], dict[str, Any]], told: str
) -> None:
    with pytest.raises(UserError) as error:
        _read(tmp_path, block())
    assert "sources.airwars.fetch" in str(error.value) and told in str(error.value)
    assert "pa55" not in str(error.value)
