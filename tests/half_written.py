"""Leave an online store as a process does that is killed in the midst of a push."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

_CHILD = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN")
connection.execute(f'UPDATE "{sys.argv[2]}" SET value = zeroblob(4000)')
os.kill(os.getpid(), signal.SIGKILL)
"""


def leave(path: Path, table: str) -> Path:
    """Overwrite values of a table and die; answers SQLite's journal of what was there before."""
    command = [sys.executable, "-c", _CHILD, str(path), table]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    journal = path.with_name(f"{path.name}-journal")
    assert journal.stat().st_size > 0
    return journal
