"""What a service needs, pinned and hashed, taken from the project's own lock."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from tambo.errors import ServingError

ROOTS = (
    "anyio",
    "bentoml",
    # Keys of the issuer of tokens are asked for, and RS256 is checked.
    "cryptography",
    # Sensors are set by one process at a time, by the rules of the contract.
    "filelock",
    "httpx",
    "numpy",
    "onnxruntime",
    "pydantic",
    "pydantic-settings",
    "pyjwt",
    "pyyaml",
    "redis",
    "starlette",
    # A slim image has no time zones of its own.
    "tzdata",
)
"""What the code in a bento imports; a domain's own `PACKAGES` come on top."""

MQTT = "paho-mqtt"
"""Of the extra `sources`, the one package that a listener needs."""

FORBIDDEN = frozenset(
    {
        "apache-airflow",
        "dbt-core",
        "dill",
        "duckdb",
        "feast",
        "great-expectations",
        "joblib",
        "keras",
        "mlflow",
        "mlflow-skinny",
        "pandas",
        "pyarrow",
        "scikit-learn",
        "tensorflow",
        "xgboost-cpu",
    }
)
"""What has no business in a service: training, transforming, and what runs code on loading."""


BROUGHT = {"ortools": frozenset({"pandas"})}
"""Forbidden packages that another one imports by itself; our code in a service does not."""


def serving_requirements(lock: Path, roots: tuple[str, ...] = ROOTS) -> str:
    """Cut the lock down to some packages and all that they need on this Python.

    Args:
        lock: requirements.lock, universal and with hashes.
        roots: what is needed at first hand.

    Returns:
        Lines `name==version --hash=...`, sorted, without any index.

    Raises:
        ServingError: a package is not in the lock or not installed, or is a forbidden one.
    """
    names = _closure(roots)
    brought = frozenset().union(*(BROUGHT.get(name, frozenset()) for name in roots))
    banned = sorted(names & FORBIDDEN - brought)
    if banned:
        raise ServingError(f"A service would install {', '.join(banned)}.")
    return _cut(lock, names)


def listener_requirements(project: Path, lock: Path) -> str:
    """Cut the lock down to what `tambo listen` imports: the package without extras, and MQTT.

    Args:
        project: pyproject.toml, whose dependencies are those of the package.
        lock: requirements.lock.

    Raises:
        ServingError: a package is not in the lock or not installed.
    """
    with project.open("rb") as file:
        needed = tomllib.load(file)["project"]["dependencies"]
    return _cut(lock, _closure((*needed, MQTT)))


def _cut(lock: Path, names: set[str]) -> str:
    locked = _locked(lock)
    missing = sorted(names - set(locked))
    if missing:
        raise ServingError(f"{lock} does not pin {', '.join(missing)}.", remedy="run make lock")
    return "".join(locked[name] for name in sorted(names))


def _closure(roots: tuple[str, ...]) -> set[str]:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: set[str] = set()
    waiting = [
        (canonicalize_name(root.name), frozenset(root.extras)) for root in map(Requirement, roots)
    ]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        found.add(str(name))
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError as error:
            raise ServingError(f"{name} is not installed.", remedy="run make venv") from error
        for need in map(Requirement, needs):
            marker = need.marker
            if marker is not None and not any(
                marker.evaluate({"extra": extra}) for extra in ("", *extras)
            ):
                continue
            one = (canonicalize_name(need.name), frozenset(need.extras))
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return found


def _locked(lock: Path) -> dict[str, str]:
    """Read the lock's entries that hold on this Python, by package."""
    from packaging.markers import Marker
    from packaging.utils import canonicalize_name

    entries: dict[str, str] = {}
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ServingError(f"{lock} cannot be read: {error.strerror}.") from error
    text = "\n".join(line for line in lines if line and not line.startswith(("#", "-")))
    for entry in text.replace("\\\n", " ").splitlines():
        pin, *hashes = entry.split(" --hash=")
        pin, _, marker = pin.partition(";")
        if marker.strip() and not Marker(marker.strip()).evaluate():
            continue
        name = canonicalize_name(pin.split("==")[0].strip())
        parts = [pin.strip(), *(f"--hash={one.strip()}" for one in hashes)]
        entries[str(name)] = " \\\n    ".join(parts) + "\n"
    return entries
