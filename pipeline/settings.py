"""Settings: where data lives and how much the pipeline may use.

Belongs here: every value that a deployment may change, each with an environment variable ``ISW_…``.
Does not belong here: what the numbers mean; that is in the theatre files.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one deployment, read from the environment.

    Paths are taken relative to the working directory. Sizes are in bytes.
    """

    model_config = SettingsConfigDict(env_prefix="ISW_", extra="ignore")

    data: Path = Field(default=Path("data"), description="Folder for everything that is received or made")
    store: str = Field(
        default="",
        pattern=r"^(s3://[^/?#\s]+(/[^?#\s]*)?)?$",
        description="Where working tables, ledger, received exports and releases are kept, for several machines: "
        "s3://bucket/prefix; the data folder where empty",
    )
    dask: str = Field(
        default="",
        pattern=r"^((tcp|tls)://\S+)?$",
        description="Scheduler of a Dask cluster that does the heavy pieces: tcp://host:port; this machine where empty",
    )
    memory_limit: str = Field(
        default="4GB",
        pattern=r"^\d+(\.\d+)? ?([KMGTkmgt]([Ii]?[Bb])?|[Bb])$",
        description="DuckDB's memory limit: a number with KB, MB, GB or TB, or KiB, MiB, GiB or TiB",
    )
    threads: int = Field(default=0, ge=0, description="DuckDB's threads; 0 for one per core")
    max_export_bytes: int = Field(default=2 * 1024**3, description="Largest export file taken")
    max_unpacked_bytes: int = Field(default=4 * 1024**3, description="Most bytes that an export unpacks to")
    max_unpack_ratio: int = Field(default=200, description="Most times that an archive may grow when unpacked")
    max_archive_depth: int = Field(default=2, description="Most archives within one another (a KMZ in a zip is two)")
    max_members: int = Field(default=1_000, description="Most members of an archive")
    max_field_bytes: int = Field(default=10 * 1024**2, description="Longest single field, line or row of text")
    max_columns: int = Field(default=2_000, description="Most columns or properties of a record")
    max_depth: int = Field(default=64, description="Deepest nesting of JSON, XML or a geometry")
    max_vertices: int = Field(default=5_000_000, description="Most vertices of one geometry")
    max_records: int = Field(default=20_000_000, description="Most records of an export")
    max_records_bytes: int = Field(
        default=64 * 1024**3, description="Most bytes that the records of an export may take, each with its names"
    )
    records_memory_bytes: int = Field(
        default=256 * 1024**2, description="Records of one export held in memory while it is read; more wait on disk"
    )
    max_document_bytes: int = Field(default=512 * 1024**2, description="Largest JSON document, which is read whole")
    max_shared_strings_bytes: int = Field(
        default=256 * 1024**2, description="Largest list of a workbook's shared texts, unpacked, which is read whole"
    )
    fetch_attempts: int = Field(default=6, ge=1, description="Times that a server is asked for one thing")
    fetch_timeout_s: float = Field(default=60, gt=0, description="Longest silence of a server, seconds")
    fetch_deadline_s: float = Field(default=1_800, gt=0, description="Longest that one answer may take, seconds")
    max_overrides_bytes: int = Field(default=16 * 1024**2, description="Largest file of overrides read")
    min_free_bytes: int = Field(default=1024**3, ge=0, description="Bytes that a run leaves free on the disk")
    months_per_run: int = Field(
        default=0, ge=0, description="Most months that one run of a backfill makes; 0 for a whole span in one run"
    )
    keep_releases: int = Field(default=10, ge=1, description="Releases kept besides each month's last")
    keep_runs_days: int = Field(default=90, ge=1, description="Days for which housekeeping keeps Dagster's runs")
    vacuum_after_hours: int = Field(
        default=168,
        ge=24,
        description="Hours for which housekeeping keeps data files that no table and no kept release needs any more; "
        "longer than any run takes",
    )

    alert_webhook: SecretStr = Field(
        default=SecretStr(""), description="Address to which a failed run is told, as JSON with `text`; nobody if empty"
    )
    alert_email_to: str = Field(default="", description="Who gets a mail about a failed run; nobody if empty")
    alert_email_from: str = Field(default="isw-strikes@localhost", description="Sender of such a mail")
    smtp_host: str = Field(default="localhost", description="Mail server")
    smtp_port: int = Field(default=25, description="Its port")
    smtp_user: str = Field(default="", description="User at the mail server")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Password there; no login if empty")
    dagster_address: str = Field(
        default="http://127.0.0.1:3000", description="Where people open the Dagster UI, for links in messages"
    )

    @field_validator("data")
    @classmethod
    def _is_folder(cls, data: Path) -> Path:
        """What stands there, or the nearest of what it lies in, must be a folder: all else is made in it."""
        try:
            place = data.expanduser().resolve()
            while not place.exists():
                place = place.parent
            is_folder = place.is_dir()
        except (OSError, RuntimeError) as error:
            # A name that is too long, a folder that may not be looked into, a user who is not there, a ring of links.
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise ValueError((said or type(error).__name__).rstrip(".")) from error
        if not is_folder:
            raise ValueError(f"{place} is a file")
        return data

    @cached_property
    def root(self) -> Path:
        """The data folder, absolute."""
        return self.data.expanduser().resolve()

    def runs_for(self, months: int) -> int:
        """How many runs a backfill of so many months is."""
        return -(-months // self.months_per_run) if self.months_per_run else 1

    def over_scratch(self, folder: Path) -> Settings:
        """The same over a folder of this machine alone: nothing of a trial may reach what all machines share."""
        return Settings(**self.model_dump() | {"data": folder, "store": "", "dask": ""})

    @property
    def exports_dir(self) -> Path:
        """Received bytes, each file named by its SHA-256."""
        return self.root / "exports"

    @property
    def inbox_dir(self) -> Path:
        """Where new files are dropped."""
        return self.root / "inbox"

    @property
    def fetched_dir(self) -> Path:
        """What fetching keeps: downloads that are not whole yet, and what servers said of those that were."""
        return self.root / "fetched"

    @property
    def overrides_dir(self) -> Path:
        """Where people correct single records: ``<theatre>/<source>/*.csv``."""
        return self.root / "overrides"

    @property
    def lake_dir(self) -> Path:
        """Working tables (Delta Lake)."""
        return self.root / "lake"

    @property
    def releases_dir(self) -> Path:
        """Published releases."""
        return self.root / "releases"

    @property
    def latest(self) -> Path:
        """Link to the newest release."""
        return self.root / "latest"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage: runs, events, schedules."""
        return self.root / "dagster"


def say_invalid(error: ValidationError) -> str | None:
    """Which settings hold what is not allowed, and what is; None where the error is no fault of settings."""
    if error.title != Settings.__name__:
        return None
    return "; ".join(
        _say_fault(str(fault["loc"][0]), fault["input"], fault["type"], fault["msg"]) for fault in error.errors()
    )


def _say_fault(name: str, value: object, kind: str, said: str) -> str:
    field = Settings.model_fields[name]
    given = "" if field.annotation is SecretStr else f"={value}"
    # What a pattern allows is told by the description alone.
    words = said.removeprefix("Value error, ").replace("Input should be", "it must be").split(", unable to parse")[0]
    rule = "" if kind == "string_pattern_mismatch" else f"{words}. "
    return f"ISW_{name.upper()}{given} cannot be used: {rule}{field.description} (docs/settings.md)"
