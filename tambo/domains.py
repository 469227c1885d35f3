"""Domains are discovered, never listed: a domain is a folder with contracts in tambo/sources."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

SOURCES = Path(__file__).resolve().parent / "sources"


def domains() -> list[str]:
    """Names of all domains, sorted: the folders of tambo/sources that hold contracts.yml."""
    return sorted(path.parent.name for path in SOURCES.glob("*/contracts.yml"))


def own_files(folder: Path, domain: str) -> list[Path]:
    """Python files of a stage that one domain runs: the shared ones and those of its own slice.

    Args:
        folder: the stage, for example <root>/training.
        domain: whose slice is kept; a slice is a folder or a module of the domain's name.

    Returns:
        Paths, sorted.
    """
    others = set(domains()) - {domain}
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if path.relative_to(folder).parts[0].removesuffix(".py") not in others
    ]


def slices(package: str, module: str = "") -> dict[str, ModuleType]:
    """Import each domain's slice of a stage, in the order of `domains`.

    Args:
        package: the stage, for example "training" or "tambo.sources".
        module: the module inside the slice, for example "world"; empty for the slice itself.

    Returns:
        Modules by domain; a domain without such a slice is left out.
    """
    found: dict[str, ModuleType] = {}
    for domain in domains():
        if find_spec(f"{package}.{domain}") is None:
            continue
        name = f"{package}.{domain}.{module}".rstrip(".")
        if find_spec(name) is not None:
            found[domain] = import_module(name)
    return found
