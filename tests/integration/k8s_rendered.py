"""The manifests as kubectl renders them: what a cluster would get, for the tests that read it."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

K8S = Path(__file__).resolve().parents[2] / "k8s"
Manifest = dict[str, Any]
EVERYTHING = "local-telemetry"
"""The overlay that has all components."""


def kustomize_version() -> int:
    """Major version of the kustomize inside kubectl; 0 where kubectl is missing.

    `labels.includeTemplates` came with 5, in kubectl 1.27; Debian 12 still has 1.20.
    """
    if shutil.which("kubectl") is None:
        return 0
    command = ["kubectl", "version", "--client", "--output", "json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    # Before 1.25 it says nothing of kustomize.
    found = json.loads(answer.stdout).get("kustomizeVersion", "v4")
    return int(found.removeprefix("v").partition(".")[0])


@cache
def rendered(overlay: str = EVERYTHING) -> tuple[Manifest, ...]:
    """Render one overlay; skips the calling test where kubectl is missing."""
    if (version := kustomize_version()) < 5:
        found = "is not on this machine" if version == 0 else f"has kustomize {version}, not 5"
        pytest.skip(f"kubectl {found}: the Kubernetes manifests were NOT checked")
    text = subprocess.run(
        ["kubectl", "kustomize", str(K8S / "overlays" / overlay)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    return tuple(yaml.safe_load_all(text))


def kind(name: str) -> list[Manifest]:
    """All manifests of one kind."""
    return [manifest for manifest in rendered() if manifest["kind"] == name]


def one(kind_name: str, name: str) -> Manifest:
    """The one manifest of this kind and name; generated names may carry a hash."""
    found = [
        manifest for manifest in kind(kind_name) if manifest["metadata"]["name"].startswith(name)
    ]
    assert len(found) == 1, f"{kind_name}/{name}: found {len(found)}"
    return found[0]


def workloads() -> list[Manifest]:
    """Everything that makes pods."""
    return [manifest for manifest in rendered() if "template" in manifest.get("spec", {})]


def containers(workload: Manifest) -> list[Manifest]:
    """All containers of a workload's pods, those that run before the others included."""
    pod = workload["spec"]["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]
