"""Keep the libraries' chatter and their telemetry out of a command's run."""

from __future__ import annotations

import logging
import os
import warnings

NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "SCARF_ANALYTICS": "false",
}


def quiet() -> None:
    """Switch telemetry off, and show only what a user of this command can act on.

    Must run before the libraries are imported: they read their settings once. TAMBO_DEBUG leaves
    warnings and logs as they are.
    """
    os.environ.update(NO_TELEMETRY)
    if os.environ.get("TAMBO_DEBUG"):
        return
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    warnings.simplefilter("ignore")
    # Libraries set the levels of their own loggers when they are imported; this outranks them.
    logging.disable(logging.INFO)
