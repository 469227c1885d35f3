"""Which domains are ready: those whose raw tables are there; the others are skipped, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import yaml

from tambo.domains import domains
from tambo.lake.dbt_runner import project
from tambo.lake.releases import Release
from tambo.settings import Settings


@dataclass(frozen=True)
class Ready:
    """What a stage works on.

    Attributes:
        domains: whose raw tables are all there, sorted.
        skipped: why each other domain is passed over, for example "no raw files".
    """

    domains: tuple[str, ...]
    skipped: Mapping[str, str]

    def notes(self) -> tuple[str, ...]:
        """A line for each domain that is skipped."""
        return tuple(f"{domain}: skipped, {why}" for domain, why in self.skipped.items())


def in_release(settings: Settings, release: Release) -> Ready:
    """Domains whose raw tables a release holds; the stages after the release work on these."""
    held = {name.removeprefix("raw.") for name in release.row_counts if name.startswith("raw.")}
    skipped = lacking(settings, held)
    return Ready(tuple(name for name in domains() if name not in skipped), skipped)


def lacking(settings: Settings, held: Collection[str]) -> dict[str, str]:
    """Why domains are passed over, given the raw tables that are there."""
    found = {}
    for domain, tables in raw_tables(settings).items():
        absent = [table for table in tables if table not in held]
        if len(absent) == len(tables):
            found[domain] = "no raw files"
        elif absent:
            found[domain] = f"no raw table {', '.join(absent)}: take its files in again"
    return found


def owners(settings: Settings) -> dict[str, str]:
    """Whose each table is, schema.table to domain: the raw ones, and what the domain's models make.

    A model lies in models/<domain>/<layer>/, and its schema is the layer: see dbt's macros.
    """
    found = {
        f"raw.{table}": domain
        for domain, tables in raw_tables(settings).items()
        for table in tables
    }
    for path in sorted((project(settings) / "models").glob("*/*/*.sql")):
        found[f"{path.parent.name}.{path.stem}"] = path.parent.parent.name
    return found


def raw_tables(settings: Settings) -> dict[str, list[str]]:
    """Raw tables that each domain's staging reads, from its __sources.yml; domains sorted."""
    tables: dict[str, list[str]] = {}
    for path in sorted((project(settings) / "models").glob("*/staging/__sources.yml")):
        domain = path.parent.parent.name
        tables[domain] = [
            table["name"]
            # By libyaml: ten times as quick, and each verb asks.
            for source in yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["sources"]
            for table in source["tables"]
        ]
    return tables
