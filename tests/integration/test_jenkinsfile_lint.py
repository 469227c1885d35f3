"""npm-groovy-lint reads the Jenkinsfile; a broken copy shows that it would have noticed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

JENKINSFILE = Path(__file__).resolve().parents[2] / "Jenkinsfile"
# 17 and later want Node 22; Debian's next release and most CI images still carry 20.
LINTER = "npm-groovy-lint@16.2.0"


def need_node_and_java() -> None:
    """Skip, and say what was not done, where Node 20 or Java is missing."""
    for program in ("npx", "java"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on this machine: the Jenkinsfile was NOT linted")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    if int(re.match(r"v(\d+)", version.stdout)[1]) < 20:
        pytest.skip(f"Node {version.stdout.strip()} is below 20: the Jenkinsfile was NOT linted")


def lint(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Lint one Jenkinsfile, alone in a folder: the pattern walks all that lies beside it."""
    (folder / "Jenkinsfile").write_text(text)
    command = ["npx", "--yes", "--package", LINTER, "npm-groovy-lint", "--no-insight", "--noserver"]
    return subprocess.run(
        [*command, "--path", str(folder), "--files", "**/Jenkinsfile", "--failon", "warning"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_linter_passes_the_jenkinsfile(tmp_path: Path):
    need_node_and_java()
    good = lint(tmp_path, JENKINSFILE.read_text())
    assert good.returncode == 0, good.stdout + good.stderr
    # It has read the file: a pattern that matches none passes too.
    assert re.search(r"results in (\x1b\[1m)?1(\x1b\[22m)? linted files", good.stdout)


@pytest.mark.slow
def test_the_linter_fails_a_broken_copy(tmp_path: Path):
    need_node_and_java()
    text = JENKINSFILE.read_text()
    broken = lint(tmp_path, text[: text.rindex("}")])
    assert broken.returncode == 1
    assert "NglParseError" in broken.stdout
