"""The DuckLake: connections, the writer's lock, snapshots, releases, retention."""

from tambo.lake.connect import exists, head, reader, writer
from tambo.lake.lock import holder, writer_lock

__all__ = ["exists", "head", "holder", "reader", "writer", "writer_lock"]
