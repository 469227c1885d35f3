"""MLflow's database, which is made whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tambo.registry import connect, database
from tambo.settings import Settings

MAKE = """
import sys
from pathlib import Path
from tambo.registry import connect
from tambo.settings import Settings
connect(Settings(home=Path(sys.argv[1])))
"""


def test_a_registry_whose_making_was_killed_is_made_again(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    unfinished = database(settings).with_suffix(".unfinished")
    making = subprocess.Popen([sys.executable, "-c", MAKE, str(settings.home)])
    try:
        until = time.monotonic() + 60
        while not (unfinished.exists() and unfinished.stat().st_size > 0):
            assert making.poll() is None, "it was made before it could be killed"
            assert time.monotonic() < until
            time.sleep(0.005)
    finally:
        making.kill()
        making.wait()
    assert not database(settings).exists()
    assert connect(settings).search_registered_models() == []
    assert not unfinished.exists()
