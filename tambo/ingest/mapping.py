"""Mapping files: how foreign CSVs become rows of a contract's table, declared as data.

A folder's `tambo_mapping.yml`:

    tables:
      - table: flights
        files: ["reservas*.csv"]
        delimiter: ";"
        encoding: latin-1
        drop: [observacao]
        formats: {date: ["%d/%m/%Y"]}
        select:
          travelCode: viagem
          price: replace(replace(valor, '.', ''), ',', '.')
          flightType: CASE classe WHEN 'E' THEN 'economic' ELSE classe END
          from: a.city
        joins:
          - {file: airports.csv, as: a, match: a.code = source.origem}
        without:
          - {file: cancelled.csv, as: c, match: c.viagem = source.viagem}
        where: status <> 'cancelled'

`select` is a DuckDB select list by target column over the file's columns, which are all text; the
file is named `source`. A contract column that is not in `select` is taken from the column of the
same name. A join never multiplies lines. A line that `where` leaves out, or that has a match in a
file of `without`, is counted as filtered.
"""

from __future__ import annotations

import codecs
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tambo.errors import ContractError

MAPPING_FILE = "tambo_mapping.yml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Join(_Model):
    """Another CSV to look in: for values, or for lines that are not wanted."""

    file: str = Field(description="path beside the mapping file, or else beside the raw files")
    alias: str = Field(alias="as", pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    match: str = Field(description="SQL over `source` and the alias; YAML reads `on` as true")
    digest: str = Field(default="", description="content hash, filled in at ingest")


class Entry(_Model):
    """How files of one shape become rows of one table."""

    table: str
    domain: str | None = None
    files: list[str] = Field(min_length=1)
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    drop: list[str] = Field(default_factory=list)
    formats: dict[str, list[str]] = Field(default_factory=dict)
    select: dict[str, str] = Field(default_factory=dict)
    joins: list[Join] = Field(
        default_factory=list, description="left joins, so that no line is lost"
    )
    without: list[Join] = Field(
        default_factory=list, description="anti-joins; such a file may be raw itself"
    )
    where: str | None = None
    part: int = Field(default=0, description="which of a file's entries for one table; filled in")

    @field_validator("encoding")
    @classmethod
    def _extends_ascii(cls, name: str) -> str:
        """Line ends, quotes and delimiters are found as bytes, so they must be ASCII's."""
        try:
            same = bytes(range(128)).decode(name) == bytes(range(128)).decode("ascii")
            # In an encoding of several bytes a character may end with one that looks like ASCII.
            one_byte = codecs.lookup(name).name == "utf-8" or all(
                bytes([byte, 0x40]).decode(name, "replace").endswith("@")
                for byte in range(128, 256)
            )
        except (LookupError, UnicodeError):
            same = one_byte = False
        if not (same and one_byte):
            raise ValueError(f"encoding {name}: only UTF-8 and one-byte encodings can be read")
        return codecs.lookup(name).name

    @field_validator("delimiter")
    @classmethod
    def _is_ascii(cls, delimiter: str) -> str:
        if not delimiter.isascii() or delimiter in '"\r\n\x00\x01':
            raise ValueError(f"{delimiter!r} cannot be a delimiter")
        return delimiter

    @property
    def is_utf8(self) -> bool:
        """Whether the files are UTF-8."""
        return self.encoding == "utf-8"

    @property
    def rewrites(self) -> bool:
        """Whether rows are computed, not only read."""
        return bool(self.select or self.joins or self.leaves_out)

    @property
    def leaves_out(self) -> bool:
        """Whether some lines may give no row."""
        return bool(self.without or self.where)

    def matches(self, name: str) -> bool:
        """Whether a file of this name is read by this entry."""
        return any(fnmatchcase(name, pattern) for pattern in self.files)


class Mapping(_Model):
    """A mapping file."""

    tables: list[Entry] = Field(min_length=1)

    def entries(self, name: str) -> list[Entry]:
        """Entries that read a file of this name; several may give rows of one table."""
        seen: Counter[str] = Counter()
        found = []
        for entry in self.tables:
            if entry.matches(name):
                found.append(entry.model_copy(update={"part": max(entry.part, seen[entry.table])}))
                seen[entry.table] += 1
        return found

    def lookups(self) -> set[str]:
        """Names of files that are only looked up in."""
        return {Path(join.file).name for entry in self.tables for join in entry.joins}


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        ContractError: it is missing, no YAML, or does not say what a mapping must say.
    """
    try:
        return Mapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ContractError(
            f"The mapping {path} cannot be read: {error.strerror}", remedy="name another file"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise ContractError(
            f"The mapping {path} is wrong: {error}",
            remedy="see the head of tambo/ingest/mapping.py for the words it may hold",
        ) from error
