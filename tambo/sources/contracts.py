"""Contracts of raw tables: what a domain's files must hold, declared as data in contracts.yml.

A contract names a table's columns with type, format, range and allowed values, its key, its
references to other tables, its row checks, and how it tells time. Ingest compiles it to SQL; the
gate, the docs and the sample world read the same file. What a steward must know of a table stands
in it too: see docs/stewards.md.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tambo.domains import SOURCES
from tambo.errors import ContractError
from tambo.settings import Settings

ColumnType = Literal["BIGINT", "DOUBLE", "DECIMAL(18,4)", "VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN"]
NUMBERS: frozenset[str] = frozenset({"BIGINT", "DOUBLE", "DECIMAL(18,4)"})
TIMES: frozenset[str] = frozenset({"DATE", "TIMESTAMP"})
EARLIEST, LATEST = "1900-01-01", "2199-12-31"
"""Bounds of every local date or time, where a contract does not set closer ones."""
ZONES_APART = timedelta(hours=26)
"""So much sooner than in the last zone, UTC-12, a day begins in the first, UTC+14."""
STEWARD_WORDS = ("origin", "granularity", "limits")
"""What each table says of itself beside its description; its owner is the domain's or its own."""
DEFAULT_FORMATS = {"DATE": ["%Y-%m-%d"], "TIMESTAMP": ["%Y-%m-%d %H:%M:%S"]}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Model):
    """One column of a raw table.

    Attributes:
        type: type in the lake; TIMESTAMP is local in the file and UTC in the lake.
        description: what a value says, for the docs.
        formats: strptime formats, tried in order; only for DATE and TIMESTAMP.
        optional: the column may be missing from a file; it is then null. Implies nullable.
        nullable: a row may leave it empty.
        default: the value where a file lacks the column or a row leaves it empty, so that a column
            of the key can be optional; only for VARCHAR.
        min: smallest allowed value; of a date or time, not before 1900.
        max: greatest allowed value; of a date or time, not after 2199.
        above: the value must be greater than this.
        allowed: the only allowed values.
        pattern: regular expression that the whole value must match.
        max_length: most characters allowed; only for VARCHAR.
        unit: unit of the value, for the docs.
        personal_data: the value says something about a person.
    """

    name: str = ""
    type: ColumnType
    description: str = ""
    formats: list[str] = Field(default_factory=list)
    optional: bool = False
    nullable: bool = False
    default: str | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None
    above: int | float | None = None
    allowed: list[str] | None = None
    pattern: str | None = None
    max_length: int | None = Field(default=None, ge=1)
    unit: str = ""
    personal_data: bool = False

    @model_validator(mode="before")
    @classmethod
    def _times_are_bounded(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("type") in TIMES:
            bounds = {"min": EARLIEST, "max": LATEST}
            return bounds | {name: value for name, value in data.items() if value is not None}
        return data

    @model_validator(mode="after")
    def _fits_its_type(self) -> Column:
        if self.type in TIMES and not EARLIEST <= str(self.min) <= str(self.max)[:10] <= LATEST:
            raise ValueError(f"column {self.name}: a time lies between {EARLIEST} and {LATEST}")
        if self.formats and self.type not in TIMES:
            raise ValueError(f"column {self.name}: only DATE and TIMESTAMP have formats")
        if self.above is not None and self.type not in NUMBERS:
            raise ValueError(f"column {self.name}: only a number has `above`")
        if self.default is not None and self.type != "VARCHAR":
            raise ValueError(f"column {self.name}: only VARCHAR has a default")
        if self.max_length is not None and self.type != "VARCHAR":
            raise ValueError(f"column {self.name}: only VARCHAR has max_length")
        return self

    @property
    def may_be_null(self) -> bool:
        """Whether a row may leave this column empty."""
        return (self.optional or self.nullable) and self.default is None

    @property
    def time_formats(self) -> list[str]:
        """The strptime formats of a DATE or TIMESTAMP column."""
        return self.formats or DEFAULT_FORMATS[self.type]

    @property
    def has_fraction(self) -> bool:
        """Whether a time may be told with fractions of a second."""
        return any("%f" in form for form in self.formats)


class Reference(_Model):
    """Columns whose values must be a key of another table of the domain."""

    columns: list[str]
    table: str


class Check(_Model):
    """A condition on one row: SQL over its typed columns, true or null where the row is right."""

    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    sql: str
    says: str = Field(description="what would have been right, for the reader of the quarantine")


class Freshness(_Model):
    """Age in days of the newest row that warns, and that fails."""

    warn_after_days: int = Field(ge=0)
    error_after_days: int = Field(ge=0)


class Table(_Model):
    """One raw table.

    Attributes:
        name: name in the lake's schema raw.
        description: the grain first.
        origin: where its rows come from before they are files or a door's pages.
        owner: who answers for it; default: the domain's.
        granularity: the finest thing that a value stands for.
        cleaning: what was done to the rows before they came; empty: nothing that we know of.
        limits: what the rows cannot tell, or tell wrongly.
        context: its rows are kept to read other figures by; the app lists them.
        made_here: its rows are made at releases, so that the first one holds none.
        files: file-name patterns (glob) of its CSV files.
        key: columns that name one thing; several rows of one key are its versions.
        columns: columns by name, in order.
        tombstone: name of the optional column that is true on a line that withdraws its key.
        references: what must exist in other tables.
        checks: conditions on one row.
        event_time: columns of which the first that is not null is the row's own time; empty for a
            table without time, whose history is valid from the beginning of time.
        may_lie_ahead: those of them that may lie ahead of a row's arrival, as the day of a trip
            that was sold; all others tell of what has happened, or was said.
        known_lag_days: in a history load a row is known this long after its own time.
        known_daily: in a history load the rows of one local day are known together, the lag after
            the midnight that ends it, as from a source that reports once a day.
        about: of a table about the future, the column with the local day that a row is about.
        known_ahead_days: in a history load a row without time of its own is known this many local
            days before the day that it is about.
        recorded_at: column that says when the source recorded the row, if it has one.
        freshness: how old the newest row may be.
    """

    name: str = ""
    description: str
    origin: str = Field(min_length=1)
    owner: str = ""
    granularity: str = Field(min_length=1)
    cleaning: str = ""
    limits: list[str] = Field(min_length=1)
    context: bool = False
    made_here: bool = False
    files: list[str]
    key: list[str] = Field(min_length=1)
    columns: dict[str, Column]
    tombstone: str = "withdrawn"
    references: list[Reference] = Field(default_factory=list)
    checks: list[Check] = Field(default_factory=list)
    event_time: list[str] = Field(default_factory=list)
    may_lie_ahead: list[str] = Field(default_factory=list)
    known_lag_days: float = Field(default=0, ge=0)
    known_daily: bool = False
    about: str | None = None
    known_ahead_days: int = Field(default=0, ge=0)
    recorded_at: str | None = None
    freshness: Freshness | None = None

    @model_validator(mode="before")
    @classmethod
    def _says_what_a_steward_must_know(cls, data: Any) -> Any:
        absent = [word for word in STEWARD_WORDS if isinstance(data, dict) and not data.get(word)]
        if absent:
            raise ValueError(
                f"table {data.get('name')} has no {', '.join(absent)}; write them beside its "
                "description (docs/stewards.md says what they mean)"
            )
        return data

    @model_validator(mode="after")
    def _names_its_own_columns(self) -> Table:
        named = [*self.key, *self.event_time, *(c for r in self.references for c in r.columns)]
        named += [name for name in (self.recorded_at, self.about) if name]
        unknown = sorted({name for name in named if name not in self.columns})
        if unknown:
            raise ValueError(f"table {self.name} names columns it does not have: {unknown}")
        if self.tombstone in self.columns:
            raise ValueError(f"table {self.name}: {self.tombstone} is both column and tombstone")
        reserved = sorted(name for name in self.columns if name.startswith("_"))
        if reserved:
            raise ValueError(f"table {self.name}: names with a leading _ are ours: {reserved}")
        loose = sorted(name for name in self.key if self.columns[name].may_be_null)
        if loose:
            raise ValueError(f"table {self.name}: key columns cannot be null: {loose}")
        for name in self.event_time:
            if self.columns[name].type not in TIMES:
                raise ValueError(f"table {self.name}: event_time column {name} is no time")
        strange = sorted(set(self.may_lie_ahead) - set(self.event_time))
        if strange:
            raise ValueError(f"table {self.name}: may_lie_ahead names no event_time: {strange}")
        if self.about and self.columns[self.about].type != "DATE":
            raise ValueError(f"table {self.name}: {self.about} is no DATE to be known ahead of")
        return self

    @property
    def required(self) -> list[str]:
        """Columns that every file must have."""
        return [name for name, column in self.columns.items() if not column.optional]

    @property
    def always_has_time(self) -> bool:
        """Whether every row has a time of its own."""
        return any(not self.columns[name].may_be_null for name in self.event_time)

    @property
    def has_happened(self) -> list[str]:
        """Columns of times that had come when a row arrived."""
        told = [*self.event_time, *([self.recorded_at] if self.recorded_at else [])]
        return [name for name in told if name not in self.may_lie_ahead]

    @property
    def file_columns(self) -> list[str]:
        """All columns that a file may have, the tombstone among them."""
        return [*self.columns, self.tombstone]

    @property
    def personal_data(self) -> list[str]:
        """Columns that say something about a person."""
        return [name for name, column in self.columns.items() if column.personal_data]


class Contracts(_Model):
    """All contracts of one domain."""

    domain: str
    owner: str = Field(min_length=1, description="who answers for the tables")
    zone: str = Field(description="IANA zone of local times and days; see `of_home`")
    currency: str = ""
    tables: dict[str, Table]

    @model_validator(mode="after")
    def _tables_fit_together(self) -> Contracts:
        ZoneInfo(self.zone)
        for table in self.tables.values():
            for reference in table.references:
                parent = self.tables.get(reference.table)
                if parent is None:
                    raise ValueError(f"table {table.name} refers to unknown {reference.table}")
                if len(parent.key) != len(reference.columns):
                    raise ValueError(
                        f"table {table.name}: reference {reference.columns} does not fit the key "
                        f"{parent.key} of {reference.table}"
                    )
        return self

    def ordered(self) -> list[Table]:
        """Tables with every parent before its children, otherwise in the file's order.

        Raises:
            ContractError: tables refer to each other in a circle.
        """
        sorter = TopologicalSorter(
            {name: [r.table for r in table.references] for name, table in self.tables.items()}
        )
        try:
            return [self.tables[name] for name in sorter.static_order()]
        except CycleError as error:
            raise ContractError(
                f"The contracts of {self.domain} refer in a circle: {error.args[1]}"
            ) from error

    def children(self, table: str) -> list[Table]:
        """Tables that refer to this one, in the order of `ordered`."""
        return [t for t in self.ordered() if any(r.table == table for r in t.references)]


def read(path: Path) -> Contracts:
    """Read one contracts file.

    Raises:
        ContractError: it is missing, no YAML, or does not say what a contract must say.
    """
    try:
        # By libyaml: each process reads its contracts anew.
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for name, table in data["tables"].items():
            table["name"] = name
            for column_name, column in table["columns"].items():
                column["name"] = column_name
        contracts = Contracts.model_validate(data)
    except (OSError, yaml.YAMLError, ValidationError, KeyError, TypeError, AttributeError) as error:
        raise ContractError(
            f"The contracts file {path} is wrong: {error}",
            remedy="see tambo/sources/contracts.py for the words it may hold",
        ) from error
    contracts.ordered()
    return contracts


@lru_cache
def load(domain: str) -> Contracts:
    """Contracts of one domain: tambo/sources/<domain>/contracts.yml.

    Raises:
        ContractError: there is no such domain, or its contracts are wrong.
    """
    return read(SOURCES / domain / "contracts.yml")


def of_home(settings: Settings, domain: str) -> Contracts:
    """Contracts of one domain as a home has them: in the zone, and with the sensors, that are set.

    Whoever reads a local time, or names a local day, takes the zone from here, or from a release.

    Raises:
        ContractError: there is no such domain, or its contracts are wrong.
    """
    from tambo.sources.sensor_contracts import with_sensors

    declared, zone = load(domain), settings.zone_of(domain)
    here = declared if zone is None else declared.model_copy(update={"zone": zone})
    return with_sensors(settings, here)
