"""The DuckLake: connections, the writer's lock, snapshots, releases, retention.

Its names are imported when they are asked for: a service keeps records in the spool, and has no
DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tambo.lake.connect import exists, head, reader, writer
    from tambo.lake.lock import holder, writer_lock

__all__ = ["exists", "head", "holder", "reader", "writer", "writer_lock"]

_OF_LOCK = frozenset({"holder", "writer_lock"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _OF_LOCK:
        from tambo.lake import lock as found
    else:
        from tambo.lake import connect as found  # type: ignore[no-redef]
    return getattr(found, name)
