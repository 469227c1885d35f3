"""Parity of feature services: aliases under their join-key maps, and on-demand features.

Each request has one row of keys, so that keys which views share are the same, and request fields
drawn by their type. The asking instant is the as_of of the service's domain in the release that the
store holds. Three readers answer: `get_historical_features` at that instant, Feast's
`get_online_features`, and `OnlineReader` with the function of `tambo.requesttime` that stands
behind the on-demand view, as a service computes it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tambo.domains import slices
from tambo.featurestore.online import OnlineManifest, OnlineReader, OnlineRow, Reason
from tambo.featurestore.request_rows import ARROW_TYPES
from tambo.proofs.online_keys import Key
from tambo.proofs.oracle import shown
from tambo.proofs.parity_found import Mismatch, ViewParity

if TYPE_CHECKING:
    from feast import FeatureStore

TIME = "event_timestamp"

Row = dict[str, Any]


@dataclass(frozen=True)
class Keys:
    """The keys of a view: names of its join keys, and the keys that are asked for."""

    columns: Sequence[str]
    asked: Sequence[Key]


def requests(
    manifest: OnlineManifest, keys: Mapping[str, Keys], as_of: datetime, size: int, seed: int
) -> list[Row]:
    """Rows of keys and of request fields, as many as the view with most keys has, at most `size`.

    Args:
        manifest: the service.
        keys: by name of the stored view.
        as_of: the asking instant: every time of a request is that, in whole seconds.
        size: at most so many.
        seed: of what is drawn.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    # A view with many keys decides first; one that shares some of them fills in the rest.
    views = sorted(manifest.views, key=lambda view: -len(view.join_keys))
    known = [(view, keys[view.stored]) for view in views if keys[view.stored].asked]
    fields = {name: kind for view in manifest.on_demand for name, kind in view.request.items()}
    rows = []
    for number in range(min(size, max((len(one.asked) for _, one in known), default=0))):
        row: Row = {}
        for view, one in known:
            named = {key.name: key.column for key in view.join_keys}
            key = one.asked[number % len(one.asked)]
            for name, value in zip(one.columns, key, strict=True):
                row.setdefault(named[name] or name, value)
        row |= {name: _request_value(draw, kind, as_of) for name, kind in fields.items()}
        rows.append(row)
    return rows


def _request_value(draw: random.Random, kind: str, as_of: datetime) -> object:
    if kind == "UNIX_TIMESTAMP":
        # Feast hands times on in whole seconds; what arrives by itself has its instant to the last.
        return as_of.replace(microsecond=0)
    if kind == "STRING":
        # What text means is the domain's own; a day is what ours ask for.
        return (as_of.date() + timedelta(days=draw.randrange(-30, 400))).isoformat()
    if kind in {"DOUBLE", "FLOAT"}:
        return float(draw.randrange(1, 5_000))
    return draw.randrange(2) == 1 if kind == "BOOL" else draw.randrange(100)


class Service:
    """Compares one service.

    Args:
        store: Feast's store, at the release that is online.
        reader: of the service.
        as_of: the asking instant.
    """

    def __init__(self, store: FeatureStore, reader: OnlineReader, as_of: datetime) -> None:
        self._store, self._reader, self._as_of = store, reader, as_of
        self._manifest = reader.manifest
        self._service = store.get_feature_service(self._manifest.feature_service)
        self._seconds = {
            view.full_name(one)
            for view in self._manifest.views
            for one in view.features
            if one.type == "UNIX_TIMESTAMP"
        }

    def compare(self, rows: Sequence[Row]) -> ViewParity:
        """Ask all three readers, and hold their answers against each other."""
        offline = self._offline(rows)
        self._store.config.online_store.as_of = self._as_of
        sdk = self._sdk(rows)
        found = self._reader.read(list(rows), self._as_of)
        ours = [self._ours(row, answer) for row, answer in zip(rows, found, strict=True)]
        cells = filled = pushed = 0
        mismatches: list[Mismatch] = []
        for name, column in offline.items():
            for at, value in enumerate(column):
                wanted = self._exact(name, value)
                filled += wanted is not None
                if ours[at].get(name) is _LATER:
                    pushed += wanted is not None
                    continue
                cells += 1
                online = {"Feast's SDK": _plain(sdk[name][at])}
                if name in ours[at]:
                    online["OnlineReader"] = _plain(ours[at][name])
                mismatches += [
                    Mismatch(reader, tuple(rows[at].values()), name, wanted, one, "as a service")
                    for reader, one in online.items()
                    if shown(one) != shown(wanted)
                ]
        name = self._manifest.feature_service
        return ViewParity(name, len(rows), len(rows), cells, filled, pushed, tuple(mismatches))

    def _offline(self, rows: Sequence[Row]) -> dict[str, list[Any]]:
        kinds = {
            name: ARROW_TYPES.get(kind)
            for view in self._manifest.on_demand
            for name, kind in view.request.items()
        }
        columns = {name: pa.array([row[name] for row in rows], kinds.get(name)) for name in rows[0]}
        columns[TIME] = pa.array([self._as_of] * len(rows), pa.timestamp("us", "UTC"))
        job = self._store.get_historical_features(
            pa.table(columns), self._service, full_feature_names=True
        )
        table = job.to_arrow()
        return {name: table.column(name).to_pylist() for name in self._manifest.feature_names}

    def _sdk(self, rows: Sequence[Row]) -> dict[str, list[Any]]:
        asked = list(rows)
        answer = self._store.get_online_features(
            self._service, asked, full_feature_names=True
        ).to_dict()
        # Under full names Feast leaves on-demand views of Python mode out.
        for view in self._manifest.on_demand:
            refs = [f"{view.name}:{name}" for name in view.features]
            short = self._store.get_online_features(refs, asked).to_dict()
            answer |= {f"{view.name}__{name}": short[name] for name in view.features}
        found: dict[str, list[Any]] = answer
        return found

    def _ours(self, request: Row, answer: OnlineRow) -> Row:
        """Features by full name; `_LATER` where something newer was pushed."""
        cells = answer.cells
        found: Row = {
            name: _LATER if cell.reason is Reason.LATER else cell.value
            for name, cell in cells.items()
        }
        for view in self._manifest.on_demand:
            function = _functions().get(view.name)
            if function is None:
                continue
            if any(found[full] is _LATER for full in view.stored.values()):
                found |= dict.fromkeys((f"{view.name}__{name}" for name in view.features), _LATER)
                continue
            stored = {name: found[full] for name, full in view.stored.items()}
            values = function(**{name: request[name] for name in view.request}, **stored)
            found |= {f"{view.name}__{name}": values[name] for name in view.features}
        return found

    def _exact(self, name: str, value: Any) -> Any:
        """A value as the online store can hold it: Feast's times have whole seconds."""
        if name in self._seconds and isinstance(value, datetime):
            return value.replace(microsecond=0)
        return _plain(value)


_LATER = object()


def _plain(value: Any) -> Any:
    """On-demand functions say NaN for what is missing, since Feast reads types from values."""
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124


def _functions() -> Mapping[str, Callable[..., Mapping[str, Any]]]:
    """The functions behind on-demand views, of all domains."""
    found: dict[str, Callable[..., Mapping[str, Any]]] = {}
    for module in slices("tambo.requesttime").values():
        found |= getattr(module, "ON_DEMAND", {})
    return found
