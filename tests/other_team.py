"""Another team's environment: some packages of ours, and what they need, and nothing else.

The packages are linked from the environment that runs the tests, so nothing is downloaded, and each
is the version that the lock names.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution, distributions
from importlib.util import cache_from_source
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


class Environment:
    """A virtual environment without pip."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        (self._site,) = folder.glob("lib/python*/site-packages")

    def add(self, *requirements: str) -> None:
        """Link packages, with all that they need."""
        for found in closure(map(Requirement, requirements)):
            link(found, self._site)

    def add_ours(self, wheels: Path) -> None:
        """Install our own wheel, built for it, with what it needs and no extra."""
        uv = Path(sys.executable).parent / "uv"
        build = ["build", "--quiet", "--offline", "--wheel", "--no-build-isolation"]
        python = ["--python", sys.executable]
        subprocess.run([uv, *build, *python, "--out-dir", wheels, ROOT], check=True)
        (wheel,) = wheels.glob("tambo-*.whl")
        shutil.unpack_archive(wheel, self._site, "zip")
        (ours,) = (one for one in distributions(path=[str(self._site)]) if one.name == "tambo")
        self.add(*(one for one in ours.requires or [] if "extra ==" not in one))

    def check(self) -> None:
        """Make sure that nothing that a package needs is missing."""
        uv = Path(sys.executable).parent / "uv"
        check = [uv, "pip", "check", "--offline", "--python", self.python]
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str, cwd: Path, **variables: str) -> str:
        """What a program prints that knows nothing of the environment around it."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=cwd,
            env={**kept, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def closure(requirements) -> list[Distribution]:
    """Installed packages that are required, directly or not."""
    found: dict[str, Distribution] = {}
    waiting = [(one, "") for one in requirements]
    seen = set()
    while waiting:
        need, extra = waiting.pop()
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(need.name)
        package = found.setdefault(name, distribution(name))
        for wanted in {"", *need.extras} - {one for known, one in seen if known == name}:
            seen.add((name, wanted))
            waiting += [(Requirement(one), wanted) for one in package.requires or []]
    return list(found.values())


def link(package: Distribution, site: Path) -> None:
    """Put a package's files into an environment, its programs left out."""
    for file in package.files or []:
        if ".." in file.parts or file.suffix == ".pyc":
            continue
        source, target = Path(str(package.locate_file(file))), site / file
        _link(source, target)
        if file.suffix == ".py":
            compiled = Path(cache_from_source(str(source)))
            if compiled.exists():
                _link(compiled, target.parent / "__pycache__" / compiled.name)


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        # On another file system.
        shutil.copy2(source, target)


def blocks(page: str) -> dict[str, str]:
    """Code blocks of a page by the file that their first line names."""
    found = re.findall(r"^```\w+\n(# (\S+\.\w+)\n.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return {name: text for text, name in found}
