"""Where Feast's saved data sets and feature logs go: tables of the lake."""

from __future__ import annotations

import json
from typing import Any

from feast.data_source import DataSource  # noqa: TID253 - imported with the offline store
from feast.feature_logging import LOG_TIMESTAMP_FIELD, LoggingDestination  # noqa: TID253
from feast.protos.feast.core.DataSource_pb2 import (  # noqa: TID253
    DataSource as DataSourceProto,
)
from feast.protos.feast.core.FeatureService_pb2 import (  # noqa: TID253
    LoggingConfig as LoggingConfigProto,
)
from feast.saved_dataset import (  # noqa: TID253
    _DATA_SOURCE_TO_SAVED_DATASET_STORAGE,
    SavedDatasetStorage,
)

from tambo.errors import FeatureError
from tambo.featurestore.source import DuckLakeSource


class SavedDatasetDuckLakeStorage(SavedDatasetStorage):  # type: ignore[misc]
    """A saved data set as a table of the lake.

    Args:
        table: schema.table, for example "monitoring.training_set".
    """

    _proto_attr_name = "custom_storage"

    def __init__(self, table: str) -> None:
        self.table = table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SavedDatasetDuckLakeStorage) and other.table == self.table

    def __hash__(self) -> int:
        return hash(self.table)

    @staticmethod
    def from_proto(storage_proto: Any) -> SavedDatasetDuckLakeStorage:
        """Read the storage from the registry."""
        options = json.loads(storage_proto.custom_storage.configuration)
        return SavedDatasetDuckLakeStorage(table=options["table"])

    def to_proto(self) -> Any:
        """Write the storage to the registry."""
        configuration = json.dumps({"table": self.table}).encode()
        return self._custom_storage_proto(
            DataSourceProto.CustomSourceOptions(configuration=configuration)
        )

    def to_data_source(self) -> DuckLakeSource:
        """The data set as a source, by which Feast reads it back; no release holds it."""
        return DuckLakeSource(table=self.table, timestamp_field="event_timestamp", head=True)

    @staticmethod
    def from_data_source(data_source: DataSource) -> SavedDatasetDuckLakeStorage:
        """The table of a source as a place for a data set."""
        if not isinstance(data_source, DuckLakeSource):
            raise FeatureError(
                f"A {type(data_source).__name__} is not a table of the lake.",
                remedy="use tambo.featurestore.source.DuckLakeSource",
            )
        return SavedDatasetDuckLakeStorage(data_source.table)


# Feast looks its own sources up here by name, and offers no other way in.
_DATA_SOURCE_TO_SAVED_DATASET_STORAGE[DuckLakeSource.__name__] = (
    f"{__name__}.{SavedDatasetDuckLakeStorage.__name__}"
)


class DuckLakeLoggingDestination(LoggingDestination):  # type: ignore[misc]
    """Logged features as a table of the lake.

    Args:
        table: schema.table, for example "monitoring.flight_price_v1_log".
    """

    _proto_kind = "tambo_lake"

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def from_proto(cls, config_proto: Any) -> DuckLakeLoggingDestination:
        """Read the destination from the registry."""
        return cls(table=config_proto.custom_destination.config["table"])

    def to_proto(self) -> Any:
        """Write the destination to the registry."""
        return LoggingConfigProto(
            custom_destination=LoggingConfigProto.CustomDestination(
                kind=self._proto_kind, config={"table": self.table}
            )
        )

    def to_data_source(self) -> DuckLakeSource:
        """The log as a source, by which Feast reads it back; no release holds it."""
        return DuckLakeSource(table=self.table, timestamp_field=LOG_TIMESTAMP_FIELD, head=True)
