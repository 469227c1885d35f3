"""The Jenkinsfile calls the verbs that people call, and keeps the rules of a tidy pipeline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = (ROOT / "Jenkinsfile").read_text()
STRING = r"'[^']*'|\"[^\"]*\""


def without_comments(text: str) -> str:
    return re.sub(rf"({STRING})|//[^\n]*", lambda m: m[1] or "", text)


def block(text: str, head: str) -> str:
    """What stands between the braces that follow `head`."""
    start = re.search(rf"(?<![\w']){head}\s*\{{", text)
    assert start, f"no block: {head}"
    depth = 1
    for place in re.finditer(rf"{STRING}|[{{}}]", text[start.end() :]):
        depth += {"{": 1, "}": -1}.get(place[0], 0)
        if depth == 0:
            return text[start.end() : start.end() + place.start()]
    raise AssertionError(f"block is not closed: {head}")


BODY = block(without_comments(PIPELINE), "pipeline")


def stages() -> dict[str, str]:
    text = block(BODY, "stages")
    return {
        name: block(text, rf"stage\('{name}'\)") for name in re.findall(r"stage\('(\w+)'\)", text)
    }


def test_block_reads_nested_braces_and_strings():
    assert block("a { b { '}' } c } d", "a").split() == ["b", "{", "'}'", "}", "c"]
    with pytest.raises(AssertionError, match="not closed"):
        block("a { b { }", "a")


def test_stages_run_one_make_target_each():
    targets = {
        name: re.findall(r"\bsh\s+'([^']*)'", block(text, "steps"))
        for name, text in stages().items()
    }
    assert targets == {
        "Check": ["make check"],
        "Test": ["make test"],
        "Run": ["make run"],
        "Image": ["make image"],
        "Push": ["make push"],
    }
    # No other way to run something is used anywhere.
    assert len(re.findall(r"\b(?:sh|bat|powershell|script|node)\b\s*[('{]", BODY)) == len(targets)


def test_every_target_is_in_the_makefile():
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"'make ([a-z-]+)'", BODY))
    assert used <= known, f"the Makefile has no target {sorted(used - known)}"


def test_a_build_ends_is_forgotten_and_is_alone():
    options = block(BODY, "options")
    for option in ("timeout(", "buildDiscarder(", "disableConcurrentBuilds(", "timestamps()"):
        assert option in options


def test_images_are_built_and_pushed_only_when_meant():
    assert "branch 'main'" in block(stages()["Image"], "when")
    assert block(stages()["Push"], "when").split() == ["buildingTag()"]


def test_secrets_come_from_the_credentials_store():
    assert re.findall(r"=\s*(credentials\('[\w-]+'\))", stages()["Push"]) == [
        "credentials('tambo-registry')"
    ]
    assert not re.search(r"(?i)(password|token|secret)\s*[=:]\s*['\"]", BODY)


def test_results_are_kept_and_the_workspace_is_wiped():
    written = re.search(r"--junitxml=(\S+)/[^/']+\.xml", stages()["Test"])[1]
    assert f"junit testResults: '{written}/*.xml'" in block(
        block(stages()["Test"], "post"), "always"
    )
    post = re.sub(r"stages\s*\{.*\n    \}\n(?=\n    post)", "", BODY, flags=re.DOTALL)
    assert "archiveArtifacts" in block(block(post, "post"), "always")
    assert block(block(post, "post"), "cleanup").split() == ["cleanWs()"]
