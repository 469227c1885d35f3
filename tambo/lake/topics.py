"""What the spool takes: tables that it fills, and raw tables whose messages wait there."""

from __future__ import annotations

SPOOLED = {
    # What people said of answers (tambo.monitoring.feedback). Personal data: it has travellers.
    "monitoring.feedback": {
        "id": "VARCHAR",
        "given_at": "TIMESTAMP",
        "recorded_at": "TIMESTAMP",
        "kind": "VARCHAR",
        "domain": "VARCHAR",
        "endpoint": "VARCHAR",
        "model": "VARCHAR",
        "model_version": "VARCHAR",
        "release": "BIGINT",
        "subject": "VARCHAR",
        "item": "VARCHAR",
        "place": "VARCHAR",
        "rank": "BIGINT",
        "destination": "VARCHAR",
        "budget": "DOUBLE",
        "nights": "BIGINT",
        "travel_date": "DATE",
    },
    # Who was refused what (tambo.access.refusals). Personal data: it has who asked.
    "audit.refusals": {
        "id": "VARCHAR",
        "refused_at": "TIMESTAMP",
        "service": "VARCHAR",
        "path": "VARCHAR",
        "status": "BIGINT",
        "subject": "VARCHAR",
        "claimed_subject": "VARCHAR",
        "roles": "VARCHAR",
        "needed": "VARCHAR",
        "reason": "VARCHAR",
        "address": "VARCHAR",
        "token_digest": "VARCHAR",
    },
}
"""Tables that are filled from the spool, made with their first record: type by column."""


STREAMED = ("raw.telemetry", "raw.service_logs", "raw.downtime")
"""Raw tables whose messages are spooled too; they come in as files do, through every check of
ingest (tambo.sources.mqtt, tambo.intake), and a drain of tables leaves them."""
