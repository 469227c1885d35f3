"""The views that share one entity key: looked up together, decoded together.

What does not change from request to request is prepared once for a group: how its key is written,
what is asked of the store, and how what comes back is decoded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tambo.featurestore.online.decode import RowDecoder
from tambo.featurestore.online.keys import KeyWriter
from tambo.featurestore.online.manifest import View
from tambo.featurestore.online.row import Columns, Part, Reason
from tambo.featurestore.online.store import Found, Layout, Wanted


class ViewGroup:
    """Some views of a service that have the same key in every row.

    Args:
        views: at least one.
    """

    def __init__(self, views: Sequence[View]) -> None:
        keys = views[0].join_keys
        self._keys = [(key.name, key.column) for key in keys]
        self._writer = KeyWriter([(key.name, key.type) for key in keys])
        self._column = keys[0].column if len(keys) == 1 else None
        self._layouts = tuple(
            Layout(
                view.stored,
                tuple(one.name for one in view.features),
                tuple(bytes.fromhex(one.redis_field) for one in view.features),
            )
            for view in views
        )
        self.columns = Columns(
            tuple(view.full_name(one) for view in views for one in view.features),
            tuple(at for at, view in enumerate(views) for _ in view.features),
        )
        self._ttls = [
            timedelta(seconds=view.ttl_seconds) if view.ttl_seconds else timedelta.max
            for view in views
        ]
        self._shortest = min(self._ttls)
        self._decoder = RowDecoder([one.type for view in views for one in view.features])
        self._fresh = (None,) * len(views)
        self._no_key: Part = (
            self.columns,
            (None,) * len(self.columns.names),
            (None,) * len(self.columns.names),
            self._fresh,
            (Reason.NO_KEY,) * len(views),
        )

    def keys(self, rows: Sequence[Mapping[str, object]]) -> list[bytes | None]:
        """Write the entity keys of some rows; None where a part of one is not given.

        Raises:
            FeatureError: a join key has the wrong type.
        """
        if self._column is None:
            return [self._key(row) for row in rows]
        # Most keys have one part, and a request may hold thousands.
        column, write = self._column, self._writer.write_only
        values = [row.get(column) for row in rows]
        return [None if value is None else write(value) for value in values]

    def _key(self, row: Mapping[str, object]) -> bytes | None:
        # A view without entity has one constant key.
        values = {name: "" if column is None else row.get(column) for name, column in self._keys}
        return None if None in values.values() else self._writer.write(values)

    def wanted(self, keys: Sequence[bytes | None]) -> Wanted:
        """What to look up for some keys: each once."""
        unique = dict.fromkeys(keys)
        unique.pop(None, None)
        return Wanted(self._layouts, tuple(unique))  # type: ignore[arg-type]  # None is out

    def parts(
        self,
        keys: Sequence[bytes | None],
        asked: Sequence[bytes],
        found: Found,
        asked_at: Sequence[datetime],
        instants: Sequence[datetime | None],
    ) -> list[Part]:
        """What was found for each row; a row without an instant sees what was pushed.

        Args:
            keys: of the rows.
            asked: the keys that were looked up.
            found: the answer to them.
            asked_at: the instants that ages of the rows are counted to.
            instants: those of them that the caller has said.
        """
        at = dict(zip(asked, range(len(asked)), strict=True))
        values = self._decoder.decode(found.values)
        parts: list[Part] = []
        for key, now, instant in zip(keys, asked_at, instants, strict=True):
            if key is None:
                parts.append(self._no_key)
                continue
            one = at[key]
            events, row = found.events[one], values[one]
            reasons: Sequence[Reason | None] = self._fresh
            if not self._is_served(events, now, said=instant is not None):
                reasons = self._reasons(events, now, said=instant is not None)
                row = self._without(row, reasons)
            parts.append((self.columns, row, found.values[one], events, reasons))
        return parts

    def _is_served(self, events: Sequence[datetime | None], now: datetime, *, said: bool) -> bool:
        """Whether all views are served; False may be wrong where times to live differ."""
        if None in events:
            return False
        times: Sequence[datetime] = events  # type: ignore[assignment]  # none of them is None
        return now - min(times) <= self._shortest and not (said and max(times) > now)

    def _reasons(
        self, events: Sequence[datetime | None], now: datetime, *, said: bool
    ) -> Sequence[Reason | None]:
        """Why nothing of a view is served, by view."""
        found: list[Reason | None] = []
        for event, ttl in zip(events, self._ttls, strict=True):
            if event is None:
                found.append(Reason.UNKNOWN_KEY)
            elif said and event > now:
                found.append(Reason.LATER)
            else:
                found.append(Reason.EXPIRED if now - event > ttl else None)
        return found

    def _without(
        self, values: Sequence[object], reasons: Sequence[Reason | None]
    ) -> Sequence[object]:
        """The values, but for those of the views that have a reason."""
        return [
            value if reasons[view] is None else None
            for value, view in zip(values, self.columns.views, strict=True)
        ]
