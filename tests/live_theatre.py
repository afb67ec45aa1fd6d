"""A theatre whose sources are fetched from the servers of a test.

Belongs here: putting ``fetch`` blocks into a shipped theatre. Does not belong here: the servers.
"""

from __future__ import annotations

from pipeline.theatres import LiveFile, LiveLayer, Theatre, theatres


def live_theatre(name: str = "ukraine", **blocks: LiveFile | LiveLayer) -> Theatre:
    """The theatre with a ``fetch`` block in each of the named sources."""
    theatre = theatres()[name]
    live = {source: theatre.sources[source].model_copy(update={"fetch": block}) for source, block in blocks.items()}
    return theatre.model_copy(update={"sources": {**theatre.sources, **live}})
