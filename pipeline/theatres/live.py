"""Live sources: the model of a source's ``fetch`` block, which says where its exports are fetched from.

Belongs here: what may stand in the block. An address holds no secret: a token comes from the environment alone.
Does not belong here: fetching (``pipeline.fetch``), anything else of a source (``sources``).
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

WEB = ("http", "https")
# Object stores that fsspec opens, each by a package of its own; credentials are the store's own environment.
STORES = ("s3", "gs", "az", "abfs")
LONGEST_LABEL = 63  # RFC 1035, 2.3.4
# Names in a query that hold a secret, `_` for `-`, and how those of a signed address begin.
SECRETS = frozenset(
    {"token", "key", "apikey", "api_key", "access_token", "sig", "signature", "password", "code", "secret"}
    | {"client_secret", "auth", "authorization", "subscription_key", "ocp_apim_subscription_key"}
)
SIGNED = ("x_amz_", "x_goog_")


def _address(text: str) -> str:
    """Check that an address is a web page's or a store's, names a host, and carries no secret."""
    try:
        parts = urlsplit(text)
        _ = parts.port, httpx.URL(text)  # refuses ports that are no numbers, hosts that no name server takes
    except (ValueError, httpx.InvalidURL):  # not told as it stands: it may hold a secret
        raise ValueError("it is no address: look at its host, its port, its length and for unseen letters") from None
    if "::" in text:  # fsspec would go on to another address after it
        raise ValueError("the address holds '::'")
    if parts.scheme not in (*WEB, *STORES):
        raise ValueError(f"an address cannot begin with {parts.scheme!r}: write {', '.join((*WEB, *STORES))}")
    if not parts.hostname:
        raise ValueError("the address names no host")
    if any(len(label) > LONGEST_LABEL for label in parts.hostname.split(".")):
        raise ValueError(f"the address names a host with more than {LONGEST_LABEL} letters between two dots")
    found = sorted({name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True) if _is_secret(name)})
    # abfs://container@account names no user
    if found or parts.password is not None or (parts.scheme in WEB and parts.username is not None):
        what = ", ".join(found) or "a user"
        raise ValueError(f"the address holds a secret ({what}): name its environment variable in token_env")
    return text


def _is_secret(name: str) -> bool:
    folded = name.lower().replace("-", "_")
    return folded in SECRETS or folded.startswith(SIGNED)


Address = Annotated[str, AfterValidator(_address)]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Address
    token_env: Variable | None = Field(
        default=None, description="Environment variable whose value is sent as bearer token"
    )

    @model_validator(mode="after")
    def _check_token(self) -> _Block:
        if self.token_env and urlsplit(self.address).scheme != "https" and not is_loopback(self.address):
            raise ValueError("token_env is only sent over https: write the address so")
        return self


class LiveLayer(_Block):
    """A layer of an ArcGIS FeatureServer or MapServer, fetched whole.

    ``address`` ends with ``FeatureServer`` or ``MapServer``; ``name`` is the layer's name as its server gives it, by
    which a renamed or renumbered layer is noticed.
    """

    kind: Literal["arcgis"]
    layer: int = Field(ge=0)
    name: str

    @model_validator(mode="after")
    def _check_service(self) -> LiveLayer:
        parts = urlsplit(self.address)
        if parts.scheme not in WEB or parts.query or not parts.path.endswith(("/FeatureServer", "/MapServer")):
            told = self.address.partition("?")[0]
            raise ValueError(
                f"{told!r} is no ArcGIS service: write https://…/FeatureServer or …/MapServer, "
                "and the layer's number as `layer`"
            )
        return self


class LiveFile(_Block):
    """A file at a web address or in an object store, fetched when it changed."""

    kind: Literal["url"]

    @model_validator(mode="after")
    def _check_path(self) -> LiveFile:
        if not urlsplit(self.address).path.strip("/"):
            raise ValueError("the address names no file")
        return self


Live = Annotated[LiveLayer | LiveFile, Field(discriminator="kind")]


def is_loopback(address: str) -> bool:
    """True for an address of this machine, as tests use it."""
    host = urlsplit(address).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")
