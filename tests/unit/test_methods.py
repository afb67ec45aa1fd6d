"""The methods page is a document of the checkout; where there is none, that is told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.pages import methods


def test_an_install_without_the_documents_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "METHODS", tmp_path / "methods.md")
    with pytest.raises(UserError, match=r"methods\.md is not there.*make install"):
        methods.methods_text()
