"""Lands rows that are computed from a file's lines by a mapping, or chosen from them by a replay.

The lines are first landed as text; each row keeps the number of the record it comes from.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tambo.errors import ContractError
from tambo.ingest.batch import Batch
from tambo.ingest.capture import READ_BYTES, open_archived
from tambo.ingest.checks import PLACEHOLDER, Compiled, compile_table
from tambo.ingest.clean import Written
from tambo.ingest.mapping import Entry
from tambo.ingest.reading import checked, in_order, land_rows, read_csv
from tambo.ingest.splitter import Positions
from tambo.ingest.work import FILTERED, Work
from tambo.lake.sql import ident, literal
from tambo.settings import Settings

RECORD = ident("_tambo_record")


def load_lookups(settings: Settings, work: Work, entry: Entry) -> None:
    """Make the tables that a mapping looks in, from the archive."""
    for join in [*entry.joins, *entry.without]:
        path = work.folder / f"lookup_{join.alias}.csv"
        source = open_archived(settings, join.digest)
        with path.open("wb") as out:
            while data := source.read(READ_BYTES):
                out.write(data)
        try:
            work.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {ident('lookup_' + join.alias)} AS "
                f"SELECT * FROM read_csv({literal(path)}, all_varchar = true, header = true)"
            )
        except duckdb.Error as error:
            raise ContractError(
                f"The lookup {join.file} of the mapping of {entry.table} cannot be read: {error}"
            ) from error
        path.unlink()


def land_computed(
    work: Work, batch: Batch, clean: Written, records: Positions | None = None
) -> int:
    """Land the clean copy of a batch's lines through its mapping.

    Args:
        work: where rows land.
        batch: the file.
        clean: the copy.
        records: numbers of the lines' records, where they do not follow one another.

    Returns:
        How many rows the mapping gives.

    Raises:
        ContractError: the mapping is wrong, whatever the file holds.
        duckdb.Error: the mapping fails on a value of the file.
    """
    _land_text(work, batch, clean)
    source = _source(work, batch, clean.first, records)
    given = _given(batch)
    try:
        rows = _rows(work, batch, source, given)
        types = _types(work.connection, rows)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        raise ContractError(
            f"The mapping of {batch.table.name} does not fit {batch.captured.name}: {error}",
            remedy="mend `select`, `joins`, `without` or `where`; the file's columns are "
            + ", ".join(batch.head.columns),
        ) from error
    compiled = _compiled(batch, given, types)
    return land_rows(work, batch.table, clean, lambda _: checked(batch, compiled, f"({rows})"))


def _land_text(work: Work, batch: Batch, clean: Written) -> None:
    def create(parallel: bool) -> str:
        source = read_csv(clean, batch, parallel=parallel)
        return f"CREATE OR REPLACE TEMP TABLE lines_as_text AS SELECT * FROM {source}"

    in_order(work.connection, create, clean)


def _source(work: Work, batch: Batch, first_record: int, records: Positions | None) -> str:
    """SQL of the lines under the file's own column names, with their record numbers."""
    columns = ", ".join(f"t.c{n} AS {ident(name)}" for n, name in enumerate(batch.head.columns))
    number, join = f"t.rowid + {first_record}", ""
    if records is not None:
        work.connection.register("_numbers", pa.table({"record": records}))
        work.connection.execute(
            "CREATE OR REPLACE TEMP TABLE line_numbers AS SELECT * FROM _numbers"
        )
        work.connection.unregister("_numbers")
        number, join = "n.record", " JOIN line_numbers n ON n.rowid = t.rowid"
    return (
        f"(SELECT {number} AS {RECORD}, {columns} FROM lines_as_text t{join} "
        f"WHERE t.c0 IS DISTINCT FROM {literal(PLACEHOLDER.decode())}) AS source"
    )


def _given(batch: Batch) -> dict[str, str]:
    """SQL of each contract column that the mapping or the file gives."""
    entry = batch.entry
    selected = entry.select if entry else {}
    unknown = sorted(set(selected) - set(batch.table.file_columns))
    if unknown:
        raise ContractError(
            f"The mapping of {batch.table.name} selects {', '.join(unknown)}, which its contract "
            "does not have.",
            remedy=f"its columns are {', '.join(batch.table.file_columns)}",
        )
    dropped = entry.drop if entry else []
    own = {n for n in batch.head.columns if n in batch.table.file_columns and n not in dropped}
    return {
        name: selected.get(name) or f"source.{ident(name)}"
        for name in batch.table.file_columns
        if name in selected or name in own
    }


def _rows(work: Work, batch: Batch, source: str, given: dict[str, str]) -> str:
    """SQL of the rows that the mapping gives; what it leaves out is noted as filtered."""
    entry = batch.entry
    joins = "".join(
        f" LEFT JOIN {ident('lookup_' + join.alias)} AS {join.alias} ON ({join.match})"
        for join in (entry.joins if entry else [])
    )
    relation = f"{source}{joins}"
    if joins:
        _refuse_fan_out(work.connection, batch, source, relation)
    where = _wanted(entry) if entry is not None else "true"
    if where != "true":
        work.connection.execute(
            f"INSERT INTO {FILTERED} SELECT {batch.batch_id}, source.{RECORD} "
            f"FROM {relation} WHERE NOT {where}"
        )
    columns = ", ".join(f"({sql}) AS {_name(name)}" for name, sql in given.items())
    return f"SELECT source.{RECORD} AS _row, {columns} FROM {relation} WHERE {where}"


def _wanted(entry: Entry) -> str:
    """SQL that is true of a line that gives a row, and false of any other."""
    wanted = [
        f"NOT EXISTS (SELECT 1 FROM {ident('lookup_' + one.alias)} AS {one.alias} "
        f"WHERE ({one.match}))"
        for one in entry.without
    ]
    if entry.where:
        wanted.append(f"coalesce(({entry.where})::BOOLEAN, false)")
    return f"({' AND '.join(wanted)})" if wanted else "true"


def _refuse_fan_out(
    connection: duckdb.DuckDBPyConnection, batch: Batch, source: str, relation: str
) -> None:
    row = connection.execute(
        f"SELECT (SELECT count(*) FROM {source}), (SELECT count(*) FROM {relation})"
    ).fetchone()
    if row and row[0] != row[1]:
        raise ContractError(
            f"The joins of the mapping of {batch.table.name} turn {row[0]} lines of "
            f"{batch.captured.name} into {row[1]}.",
            remedy="a lookup must hold each key once; make `match` name the whole key",
        )


def _types(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in connection.execute(f"DESCRIBE {rows}").fetchall()}


def _compiled(batch: Batch, given: dict[str, str], types: dict[str, str]) -> Compiled:
    """Text is parsed as the contract says; what has a type already is cast to the contract's."""
    texts = {name: f"{_name(name)}::VARCHAR" for name in given}
    natives = {}
    for name in batch.table.columns:
        kind = types.get(f"_given_{name}", "VARCHAR")
        if kind not in {"VARCHAR", '"NULL"', "NULL"}:
            zoned = kind == "TIMESTAMP WITH TIME ZONE"
            local = f"timezone({literal(batch.contracts.zone)}, {_name(name)})"
            natives[name] = local if zoned else _name(name)
    formats = batch.entry.formats if batch.entry else None
    carried = tuple(_name(name) for name in natives)
    return compile_table(batch.table, texts, natives, formats, carried)


def _name(column: str) -> str:
    return ident(f"_given_{column}")
