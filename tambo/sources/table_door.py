"""A door to one table of a domain's database, by any SQLAlchemy URL.

The table, or a view, names its columns as the contract does. It serves contracts whose zone never
changes its clock: the two hours of a change could not be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from tambo.errors import SettingsError
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.contracts import load
from tambo.sources.door import Page, State
from tambo.sources.patience import Patience
from tambo.sources.resuming import resumed


@dataclass(frozen=True)
class TableDoor:
    """Rows of one of a domain's tables from the database that `<domain>_database_url` names.

    Attributes:
        domain: whose contracts it serves.
        table: the contract's table; the door is called as it is.
        patience: with a database that is away.
    """

    domain: str
    table: str
    patience: Patience = field(default_factory=Patience)

    @property
    def name(self) -> str:
        """Name of the door."""
        return self.table

    @property
    def description(self) -> str:
        """What it reads."""
        return f"rows of {self.table} from a database"

    def missing(self, settings: Settings) -> str | None:
        """What must be set before it can be opened."""
        prefix = f"TAMBO_{self.domain.upper()}_DATABASE"
        if getattr(settings, f"{self.domain}_database_url") is None:
            return f"set {prefix}_URL"
        named = self.table in named_tables(settings, self.domain)
        return None if named else f"name {self.table} in {prefix}_TABLES"

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """Read what has come since the state; a lost connection is opened again.

        Raises:
            SourceBusyError: the database stays away; what was read is safe.
            SourceError: the database refuses, or its table is not as the contract says.
            SettingsError: the URL or a setting is wrong.
        """
        from tambo.sources.table_passes import open_pass

        name = named_tables(settings, self.domain)[self.table]
        opened = partial(open_pass, settings, self.domain, self.table, name)
        return resumed(opened, state, self.patience, progress)


def named_tables(settings: Settings, domain: str) -> dict[str, str]:
    """Tables in the domain's database, `name` or `schema.name`, by the contract's table.

    Raises:
        SettingsError: the setting names no table of the contracts.
    """
    told = getattr(settings, f"{domain}_database_tables") or ""
    found = {}
    for part in filter(None, (one.strip() for one in told.split(";"))):
        table, _, name = (one.strip() for one in part.partition("="))
        if table not in load(domain).tables:
            raise SettingsError(
                f"TAMBO_{domain.upper()}_DATABASE_TABLES names {table!r}, which is no table of "
                f"{domain}.",
                remedy=f"it has: {', '.join(load(domain).tables)}",
            )
        found[table] = name or table
    return found
