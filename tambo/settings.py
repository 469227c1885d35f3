"""Every path, URL, profile and default, read from the environment with the prefix TAMBO_."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tambo.errors import SettingsError
from tambo.homes import HomePaths

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(HomePaths, BaseSettings):
    """Settings of one Tambo home; every default of the project lives here.

    All state of the embedded profile lies under `home`: deleting that folder is a full reset.
    """

    model_config = SettingsConfigDict(env_prefix="TAMBO_", extra="ignore")

    profile: Literal["embedded"] = "embedded"
    home: Path = Field(default=Path(".tambo"), description="all state of this profile")
    raw: Path | None = Field(
        default=None, description="folder of your own CSVs; its home is .tambo-<folder>"
    )
    mapping: Path | None = Field(
        default=None, description="mapping of that folder's files: their foreign names and formats"
    )
    root: Path = Field(default=PROJECT_ROOT, description="folder that holds dbt/, feature_repo/")

    memory_limit: str = Field(
        default="2GB",
        pattern=r"(?i)^\d+(\.\d+)? ?([kmgt]i?b)$",
        description="DuckDB's memory before it spills, as 2GB or 512MiB",
    )
    threads: int = Field(default=2, ge=1, description="DuckDB's threads")
    part_rows: int = Field(
        default=1_000_000,
        ge=1,
        description="raw rows of a domain that a build computes at once; more come by parts",
    )
    lock_timeout_seconds: float = Field(default=600.0, ge=0, description="wait for the writer")
    keep_releases: int = Field(default=10, ge=1, description="releases that retention spares")

    seed: int = Field(default=7, description="seed of every random choice")
    search_trials: int | None = Field(
        default=None, ge=0, description="of each model's search; default: as the model declares"
    )
    schedule_training_days: int = Field(
        default=3000,
        ge=500,
        description="days that simulated fleets live while the maintenance schedule is learned",
    )
    schedule_optimised_fleets: Literal[0] | Annotated[int, Field(ge=2)] = Field(
        default=6,
        description="simulated fleets that the optimiser is judged on beside the schedule that is "
        "learned; 0: it is not judged, and never serves unasked",
    )
    schedule_compensation_share: float = Field(
        default=0.3, ge=0, description="of a lost trip's revenue, paid to its guests"
    )
    schedule_grounded_day_cost: float = Field(
        default=400.0, ge=0, description="USD a day on which a failed vessel waits for a hangar"
    )
    world_travellers: int = Field(default=1500, ge=1, description="of the sample world of travel")
    world_locations: int = Field(
        default=8, ge=3, le=300, description="of the sample world of tourism"
    )
    world_aircraft: int = Field(
        default=12, ge=2, description="of the sample world of the fleet, half of them yachts"
    )
    world_years: int = Field(default=3, ge=1, description="of the sample world")

    tourism_zone: str | None = Field(
        default=None,
        description="IANA zone of the local times and days of tourism, set before its first file "
        "comes; default: the contract's",
    )
    holidays_country: str = Field(default="PE", description="country, as the library has it")
    holidays_subdivision: str | None = Field(
        default=None, description="part of the country whose own holidays are wanted too"
    )
    holidays_language: str | None = Field(
        default=None, description="of their names, as en_US; default: the country's own"
    )
    holidays_location: str | None = Field(
        default=None, description="location of the subdivision's own; default: its code"
    )
    holidays_from: int = Field(default=2011, ge=1901, le=2100, description="first year wanted")
    events_source: str | None = Field(
        default=None, description="calendar: a CSV or iCalendar file, a folder of them, or a URL"
    )
    events_locations: Path | None = Field(
        default=None, description="YAML: our location for each place that the calendar names"
    )
    events_days_ahead: int = Field(
        default=400, ge=60, le=3650, description="how far recurring events are written out"
    )
    events_years_back: int = Field(
        default=10, ge=0, le=100, description="how far back recurring events are written out"
    )
    events_timeout_seconds: float = Field(default=30.0, gt=0, description="wait for the URL")
    cameras: Path | None = Field(default=None, description="YAML file that describes the cameras")
    cameras_settle_seconds: float = Field(
        default=60.0, ge=0, description="a video file is complete when unchanged for so long"
    )
    cameras_watch_seconds: float = Field(
        default=3600.0, gt=0, description="how long one run watches streams"
    )
    cameras_remember_days: int = Field(
        default=31, ge=1, description="how long a video may come after a later one of its camera"
    )

    redis_url: str | None = Field(default=None, description="set: online features come from Redis")
    online_clock: Literal["release", "wall"] = Field(
        default="release",
        description="what online features age by: the newest fact of their domain in the release, "
        "for sample and historic data, which end in the past; or the wall clock, for all domains, "
        "for data that keeps coming",
    )
    serve_host: str = "127.0.0.1"
    serve_port: int = Field(default=0, ge=0, le=65535, description="0 finds a free port")
    service_url: str | None = Field(
        default=None,
        description="where the app finds the services, {domain} standing for the domain; "
        "default: where `tambo serve` of this home listens",
    )
    app_port: int = Field(default=8501, ge=0, le=65535, description="of the app; 0 finds one")
    mlflow_port: int = Field(default=5000, ge=1, le=65535, description="of MLflow's pages")
    features_port: int = Field(
        default=6566, ge=0, le=65535, description="of the feature server; 0 finds a free port"
    )

    oidc_discovery_url: str | None = Field(
        default=None,
        description="set: services and the feature server ask for tokens of this issuer",
    )
    oidc_client_id: str | None = Field(
        default=None, description="our name at the issuer; roles are given for it"
    )
    oidc_audience: str | None = Field(
        default=None, description="whom tokens must be made out to; default: the client id"
    )
    oidc_issuer: str | None = Field(
        default=None, description="who must have issued them; default: as the issuer says itself"
    )
    oidc_ca: Path | None = Field(
        default=None, description="certificates that the issuer's own is checked with"
    )
    token_file: Path | None = Field(
        default=None,
        description="file with a bearer token that we send to services; read at each question",
    )

    intake_ahead_seconds: float = Field(
        default=300.0, ge=0, description="what is told of a later time is refused: a clock is off"
    )

    ingest_ahead_seconds: float = Field(
        default=300.0,
        ge=0,
        description="a line that tells of a later time than its arrival and this is quarantined; "
        "what a door lets through passes in any case",
    )

    fetch_schedule: str | None = Field(
        default=None,
        description="when Airflow fetches all doors, and what streams brought, as cron has it; "
        "default: never",
    )

    visitors_database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL of the database with the visitor counts"
    )
    visitors_table: str = Field(
        default="tourist_flow", min_length=1, description="table or view there: name, schema.name"
    )
    visitors_timestamp_column: str = Field(default="timestamp", min_length=1)
    visitors_location_column: str = Field(default="location", min_length=1)
    visitors_count_column: str = Field(default="tourist_count", min_length=1)
    visitors_market_column: str = Field(default="market", description="empty: it has none")
    visitors_changed_column: str | None = Field(
        default=None, description="column that says when a row was written or last changed"
    )
    visitors_zone: str | None = Field(
        default=None, description="IANA zone of times without one; default: the contract's"
    )
    visitors_lookback_days: int = Field(
        default=7, ge=1, le=366, description="days that are read again for late rows"
    )
    visitors_overlap_minutes: int = Field(
        default=10, ge=0, description="how long a transaction may take to commit a changed row"
    )
    visitors_page_rows: int = Field(default=100_000, ge=1, description="rows held in memory")

    weather_key: SecretStr | None = Field(default=None, description="key of the weather API")
    weather_url: str = Field(
        default="https://history.openweathermap.org/data/2.5/history/city",
        description="where the weather that was is asked for",
    )
    weather_forecast_url: str = Field(
        default="https://pro.openweathermap.org/data/2.5/forecast/hourly",
        description="where the weather to come is asked for",
    )
    weather_locations: str | None = Field(
        default=None,
        description="name=latitude,longitude; name=...; or a CSV: location,latitude,longitude",
    )
    weather_from: date | None = Field(default=None, description="first local day of the history")
    weather_units: Literal["metric", "standard", "imperial"] = Field(
        default="metric", description="units that are asked for; all become degrees Celsius"
    )
    weather_window_hours: int = Field(
        default=168, ge=1, le=8784, description="hours of history that one request asks for"
    )
    weather_settle_hours: int = Field(
        default=48, ge=0, description="hours that are missing are asked for again so long"
    )
    weather_forecast_every_minutes: int = Field(
        default=60, ge=0, description="a location's forecast is asked for no more often"
    )
    weather_requests_per_minute: float = Field(default=60, gt=0, description="at most")
    weather_attempts: int = Field(default=6, ge=1, description="of one request")
    weather_timeout_seconds: float = Field(default=30, gt=0, description="without an answer")

    fleet_database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL of the operator's database"
    )
    fleet_database_tables: str | None = Field(
        default=None,
        description="which of our tables stand there: flights_log=ops.flights; maintenance; ...",
    )
    fleet_database_changed_column: str = Field(
        default="updated_at",
        min_length=1,
        description="says when a row was changed; a table without it is read whole",
    )
    fleet_database_zone: str | None = Field(
        default=None, description="IANA zone of times without one; default: the contract's"
    )
    fleet_database_overlap_minutes: int = Field(
        default=10, ge=0, description="how long a transaction may take to commit a changed row"
    )
    fleet_database_page_rows: int = Field(default=100_000, ge=1, description="rows held in memory")

    flights_url: str | None = Field(
        default=None, description="flight operations API: /flights, /routes, /fuel-records below it"
    )
    flights_key: SecretStr | None = Field(default=None, description="bearer token for that API")
    flights_from: date | None = Field(default=None, description="first day of the history, UTC")
    flights_window_days: int = Field(
        default=30, ge=1, le=3660, description="days of changes that are asked for at once"
    )
    flights_overlap_minutes: int = Field(
        default=10, ge=0, description="how late the API may tell of a change"
    )
    flights_requests_per_minute: float = Field(default=120, gt=0, description="at most")
    flights_attempts: int = Field(default=6, ge=1, description="of one request")
    flights_timeout_seconds: float = Field(default=30, gt=0, description="without an answer")

    telemetry_url: str | None = Field(
        default=None, description="broker of telemetry: mqtt://host:1883, or mqtts:// for TLS"
    )
    telemetry_topic: str = Field(
        default="fleet/+/telemetry",
        pattern=r"^([^#+$/][^#+]*/)?\+(/[^#+]+)?$",
        description="what is subscribed to; its one + stands for the vessel",
    )
    telemetry_client_id: str = Field(
        default="tambo-telemetry", min_length=1, description="name of the session at the broker"
    )
    telemetry_user: str | None = Field(default=None, description="user at the broker")
    telemetry_password: SecretStr | None = Field(default=None, description="of that user")
    telemetry_ca: Path | None = Field(
        default=None, description="certificates that the broker's own is checked with"
    )
    telemetry_session_hours: int = Field(
        default=168, ge=1, description="how long the broker keeps messages while nobody listens"
    )
    telemetry_batch_seconds: float = Field(
        default=60.0, gt=0, description="readings come into the lake so long after one another"
    )
    telemetry_batch_messages: int = Field(
        default=50_000, ge=1, description="or as soon as so many wait"
    )
    telemetry_ahead_seconds: float = Field(
        default=300.0, ge=0, description="a reading from further ahead is refused: its clock is off"
    )

    telemetry_pulse: Path | None = Field(
        default=None, description="file that says whether the consumer goes on, for probes"
    )

    @field_validator("tourism_zone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        try:
            return name if name is None else ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no zone such as Europe/Madrid or UTC") from None

    @model_validator(mode="after")
    def _home_of_raw(self) -> Self:
        """A user's own folder has a home of its own: sample and real data never mix."""
        if self.raw is not None and "home" not in self.model_fields_set:
            self.home = Path(f".tambo-{self.raw.resolve().name}")
        if self.mapping is not None and self.raw is None:
            raise ValueError("TAMBO_MAPPING reads the files of TAMBO_RAW, which is not set")
        return self

    def mapping_of(self, path: Path) -> Path | None:
        """The mapping of a file or folder: set for what lies in `raw`, and for nothing else."""
        inside = self.raw is not None and path.resolve().is_relative_to(self.raw.resolve())
        return self.mapping if inside else None

    def zone_of(self, domain: str) -> str | None:
        """Zone that is set for a domain; None: its contract's, which only some may leave."""
        zone: str | None = getattr(self, f"{domain}_zone", None)
        return zone

    @property
    def ahead_seconds(self) -> float:
        """How far ahead of its arrival ingest lets a time lie: no less than a door does."""
        doors = (self.intake_ahead_seconds, self.telemetry_ahead_seconds)
        return max(self.ingest_ahead_seconds, *doors)

    def command(self, text: str) -> str:
        """A command for the shell that means this home."""
        return text if self.home == Path(".tambo") else f"TAMBO_HOME={quote(str(self.home))} {text}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Read the settings once for this process.

    Raises:
        SettingsError: a TAMBO_ variable is not what it must be.
    """
    return settings_of()


def settings_of(raw: Path | None = None, mapping: Path | None = None) -> Settings:
    """Read the settings from the environment, for a folder of the user's own if one is given.

    Raises:
        SettingsError: a TAMBO_ variable is not what it must be.
    """
    try:
        given: dict[str, Any] = {"raw": raw, "mapping": mapping}
        return Settings(**{name: path for name, path in given.items() if path is not None})
    except ValidationError as error:
        wrong = [
            f"TAMBO_{'_'.join(map(str, one['loc'])).upper()} = {one['input']!r}: {one['msg']}"
            if one["loc"]
            else str(one["ctx"]["error"])
            for one in error.errors()
        ]
        raise SettingsError("; ".join(wrong), remedy="correct the variable, or unset it") from error
