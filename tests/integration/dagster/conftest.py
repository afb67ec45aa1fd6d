"""Fixtures of the tests that run through Dagster."""

from __future__ import annotations

import os
from collections.abc import Iterator

import dagster as dg
import pytest
from stub_pipeline import Stub

from pipeline.settings import Settings


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    """An instance sets variables of the process; other tests must not see them."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def stub(settings: Settings) -> Stub:
    return Stub(settings)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened
