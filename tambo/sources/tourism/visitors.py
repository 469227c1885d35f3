"""The door "visitors": hourly counts from a database, by any SQLAlchemy URL.

Rows come in the order of a time, and a page ends where an hour ends, so that ties never lie on two
sides of a border. With a column that says when a row was changed, that column leads, and a pass
reads what was changed since the last one. Without it, a pass reads the last days again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.door import Page, State
from tambo.sources.patience import Patience
from tambo.sources.resuming import resumed

URL = "TAMBO_VISITORS_DATABASE_URL"


@dataclass(frozen=True)
class Visitors:
    """Visitor counts from the board's database."""

    name: str = "visitors"
    domain: str = "tourism"
    table: str = "tourist_flow"
    description: str = "visitor counts from a database"
    patience: Patience = field(default_factory=Patience)

    def missing(self, settings: Settings) -> str | None:
        """What must be set before it can be opened."""
        return None if settings.visitors_database_url else f"set {URL}"

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """Read what has come since the state; a lost connection is opened again.

        Raises:
            SourceBusyError: the database stays away; what was read is safe.
            SourceError: the database refuses, or its table is not as the settings say.
            SettingsError: the URL or a setting is wrong.
        """
        from tambo.sources.tourism.visitor_passes import open_pass

        return resumed(partial(open_pass, settings), state, self.patience, progress)
