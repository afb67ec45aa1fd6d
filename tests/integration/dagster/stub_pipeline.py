"""A pipeline of the same steps that does next to nothing, so that tests see what Dagster does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from assets.definitions import definitions
from assets.resources import Pipeline
from pipeline.publication import Publication
from pipeline.release import ReleaseRefused
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import Theatre, theatres
from pipeline.work import Built, Candidate, Step, Work

SYRIA = theatres()["syria"]


def number(metadata: dg.MetadataValue) -> float:
    """A number that Dagster was told."""
    assert isinstance(metadata.value, int | float)
    return metadata.value


@dataclass
class Stub:
    """What the stub steps are made from, what they write, and what was asked of them.

    ``state`` is the digest of the inputs of (step, part); ``outcome`` what the one record of mapped strikes ends as;
    ``refusal`` why a release is refused; ``fault`` the error of a step that breaks;
    ``received`` what the inputs of parts that are sources are called.
    """

    settings: Settings
    state: dict[tuple[str, str], str] = field(default_factory=dict)
    outcome: str = "accepted"
    refusal: str = ""
    fault: BaseException | None = None
    received: str = "exports"
    made: list[tuple[str, str]] = field(default_factory=list)
    published: list[list[str] | None] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def pipeline(self) -> Pipeline:
        """The pipeline of stub steps."""
        return Pipeline(
            self.settings,
            tuple(self._step(step) for step in STEPS),
            publish=self._publish,
            on_progress=self.told.append,
        )

    def run(self, job: str, *, instance: dg.DagsterInstance, **tags: str) -> dg.ExecuteInProcessResult:
        """Run a job; tags are written without their prefix."""
        named = {f"{'dagster/asset_partition_' if 'range' in name else 'isw/'}{name}": tags[name] for name in tags}
        resolved = definitions(self.pipeline()).resolve_job_def(job)
        run_config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        return resolved.execute_in_process(instance=instance, tags=named, run_config=run_config, raise_on_error=False)

    def receive(self) -> None:
        """Note an export as received, with one record."""
        where = {"theatre": "syria", "source": "isw_reports", "export_id": "e" * 64}
        record = {
            "record_id": "r1", **where, "layer": "", "record_no": 1, "line_no": 2, "properties": "{}", "geometry": None,
        }  # fmt: skip
        export = {
            **where, "sha256": "e" * 64,
            "file_name": "strikes.csv", "format": "csv", "bytes": 10, "encoding": "utf-8", "crs": None,
            "record_count": 1, "received_at": datetime(2026, 11, 1, tzinfo=UTC), "problem_code": None, "problem": None,
        }  # fmt: skip
        lake = Work(self.settings).lake
        lake.replace("raw.records", [record], **where)
        lake.replace("raw.exports", [export], **where)

    def _step(self, step: Step) -> Step:
        def inputs(_work: Work, _theatre: Theatre, part: str) -> dict[str, str]:
            return {
                f"{self.received} of {part}" if not step.is_monthly else part: self.state.get(
                    (step.name, part), "first"
                )
            }

        def build(_work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
            if self.fault and step.name == "control":
                raise self.fault
            self.made += [(step.name, part) for part in parts]
            return {part: Built(self._candidates(step, theatre, part)) for part in parts}

        return replace(step, inputs=inputs, build=build, code=())

    def _candidates(self, step: Step, theatre: Theatre, part: str) -> tuple[Candidate, ...]:
        """Only mapped strikes write: the outcome of the one record."""
        if (step.name, theatre.name, part) != ("mapped_strikes", "syria", "isw_reports"):
            return ()
        row = {
            "record_id": "r1", "theatre": "syria", "source": part, "export_id": "e" * 64, "outcome": self.outcome,
            "target_id": "s1",
        }  # fmt: skip
        from pipeline.catalogue import table

        frame = table("core.record_outcomes").conform([row])
        return (Candidate("core.record_outcomes", frame, {"theatre": "syria", "source": part}),)

    def _publish(self, settings: Settings, theatres: list[str] | None, on_progress: object) -> Publication:
        if self.refusal:
            raise ReleaseRefused(self.refusal)
        self.published.append(theatres)
        path = settings.releases_dir / "r1"
        return Publication(
            "r1", path, False, {"syria": "76% lay outside ISIS-held ground."}, [_picture(path / "pictures")]
        )


def _picture(folder: Path) -> Path:
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (1600, 800), "white").save(folder / "headline.png")
    return folder / "headline.png"
