"""What a source promises of its table, checked when rows are written to it through Feast.

The as-of join skips its sorting where a source promises `records` or `unique`. Rows that break the
promise would make it wrong, so they are refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from tambo.featurestore.columns import Columns, table_name, utc
from tambo.featurestore.source import DuckLakeSource
from tambo.lake.sql import ident


def broken_sql(
    source: DuckLakeSource, keys: Sequence[str], columns: Columns, written: str
) -> str | None:
    """SQL that returns a row if the keys just written break what the source promises.

    Args:
        source: the table, which holds the rows already.
        keys: columns of the join keys.
        columns: the table's columns with their types.
        written: relation of the rows that were written.

    Returns:
        The SQL; None if the source promises nothing.
    """
    if not source.unique:
        return None
    names = {feature: column for column, feature in source.field_mapping.items()}
    times = [str(source.timestamp_field)]
    times.append(str(source.created_timestamp_column or times[0]))
    event, created = (utc(one, columns[one]) for one in (names.get(name, name) for name in times))
    known = f"coalesce({created}, {event})"
    keyed = [ident(key) for key in keys]
    touched = f"SELECT * FROM {table_name(source.table)}"
    if keyed:
        touched += f" SEMI JOIN {written} USING ({', '.join(keyed)})"
    if not source.records:
        group = ", ".join([*keyed, event, known])
        return f"SELECT 1 FROM ({touched}) GROUP BY {group} HAVING count(*) > 1 LIMIT 1"
    by = f"PARTITION BY {', '.join(keyed)} " if keyed else ""
    order = f"({by}ORDER BY __available, __event)"
    return (
        f"SELECT 1 FROM (SELECT __event, __available, max(__event) OVER {order} AS __newest, "
        f"lead(__available) OVER {order} AS __next FROM "
        f"(SELECT *, {event} AS __event, greatest({event}, {known}) AS __available "
        f"FROM ({touched}))) WHERE __event < __newest OR __next = __available LIMIT 1"
    )
