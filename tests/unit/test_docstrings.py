"""Examples in docstrings say what the code does."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import pipeline

ROOT = Path(pipeline.__file__).parent
WITH_EXAMPLES = [path for path in sorted(ROOT.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_examples_hold(path: Path) -> None:
    name = ".".join(("pipeline", *path.relative_to(ROOT).with_suffix("").parts))
    held = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert held.attempted and not held.failed
