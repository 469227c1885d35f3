"""Put a domain's champions and the code that serves them into a Bento.

The bento's version is a hash of the champions, the code and the pinned packages: bundling again
with nothing changed finds the bento that is there. It holds serving dependencies only, and models
as ONNX: nothing in it is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from filelock import FileLock

from bentos.champions import Champion, champions, fetch
from bentos.code import code_hash, copy_code
from bentos.requirements import ROOTS, serving_requirements
from tambo.domains import slices
from tambo.errors import ServingError
from tambo.progress import Progress, silent
from tambo.serving.model import ServedModel
from tambo.serving.spec import ServingSpec
from tambo.serving.version import ServedVersion
from tambo.settings import Settings

DONE = "tambo.json"
"""Written into a bento last: one without it was interrupted, and is built again."""

_PICKLES = frozenset({".pkl", ".pickle", ".joblib", ".dill"})


@dataclass(frozen=True)
class Bundled:
    """A built bento.

    Attributes:
        tag: name and version, for example travel:1f0c....
        path: its folder in BentoML's store.
        models: versions by registered name.
        up_to_date: nothing had to be done.
    """

    tag: str
    path: Path
    models: dict[str, str]
    up_to_date: bool = False


def bundle(settings: Settings, domain: str, progress: Progress = silent) -> Bundled:
    """Build the bento of a domain from its champions, if it is not there yet.

    Args:
        settings: the Tambo home.
        domain: for example travel.
        progress: told each step.

    Raises:
        ServingError: a model has no champion, its artefact is not whole, or the build failed.
    """
    progress("find the champions", 0, 4)
    service = import_module(f"bentos.{domain}")
    chosen = champions(settings, service.MODELS, getattr(service, "OPTIONAL", ()))
    packages = (*ROOTS, *getattr(service, "PACKAGES", ()))
    requirements = serving_requirements(settings.root / "requirements.lock", packages)
    version = _version(settings, domain, chosen, requirements)
    path = settings.bento_home / "bentos" / domain / version
    models = {one.model: one.version for one in chosen}
    settings.bento_home.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.bento_home / f"{domain}.lock"):
        if (path / DONE).exists():
            _point(path)
            return Bundled(f"{domain}:{version}", path, models, up_to_date=True)
        shutil.rmtree(path, ignore_errors=True)
        settings.scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=settings.scratch, prefix=f"bundle-{domain}-") as name:
            folder = Path(name)
            progress("copy models and code", 1, 4)
            specs = [fetch(settings, one, folder / "models" / one.model) for one in chosen]
            for one in specs:
                if isinstance(one, ServingSpec):
                    ServedModel.load(folder / "models" / one.model)
            copy_code(settings, domain, folder)
            (folder / "requirements.txt").write_text(requirements)
            _write_bentofile(folder, domain, specs, code_hash(settings, domain))
            progress("build the bento", 2, 4)
            _build(settings, folder, version)
        progress("check the bento", 3, 4)
        _finish(path, domain, requirements, specs)
        _point(path)
    progress("bundled", 4, 4)
    return Bundled(f"{domain}:{version}", path, models)


def latest(settings: Settings, domain: str) -> Path:
    """Folder of the bento that was bundled last.

    Raises:
        ServingError: there is none.
    """
    store = settings.bento_home / "bentos" / domain
    try:
        path = store / (store / "latest").read_text().strip()
    except FileNotFoundError:
        path = store / "none"
    if not (path / DONE).exists():
        raise ServingError(f"There is no bento of {domain}.", remedy=f"run tambo bundle {domain}")
    return path


def named_releases(settings: Settings) -> set[int]:
    """Releases that the models of a kept bento were trained at: retention spares them."""
    files = (settings.bento_home / "bentos").glob(f"*/*/{DONE}")
    held = [json.loads(one.read_text()) for one in files]
    return {model["release"] for models in held for model in models.values()}


def served_domain(settings: Settings) -> str:
    """The domain that is meant where nobody names one: the only one with a service here.

    Raises:
        ServingError: the home holds bentos of none of several domains, or of several.
    """
    known = list(slices("bentos"))
    if len(known) > 1:
        bundled = settings.bento_home / "bentos"
        known = [domain for domain in known if (bundled / domain / "latest").exists()]
    if len(known) == 1:
        return known[0]
    if not known:
        raise ServingError(f"{settings.home} holds no bento.", remedy="run tambo bundle")
    raise ServingError(
        f"{settings.home} holds bentos of several domains.", remedy=f"name one: {', '.join(known)}"
    )


def _version(settings: Settings, domain: str, chosen: Sequence[Champion], requirements: str) -> str:
    parts = [
        code_hash(settings, domain),
        hashlib.sha256(requirements.encode()).hexdigest(),
        *(f"{one.model} {one.version} {one.run_id}" for one in chosen),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _write_bentofile(folder: Path, domain: str, specs: Sequence[ServedVersion], code: str) -> None:
    labels = {f"model.{one.model}": f"{one.version}" for one in specs}
    labels |= {f"estimator.{one.model}": one.estimator for one in specs}
    releases = map(str, sorted({one.release for one in specs}))
    labels |= {"release": ",".join(releases), "code": code}
    content: dict[str, object] = {
        "service": f"bentos.{domain}.service:{domain.capitalize()}Service",
        "name": domain,
        "labels": {"project": "tambo", "domain": domain, **labels},
        "description": f"The {domain} service of Tambo",
        # In the image, uv keeps no second copy of each wheel.
        "envs": [
            {"name": "UV_NO_CACHE", "value": "1"},
            {"name": "BENTOML_DO_NOT_TRACK", "value": "True"},
        ],
        "include": ["tambo/**", "bentos/**", "models/**", "requirements.txt"],
    }
    (folder / "bentofile.yaml").write_text(yaml.safe_dump(content, sort_keys=True))


def _build(settings: Settings, folder: Path, version: str) -> None:
    """Run BentoML in a process of its own, which sees the copied code and not the project's."""
    command = [
        *(sys.executable, "-m", "bentoml", "build", "--bentofile", "bentofile.yaml"),
        *("--version", version, "."),
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        env=bentoml_environment(settings, folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-3000:]
        raise ServingError(f"BentoML could not build the bento:\n{said}")


def bentoml_environment(settings: Settings, code: Path) -> dict[str, str]:
    """Environment of a BentoML process: its store in the home, nothing reported to anyone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BENTOML_")}
    return {
        **kept,
        "BENTOML_HOME": str(settings.bento_home),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONPATH": str(code),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _finish(path: Path, domain: str, requirements: str, specs: Sequence[ServedVersion]) -> None:
    """Make sure of what is in the bento, and say that it is whole."""
    # BentoML's own document knows nothing of mounted endpoints.
    documentation = import_module(f"bentos.{domain}.documentation")
    openapi = documentation.openapi(
        {one.model: one for one in specs if isinstance(one, ServingSpec)}
    )
    (path / "apis" / "openapi.yaml").write_text(yaml.safe_dump(openapi, sort_keys=False))
    # BentoML adds a line for itself, without a hash; ours is pinned already.
    (path / "env" / "python" / "requirements.txt").write_text(requirements)
    (path / "env" / "python" / "requirements.in").unlink(missing_ok=True)
    pickles = sorted(str(one) for one in path.rglob("*") if one.suffix in _PICKLES)
    if pickles:
        raise ServingError(f"The bento would hold pickles: {', '.join(pickles)}.")
    holds = {one.model: {"version": one.version, "release": one.release} for one in specs}
    (path / DONE).write_text(json.dumps(holds, indent=2, sort_keys=True) + "\n")


def _point(path: Path) -> None:
    """Make this version the latest."""
    fresh = path.parent / ".latest"
    fresh.write_text(path.name)
    fresh.replace(path.parent / "latest")
