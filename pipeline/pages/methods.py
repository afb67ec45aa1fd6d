"""Methods: the project's own methods page, for the release to carry.

Belongs here: turning ``docs/methods.md`` into HTML. Does not belong here: what it says.
"""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from pipeline.errors import UserError

METHODS = Path(__file__).parents[2] / "docs" / "methods.md"


def methods_text() -> str:
    """The methods page as it is written.

    Raises:
        UserError: this is no checkout of the project, or one without its documents.
    """
    try:
        return METHODS.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{METHODS} is not there, and a release carries it: work in a checkout of the project, installed with "
            "`make install`"
        ) from None


def render_methods(section: str | None = None) -> Markup:
    """The methods page as HTML; markup inside it is shown, not obeyed.

    Args:
        section: heading of the one section to take, without the heading; all where None.

    Raises:
        ValueError: the page has no such section.
    """
    text = methods_text()
    if section is not None:
        _, found, rest = text.partition(f"\n## {section}\n")
        if not found:
            raise ValueError(f"{METHODS.name} has no section {section!r}")
        text = rest.partition("\n## ")[0]
    # The project's other pages are not in a release: what links to them stays as words.
    text = re.sub(r"\[([^\]]+)\]\([\w-]+\.md\)", r"\1", text)
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))  # noqa: S704
