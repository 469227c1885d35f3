"""Pushes rows to the online store, through the feature views of one of Feast's push sources.

Our online stores decide a push by (event, created), as they decide everything: a row that is older
than what is there, or comes twice, changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tambo.errors import OnlineStoreError, TamboError
from tambo.featurestore.store import open_store
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore

CREATED = "created_timestamp"
LOOK_SECONDS = 5.0
"""Definitions that cannot be read are looked for no more often."""

logger = logging.getLogger(__name__)


class FeaturePush:
    """Pushes to the views of one push source, as they are declared at the time.

    Args:
        settings: the Tambo home.
        source: name of the push source.
    """

    def __init__(self, settings: Settings, source: str) -> None:
        self._settings, self._source = settings, source
        self._store: FeatureStore | None = None
        self._views: list[Any] = []
        self._read_at: int | None = None
        self._looked = -LOOK_SECONDS
        self._said: str | None = None

    def prepare(self) -> None:
        """Load what the first push would wait for: Feast takes seconds to import."""
        self._look()
        if self._store is not None:
            self._store._get_provider()

    def push(self, rows: Sequence[Mapping[str, Any]], event: str) -> int:
        """Push rows to every view of the source whose features they hold.

        Args:
            rows: features and keys by name, and `created_timestamp`; times with a zone.
            event: the column with the time at which a row became true.

        Returns:
            How many rows were pushed; 0 where no view takes them, which is said once.

        Raises:
            OnlineStoreError: the store did not take them; they may be pushed again.
        """
        self._look()
        views = [view for view in self._views if self._held(view, set(rows[0]))] if rows else []
        if self._store is None or not views:
            return 0
        import pandas as pd

        frame = pd.DataFrame(rows)
        for view in views:
            source = view.batch_source
            times = {
                source.timestamp_field: frame[event],
                source.created_timestamp_column: frame[CREATED],
            }
            names = [column.name for column in (*view.entity_columns, *view.features)]
            chosen = frame[names].assign(**{name: of for name, of in times.items() if name})
            try:
                self._store.write_to_online_store(view.name, df=chosen)
            except Exception as error:
                # Feast and the stores' clients raise errors of many kinds, with no common base.
                raise OnlineStoreError(
                    f"{len(rows)} rows were not pushed to {view.name}: {error}",
                    remedy="see that the online store runs; they are pushed again",
                ) from error
        return len(rows)

    def _look(self) -> None:
        """Read the definitions where they changed."""
        path = self._settings.registry
        changed = path.stat().st_mtime_ns if path.exists() else None
        same = changed is not None and changed == self._read_at
        if same or time.monotonic() < self._looked + LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            self._store = open_store(self._settings)
            found = [*self._store.list_feature_views(), *self._store.list_stream_feature_views()]
            self._views = [
                view
                for view in found
                if view.stream_source is not None and view.stream_source.name == self._source
            ]
        except TamboError as error:
            self._store, self._views = None, []
            self._say(f"nothing is pushed: {error.message}")
            return
        self._read_at = changed
        if not self._views:
            self._say(f"no feature view has the push source {self._source!r}: nothing is pushed")

    def _held(self, view: Any, columns: set[str]) -> bool:
        """Whether rows have all that a view is made of."""
        missing = sorted(feature.name for feature in view.features if feature.name not in columns)
        if missing:
            self._say(f"{view.name} is not pushed: readings do not hold {', '.join(missing)}")
        return not missing

    def _say(self, what: str) -> None:
        """Say it once."""
        if what != self._said:
            logger.warning("%s", what)
            self._said = what
