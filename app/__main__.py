"""Start the app on loopback until Ctrl-C: `python -m app`."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from tambo.errors import TamboError
from tambo.settings import settings_of


def main() -> None:
    """Become streamlit; its own settings lie in .streamlit beside the entry."""
    try:
        port = settings_of().app_port or _free_port()
    except TamboError as error:
        sys.exit(f"error {error}")
    entry = Path(__file__).with_name("entry.py")
    command = [sys.executable, "-m", "streamlit", "run", str(entry), "--server.port", str(port)]
    os.execv(sys.executable, command)  # noqa: S606 - no shell, and nothing of a visitor's in it


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
