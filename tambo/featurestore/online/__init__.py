"""The online store, read in process: no Feast, no pandas, one round trip a request.

`resolve` turns a feature service into an `OnlineManifest` once (it needs Feast, and imports it only
when it is called); an `OnlineReader` then answers from the manifest and the store alone.
"""

from tambo.featurestore.online.manifest import OnlineManifest
from tambo.featurestore.online.reader import OnlineReader
from tambo.featurestore.online.resolve import resolve
from tambo.featurestore.online.row import Cell, OnlineRow, Reason
from tambo.featurestore.online.state import StoreState, write_redis_state, write_sqlite_state

__all__ = [
    "Cell",
    "OnlineManifest",
    "OnlineReader",
    "OnlineRow",
    "Reason",
    "StoreState",
    "resolve",
    "write_redis_state",
    "write_sqlite_state",
]
