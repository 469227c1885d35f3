"""What each vessel's next maintenance will cost, foretold at the beginning of each month.

It becomes the feature `predicted_maintenance_cost` (the mart aircraft_predicted_cost), which
`maintenance_due_v1`, that the model reads, does not hold.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from training.fleet.maintenance_cost import MODEL
from training.fleet.vessel_inputs import VESSEL
from training.foretold import Foretold, month_begins


def vessels(connection: duckdb.DuckDBPyConnection, origin: datetime) -> pa.Table:
    """Vessels of which something was stated by the origin, and that were in service."""
    return connection.execute(
        f"""
        SELECT {VESSEL}
        FROM (
            SELECT DISTINCT ON ({VESSEL}) *
            FROM lake.marts.aircraft_profile
            WHERE created_timestamp <= $origin
            ORDER BY {VESSEL}, created_timestamp DESC
        )
        WHERE coalesce(aircraft_type, model, home_base) IS NOT NULL
            AND (in_service_since IS NULL OR in_service_since <= $origin)
        ORDER BY {VESSEL}
        """,
        {"origin": origin},
    ).to_arrow_table()


FORETOLD = (
    Foretold(
        table="cost_predictions",
        spec=MODEL,
        value="predicted_maintenance_cost",
        units=vessels,
        origins=month_begins,
    ),
)
