"""The lake's own tables: what was taken in and quarantined, built, validated and released."""

from __future__ import annotations

import duckdb

from tambo.lake import as_of_column
from tambo.lake.tables import tables

SCHEMAS = ("raw", "quarantine", "staging", "intermediate", "marts", "audit", "monitoring")

AUDIT_TABLES = {
    "batches": """
        batch_id BIGINT, domain VARCHAR, table_name VARCHAR, source_file VARCHAR,
        file_hash VARCHAR, status VARCHAR, history BOOLEAN, arrived_at TIMESTAMP,
        ingested_at TIMESTAMP, revision INTEGER
    """,
    # One row a batch: where each byte, line and record of its file went (tambo.ingest.ledger).
    "files": """
        batch_id BIGINT, domain VARCHAR, table_name VARCHAR, source_file VARCHAR,
        file_hash VARCHAR, columns VARCHAR, mapping VARCHAR, checked_at TIMESTAMP,
        bytes BIGINT, lines BIGINT, records BIGINT, bom_bytes BIGINT,
        header_bytes BIGINT, header_lines BIGINT, blank_bytes BIGINT, blank_lines BIGINT,
        loaded_bytes BIGINT, loaded_lines BIGINT, loaded_records BIGINT,
        repeat_bytes BIGINT, repeat_lines BIGINT, repeat_records BIGINT,
        quarantined_bytes BIGINT, quarantined_lines BIGINT, quarantined_records BIGINT,
        filtered_bytes BIGINT, filtered_lines BIGINT, filtered_records BIGINT
    """,
    # Records that repeat the version of their key before them, and so are not in raw.
    "repeats": """
        domain VARCHAR, table_name VARCHAR, batch_id BIGINT, record BIGINT, source_file VARCHAR,
        ingested_at TIMESTAMP, known_at TIMESTAMP, known_from VARCHAR,
        of_batch BIGINT, of_record BIGINT
    """,
    # Records that a mapping's `where` leaves out.
    "filtered": """
        batch_id BIGINT, record BIGINT
    """,
    # Records at a local time that a clock change gives twice: their key, and the file and record
    # whose place they take, which is their own unless they correct another (tambo.ingest.hours).
    "repeated_hours": """
        batch_id BIGINT, record BIGINT, local_key VARCHAR, of_batch BIGINT, of_record BIGINT
    """,
    # In which zone the local times of a domain were read, since its first row.
    "zones": """
        domain VARCHAR, zone VARCHAR
    """,
    "builds": """
        build_id BIGINT, built_at TIMESTAMP, raw_state VARCHAR, project_hash VARCHAR,
        git_revision VARCHAR, dbt_invocation VARCHAR, as_of_by_domain VARCHAR,
        snapshot_id BIGINT, row_counts VARCHAR
    """,
    "validations": """
        validation_id BIGINT, validated_at TIMESTAMP, build_id BIGINT, snapshot_id BIGINT,
        suites_hash VARCHAR, success BOOLEAN, verdicts VARCHAR
    """,
    "releases": """
        release BIGINT, created_at TIMESTAMP, snapshot_id BIGINT, build_id BIGINT,
        validation_id BIGINT, git_revision VARCHAR, dbt_invocation VARCHAR,
        as_of_by_domain VARCHAR, verdicts VARCHAR, row_counts VARCHAR, status VARCHAR
    """,
}

QUARANTINE_TABLES = {
    # One row a record or whole file that was not loaded (tambo.ingest.quarantine).
    "lines": """
        domain VARCHAR, table_name VARCHAR, batch_id BIGINT, source_file VARCHAR,
        file_hash VARCHAR, record BIGINT, line BIGINT, lines BIGINT, byte_position BIGINT,
        byte_length BIGINT, raw BLOB, reason VARCHAR, column_name VARCHAR, value VARCHAR,
        message VARCHAR, remedy VARCHAR, quarantined_at TIMESTAMP, resolved_by BIGINT
    """,
}

TABLES = {"audit": AUDIT_TABLES, "quarantine": QUARANTINE_TABLES}


def create_audit_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the lake's schemas and audit tables where they are missing, in one snapshot.

    Tables of a lake that an earlier Tambo wrote are brought up to date: see `as_of_column`.
    """
    schemas = connection.execute(
        "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'lake'"
    ).fetchall()
    have_schemas, have = {name for (name,) in schemas}, set(tables(connection))
    missing = [
        f"CREATE SCHEMA IF NOT EXISTS lake.{schema}"
        for schema in SCHEMAS
        if schema not in have_schemas
    ] + [
        f"CREATE TABLE IF NOT EXISTS lake.{schema}.{table} ({columns})"
        for schema, wanted in TABLES.items()
        for table, columns in wanted.items()
        if (schema, table) not in have
    ]
    missing += as_of_column.migration(connection)
    if missing:
        # In one transaction: whoever is killed here leaves all of it or nothing.
        connection.execute(";\n".join(["BEGIN", *missing, "COMMIT"]))
