"""The lake's audit tables: what was taken in, built, validated and released."""

from __future__ import annotations

import duckdb

SCHEMAS = ("raw", "quarantine", "staging", "intermediate", "marts", "audit", "monitoring")

AUDIT_TABLES = {
    "batches": """
        batch_id BIGINT, domain VARCHAR, table_name VARCHAR, source_file VARCHAR,
        file_hash VARCHAR, status VARCHAR, history BOOLEAN, arrived_at TIMESTAMP,
        ingested_at TIMESTAMP, revision INTEGER
    """,
    "builds": """
        build_id BIGINT, built_at TIMESTAMP, raw_state VARCHAR, project_hash VARCHAR,
        git_revision VARCHAR, dbt_invocation VARCHAR, as_of TIMESTAMP, snapshot_id BIGINT,
        row_counts VARCHAR
    """,
    "validations": """
        validation_id BIGINT, validated_at TIMESTAMP, build_id BIGINT, snapshot_id BIGINT,
        suites_hash VARCHAR, success BOOLEAN, verdicts VARCHAR
    """,
    "releases": """
        release BIGINT, created_at TIMESTAMP, snapshot_id BIGINT, build_id BIGINT,
        validation_id BIGINT, git_revision VARCHAR, dbt_invocation VARCHAR, as_of TIMESTAMP,
        verdicts VARCHAR, row_counts VARCHAR, status VARCHAR
    """,
}


def create_audit_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the lake's schemas and audit tables where they are missing, in one snapshot."""
    have = {
        (row[0], row[1])
        for row in connection.execute(
            "SELECT schema_name, NULL FROM duckdb_schemas() WHERE database_name = 'lake' UNION ALL "
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'lake'"
        ).fetchall()
    }
    missing = [
        f"CREATE SCHEMA IF NOT EXISTS lake.{schema}"
        for schema in SCHEMAS
        if (schema, None) not in have
    ] + [
        f"CREATE TABLE IF NOT EXISTS lake.audit.{table} ({columns})"
        for table, columns in AUDIT_TABLES.items()
        if ("audit", table) not in have
    ]
    if missing:
        # In one transaction: whoever is killed here leaves all of it or nothing.
        connection.execute(";\n".join(["BEGIN", *missing, "COMMIT"]))
