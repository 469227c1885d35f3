"""Airflow's own folder inside the Tambo home: its settings, database, password and logs."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from tambo.settings import PROJECT_ROOT, Settings

DAGS = PROJECT_ROOT / "orchestration" / "dags"
USER = "admin"


def folder(settings: Settings) -> Path:
    """Everything that Airflow keeps; deleting it forgets all runs."""
    return settings.home.absolute() / "airflow"


def password_file(settings: Settings) -> Path:
    """The file that holds the generated password of `USER`, readable by its owner only."""
    return folder(settings) / "passwords.json"


def password(settings: Settings) -> str:
    """The password of `USER`; generated once for a home."""
    file = password_file(settings)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        generated = json.dumps({USER: secrets.token_urlsafe(16)})
        # Created with its final mode: it is never readable by others, not even for a moment.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(generated)
    found: str = json.loads(file.read_text())[USER]
    return found


def environment(settings: Settings, port: int, dags: Path = DAGS) -> dict[str, str]:
    """The environment in which every Airflow process of this home runs.

    Args:
        settings: the Tambo home.
        port: where the API server listens, on loopback.
        dags: folder of DAG files.
    """
    home = folder(settings)
    url = f"http://127.0.0.1:{port}"
    own = {"TAMBO_RAW": settings.raw, "TAMBO_MAPPING": settings.mapping}
    raw = {name: str(path.absolute()) for name, path in own.items() if path is not None}
    return {
        **os.environ,
        **raw,
        # Tasks run in other folders: they must not look for a home of their own.
        "TAMBO_HOME": str(settings.home.absolute()),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # The chain is started by its first DAG; the others wait for its assets.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # Each task may use DuckDB's whole memory limit.
        "AIRFLOW__CORE__PARALLELISM": "2",
        # Tasks report here; the default port is somebody else's.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(settings)),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        # A new DAG file is found after half a minute.
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # Nothing is reported to anybody.
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
    }
