"""Start a domain's service from its bento, call it, and stop it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from bentos.bundle import bentoml_environment, latest
from bentos.guard import guarded
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineManifest, OnlineReader
from tambo.services import announced
from tambo.serving.spec import MANIFEST_FILE
from tambo.settings import Settings

_PASSED_ON = (
    "redis_url",
    "oidc_discovery_url",
    "oidc_client_id",
    "oidc_audience",
    "oidc_issuer",
    "intake_ahead_seconds",
)
"""Settings that the service is to have as we have them."""

_START_SECONDS = 180.0
_CALL_SECONDS = 30.0
_TASK_SECONDS = 300.0


@dataclass(frozen=True)
class ServingProcess:
    """A service that runs.

    Attributes:
        url: its address; the docs page is there.
        pid: of the process that guards it; the service and its workers descend from it.
        log: file that it writes to.
    """

    url: str
    pid: int
    log: Path


@contextmanager
def serving(settings: Settings, domain: str, port: int | None = None) -> Iterator[ServingProcess]:
    """Serve the latest bento of a domain for the time of the block.

    Args:
        settings: the Tambo home.
        domain: for example travel.
        port: where to listen; None or 0 finds a free port.

    Yields:
        The service, ready to answer.

    Raises:
        ServingError: there is no bento, or the service does not start.
        OnlineStoreError: there are no features to serve with.
    """
    bento = latest(settings, domain)
    _check_features(settings, bento)
    log = settings.scratch / f"serve-{domain}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    port = port or _free_port(settings.serve_host)
    url = f"http://{settings.serve_host}:{port}"
    command = [
        *(sys.executable, "-m", "bentoml", "serve", str(bento)),
        *("--host", settings.serve_host, "--port", str(port)),
    ]
    # A service empties the folder of its metrics when it starts: each has its own.
    with TemporaryDirectory(dir=settings.scratch, prefix=f"serve-{domain}-") as state:
        environment = _environment(settings, bento, Path(state))
        with guarded(command, env=environment, cwd=bento / "src", log=log) as process:
            _wait(url, process, log)
            with announced(settings, domain, url):
                yield ServingProcess(url, process.pid, log)


def serve_forever(settings: Settings, domain: str, port: int | None = None) -> None:
    """Serve the latest bento of a domain until it is interrupted (Ctrl-C or SIGTERM).

    Raises:
        ServingError: there is no bento, the service does not start, or it ended by itself.
        OnlineStoreError: there are no features to serve with.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with serving(settings, domain, port) as service:
            sys.stdout.write(f"{domain} service: {service.url} (docs page), log {service.log}\n")
            sys.stdout.flush()
            psutil.wait_procs([psutil.Process(service.pid)])
            raise ServingError(f"The {domain} service ended.\n{_tail(service.log)}")
    except KeyboardInterrupt:
        sys.stdout.write(f"{domain} service stopped\n")
    finally:
        signal.signal(signal.SIGTERM, before)


def call(
    url: str, payload: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Send one request, as a client would; where a task answers it, wait for its result.

    Args:
        url: of the endpoint.
        payload: the body.
        headers: by which the service knows who asks; see `tambo.services.credentials`.

    Raises:
        ServingError: the service does not answer, or answers with a problem.
    """
    try:
        with httpx.Client(timeout=_CALL_SECONDS, trust_env=False, headers=headers) as client:
            answer = client.post(url, json=payload)
            if answer.status_code == httpx.codes.ACCEPTED:
                answer = _result(client, httpx.URL(url), answer.json())
    except httpx.HTTPError as error:
        raise ServingError(
            f"{url} does not answer: {error}", remedy="start the service: make serve"
        ) from error
    try:
        body: dict[str, Any] = answer.json()
    except ValueError:
        body = {"detail": answer.text[:500]}
    if answer.status_code != httpx.codes.OK:
        raise ServingError(
            f"{url} answers {answer.status_code}: {body.get('detail')}", remedy=body.get("remedy")
        )
    return body


def _result(client: httpx.Client, url: httpx.URL, task: Mapping[str, Any]) -> httpx.Response:
    """Wait for a task, and fetch what came of it."""
    deadline = time.monotonic() + _TASK_SECONDS
    while task["status"] == "in_progress" and time.monotonic() < deadline:
        time.sleep(0.2)
        task = client.get(url.join(task["status_url"])).raise_for_status().json()
    return client.get(url.join(task["result_url"]))


def _check_features(settings: Settings, bento: Path) -> None:
    """Say that features are missing before a process is started, not in its log."""
    for path in sorted(bento.glob(f"src/models/*/{MANIFEST_FILE}")):
        manifest = OnlineManifest.load(path)
        with OnlineReader.open(
            manifest, sqlite=settings.online_store, redis_url=settings.redis_url
        ) as reader:
            reader.check()


def _environment(settings: Settings, bento: Path, state: Path) -> dict[str, str]:
    environment = {
        **bentoml_environment(settings, bento / "src"),
        "BENTOML_HOME": str(state.absolute()),
        "TAMBO_HOME": str(settings.home.absolute()),
    }
    for name in _PASSED_ON:
        if (value := getattr(settings, name)) is not None:
            environment[f"TAMBO_{name.upper()}"] = str(value)
    if settings.oidc_ca is not None:
        environment["TAMBO_OIDC_CA"] = str(settings.oidc_ca.absolute())
    return environment


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(timeout=2.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            code = process.poll()
            if code is not None:
                raise ServingError(f"The service ended with {code}.\n{_tail(log)}")
            with suppress(httpx.HTTPError):
                if client.get(f"{url}/readyz").status_code == httpx.codes.OK:
                    return
            time.sleep(0.1)
    raise ServingError(f"The service is not ready after {_START_SECONDS:.0f} s.\n{_tail(log)}")


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _tail(log: Path, lines: int = 25) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
