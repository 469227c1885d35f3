"""The certificate of a training set: what it was read from, and that nothing in it is from later.

release, snapshot     the state of the lake
service, hash         the definitions
newest event/created  of all rows used, relative to their entity row's time: never above 0
nulls, expired        by feature, so that a hole in the data is seen before a model is
fan_out               rows out for each row in: exactly 1
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tambo.errors import FeatureError
from tambo.featurestore.asof import CREATED, EVENT, ViewJoin

_DURATION = pa.duration("us")


@dataclass(frozen=True)
class Evidence:
    """What the join of one view used.

    Attributes:
        view: its name or alias.
        rows: entity rows.
        matched: entity rows for which a row was known.
        expired: of these, rows older than the ttl; their features are null.
        newest_event: greatest (event time - entity time) of the rows used, in microseconds.
        newest_created: greatest (created time - entity time) of the rows used, in microseconds.
        features: names of its features in the answer.
    """

    view: str
    rows: int
    matched: int
    expired: int
    newest_event: int | None
    newest_created: int | None
    features: tuple[str, ...]


def evidence(view: ViewJoin, index: int, joined: pa.Table, times: pa.ChunkedArray) -> Evidence:
    """Collect the evidence of one view from the columns that the join added for it."""
    times = times.combine_chunks() if isinstance(times, pa.ChunkedArray) else times
    events = joined.column(f"{EVENT}_{index}").combine_chunks()
    created = joined.column(f"{CREATED}_{index}").combine_chunks()
    matched = len(events) - events.null_count
    ages = pc.subtract(times, events)
    used = events.is_valid()
    if view.ttl:
        used = pc.fill_null(pc.less_equal(ages, pa.scalar(view.ttl, _DURATION)), False)
    alive = pc.sum(used).as_py() or 0
    return Evidence(
        view=view.name,
        rows=len(events),
        matched=matched,
        expired=matched - alive,
        newest_event=_newest(events.filter(used), times.filter(used)),
        newest_created=_newest(created.filter(used), times.filter(used)),
        features=tuple(one.name for one in view.features),
    )


def _newest(instants: pa.Array, times: pa.Array) -> int | None:
    greatest: int | None = pc.max(pc.subtract(instants, times).cast(pa.int64())).as_py()
    return greatest


def certify(
    features: pa.Table,
    collected: Sequence[Evidence],
    *,
    release: int | None,
    snapshot: int,
    service: str,
    service_hash: str,
    entity_rows: int,
    as_known_at: bool,
) -> Certificate:
    """Make the certificate of a training set from its features and the evidence of its joins."""
    events = [one.newest_event for one in collected if one.newest_event is not None]
    created = [one.newest_created for one in collected if one.newest_created is not None]
    return Certificate(
        release=release,
        snapshot=snapshot,
        service=service,
        service_hash=service_hash,
        rows=features.num_rows,
        fan_out=features.num_rows / entity_rows if entity_rows else 1.0,
        as_known_at=as_known_at,
        newest_event=max(events, default=None),
        newest_created=max(created, default=None),
        nulls={name: features.column(name).null_count for name in features.column_names},
        expired={name: one.expired for one in collected for name in one.features},
        unmatched={one.view: one.rows - one.matched for one in collected},
    )


@dataclass(frozen=True)
class Certificate:
    """What a training set was made of; see the module's docstring.

    Attributes:
        release: number of the release that was read; None for a bare snapshot.
        snapshot: the lake snapshot.
        service: feature service.
        service_hash: hash of the service's definition and of its views'.
        rows: rows of the training set.
        fan_out: rows out for each entity row.
        as_known_at: False if rows were used that were not yet known.
        newest_event: greatest event time used, relative to its entity time, in microseconds.
        newest_created: the same of created times.
        nulls: null cells by feature.
        expired: rows that the ttl made null, by feature.
        unmatched: entity rows for which nothing was known, by view.
    """

    release: int | None
    snapshot: int
    service: str
    service_hash: str
    rows: int
    fan_out: float
    as_known_at: bool
    newest_event: int | None
    newest_created: int | None
    nulls: Mapping[str, int]
    expired: Mapping[str, int]
    unmatched: Mapping[str, int]

    def verify(self) -> None:
        """Check the promises.

        Raises:
            FeatureError: a row from after its entity time was used, or rows were multiplied.
        """
        broken = []
        if self.newest_event is not None and self.newest_event > 0:
            broken.append(f"an event {self.newest_event} µs after its entity time was used")
        late = self.newest_created is not None and self.newest_created > 0
        if self.as_known_at and late:
            broken.append(f"a row was used {self.newest_created} µs before it became known")
        if self.fan_out != 1:
            broken.append(f"each entity row became {self.fan_out:.3f} rows")
        if broken:
            raise FeatureError(
                f"The training set of {self.service} at release {self.release} breaks its "
                f"promises: {'; '.join(broken)}.",
                remedy="do not train on it; correct the mart, or what its source declares of it",
            )

    def to_dict(self) -> dict[str, Any]:
        """The certificate as plain values."""
        return asdict(self)

    def to_json(self) -> str:
        """The certificate as JSON, always the same text for the same certificate."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True)
