"""DuckLakeSource: a table of the lake as a Feast data source."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from feast import ValueType  # noqa: TID253 - imported lazily, by feature definitions only
from feast.data_source import DataSource  # noqa: TID253
from feast.protos.feast.core.DataSource_pb2 import (  # noqa: TID253
    DataSource as DataSourceProto,
)
from feast.repo_config import RepoConfig  # noqa: TID253

from tambo.errors import FeatureError
from tambo.featurestore.columns import describe, table_name
from tambo.featurestore.pinned import HEAD, at_head
from tambo.featurestore.value_types import value_type

if TYPE_CHECKING:
    from tambo.featurestore.offline import DuckLakeOfflineStoreConfig


class DuckLakeSource(DataSource):  # type: ignore[misc]
    """A table of the lake, with its two times.

    Args:
        table: schema.table, for example "marts.fare_prices".
        timestamp_field: column of the event time.
        created_timestamp_column: column of the time at which the row became known.
        name: name in the registry; the table's by default.
        unique: no two rows agree in key, event and created time. Ties need no looking for.
        records: every row is a record (see `tambo.featurestore.asof`) and the only one of its key
            and availability. Our marts are: they are change logs. Rows need no ordering.
        head: read the newest state of the table, whatever release the store reads. For tables that
            no release gates: feature logs, saved data sets, metrics.
        field_mapping: column of the table → name of the feature.
        description: for people.
        tags: for people and tools.
        owner: who answers for it.

    Raises:
        FeatureError: the table is not named schema.table.
    """

    def __init__(
        self,
        *,
        table: str,
        timestamp_field: str = "event_timestamp",
        created_timestamp_column: str | None = None,
        name: str | None = None,
        unique: bool = False,
        records: bool = False,
        head: bool = False,
        field_mapping: dict[str, str] | None = None,
        description: str = "",
        tags: dict[str, str] | None = None,
        owner: str = "",
    ) -> None:
        if table.count(".") != 1 or table.startswith(".") or table.endswith("."):
            raise FeatureError(
                f"{table!r} does not name a table of the lake.",
                remedy="name schema and table, for example marts.fare_prices",
            )
        self.table = table
        self.head = head
        self.unique = unique or records
        self.records = records
        super().__init__(
            name=name or table,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )

    def source_type(self) -> Any:
        """Feast's number for a source that is not its own."""
        return DataSourceProto.CUSTOM_SOURCE

    def __hash__(self) -> int:
        return hash((self.name, self.table))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DuckLakeSource)
            and bool(super().__eq__(other))
            and (self.table, self.unique, self.records, self.head)
            == (other.table, other.unique, other.records, other.head)
        )

    @staticmethod
    def from_proto(data_source: Any) -> DuckLakeSource:
        """Read the source from the registry."""
        options = json.loads(data_source.custom_options.configuration)
        return DuckLakeSource(
            name=data_source.name,
            table=options["table"],
            unique=options["unique"],
            records=options["records"],
            head=options.get("head", False),
            timestamp_field=data_source.timestamp_field,
            created_timestamp_column=data_source.created_timestamp_column or None,
            field_mapping=dict(data_source.field_mapping),
            description=data_source.description,
            tags=dict(data_source.tags),
            owner=data_source.owner,
        )

    def _to_proto_impl(self) -> Any:
        options: dict[str, object] = {
            "table": self.table,
            "unique": self.unique,
            "records": self.records,
        }
        if self.head:
            options["head"] = True
        return DataSourceProto(
            name=self.name,
            type=DataSourceProto.CUSTOM_SOURCE,
            data_source_class_type=f"{DuckLakeSource.__module__}.{DuckLakeSource.__name__}",
            field_mapping=self.field_mapping,
            timestamp_field=self.timestamp_field,
            created_timestamp_column=self.created_timestamp_column,
            custom_options=DataSourceProto.CustomSourceOptions(
                configuration=json.dumps(options, sort_keys=True).encode()
            ),
            description=self.description,
            tags=self.tags,
            owner=self.owner,
        )

    def validate(self, config: RepoConfig) -> None:
        """Check that the table exists in the release that the store reads.

        A registry may be made before the first release: then there is nothing to check.
        """
        from tambo.errors import LakeError

        try:
            self.get_table_column_names_and_types(config)
        except LakeError:
            return

    def get_table_column_names_and_types(self, config: RepoConfig) -> Iterable[tuple[str, str]]:
        """Names and DuckDB types of the table's columns, at the release that the store reads."""
        from tambo.featurestore.pinned import open_pinned

        with open_pinned(read_config(config.offline_store, [self])) as pinned:
            return list(describe(pinned.connection, self.table, pinned.where).items())

    @staticmethod
    def source_datatype_to_feast_value_type() -> Callable[[str], ValueType]:
        """The function that maps a DuckDB type to Feast's."""
        return value_type

    def get_table_query_string(self) -> str:
        """The table, quoted."""
        return table_name(self.table)


def read_config(
    config: DuckLakeOfflineStoreConfig, sources: Sequence[DuckLakeSource]
) -> DuckLakeOfflineStoreConfig:
    """The configuration by which sources are read: at the store's release, or at the head.

    Raises:
        FeatureError: some are read at the head and others are not, so there is no one state of the
            lake that answers for all of them.
    """
    newest = [source.table for source in sources if source.head]
    if not newest or config.release == HEAD:
        return config
    if len(newest) < len(sources):
        raise FeatureError(
            f"{', '.join(newest)} is read at the head of the lake, the other tables at a release.",
            remedy="ask for these features apart from the others",
        )
    return at_head(config)
