"""`tambo listen` in a process of its own, which can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from mqtt_broker import MosquittoBroker

from tambo.settings import Settings

LISTEN = [sys.executable, "-c", "from tambo.cli import main; main()", "listen"]


class Listener:
    """One consumer; micro-batches come into the lake each second."""

    def __init__(self, settings: Settings, broker: MosquittoBroker, *options: str) -> None:
        self._broker, self._command = broker, [*LISTEN, *options]
        self._env = os.environ | {
            "TAMBO_HOME": str(settings.home),
            "TAMBO_TELEMETRY_URL": broker.url,
            "TAMBO_TELEMETRY_BATCH_SECONDS": "1",
            "TAMBO_THREADS": "1",
        }
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        before = self._broker.subscriptions()
        self._process = subprocess.Popen(
            self._command,
            env=self._env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 120
        while self._broker.subscriptions() == before:
            assert self._process.poll() is None, self._process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def end(self) -> str:
        """End it as an operator does; returns what it said."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        said, _ = self._process.communicate(timeout=120)
        assert self._process.returncode == 0, said
        return said
