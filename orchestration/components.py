"""Airflow on this machine: `python -m orchestration.components` runs it until Ctrl-C.

`airflow standalone` is not used: it opens log servers on every network interface, and leaves
processes behind when it is stopped by SIGTERM.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import httpx
import typer
from filelock import FileLock, Timeout

from orchestration import home
from orchestration.processes import (
    Component,
    check_alive,
    remember,
    start,
    stop,
    stop_leftovers,
)
from tambo.errors import OrchestrationError
from tambo.progress import Progress, silent
from tambo.settings import Settings, get_settings

ARGUMENTS = {
    # Both would serve logs on 0.0.0.0; the API server reads the files itself.
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "api-server": ["api-server"],
}
START_SECONDS = 180.0
# The scheduler waits for its running tasks, the triggerer ten seconds for its own loop.
GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class Airflow:
    """A running Airflow.

    Attributes:
        url: of its pages and its API.
        user: who may log in.
        password: generated; see `orchestration.home.password_file`.
        components: its processes.
    """

    url: str
    user: str
    password: str
    components: tuple[Component, ...]


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unhealthy(url: str) -> list[str]:
    """Names of the components that the API server does not report as healthy."""
    try:
        answer = httpx.get(f"{url}/api/v2/monitor/health", timeout=10)
        answer.raise_for_status()
    except httpx.HTTPError:
        return sorted(ARGUMENTS)
    parts = answer.json()
    return [
        name
        for name in sorted(ARGUMENTS)
        if name != "api-server" and parts[name.replace("-", "_")]["status"] != "healthy"
    ]


def wait_until_healthy(url: str, components: Sequence[Component], progress: Progress) -> None:
    """Wait until all components say that they are well.

    Raises:
        OrchestrationError: one of them ended, or is not healthy after three minutes.
    """
    deadline = time.monotonic() + START_SECONDS
    while waiting := unhealthy(url):
        check_alive(components)
        progress(f"waiting for {', '.join(waiting)}", len(ARGUMENTS) - len(waiting), len(ARGUMENTS))
        if time.monotonic() > deadline:
            raise OrchestrationError(
                f"Airflow is not healthy after {START_SECONDS:.0f} s: {', '.join(waiting)}.",
                remedy=f"look into {components[0].log.parent}",
            )
        time.sleep(0.5)


def migrate(env: dict[str, str], logs: Path) -> None:
    """Create Airflow's database, or bring it up to this version.

    Raises:
        OrchestrationError: the migration failed.
    """
    migration = start("migrate", ["db", "migrate"], env, logs)
    try:
        code = migration.process.wait(timeout=START_SECONDS)
    except subprocess.TimeoutExpired:
        code = -1
    finally:
        stop([migration], grace=0)
    if code != 0:
        raise OrchestrationError(
            f"Airflow's database could not be migrated:\n{migration.last_lines()}",
            remedy=f"the whole log is {migration.log}",
        )


@contextmanager
def running(
    settings: Settings, port: int = 0, dags: Path = home.DAGS, progress: Progress = silent
) -> Iterator[Airflow]:
    """Run Airflow while the block runs, and leave no process behind.

    Args:
        settings: the Tambo home that its DAGs work on.
        port: for the pages and the API; 0 finds a free one.
        dags: folder of DAG files.
        progress: told what is being waited for.

    Raises:
        OrchestrationError: it runs for this home already, or a component does not start.
    """
    password = home.password(settings)
    folder = home.folder(settings)
    logs, pids = folder / "logs" / "components", folder / "pids.json"
    chosen = port or free_port()
    env = home.environment(settings, chosen, dags)
    url = f"http://127.0.0.1:{chosen}"
    with _alone(settings), ExitStack() as stopping:
        stop_leftovers(pids)
        progress("migrating the database", 0, len(ARGUMENTS))
        migrate(env, logs)
        api: list[Component] = []
        others: list[Component] = []
        # Undone from the last to the first: running tasks report to the API server, so it ends
        # after the scheduler.
        stopping.callback(stop, api, GRACE_SECONDS)
        stopping.callback(stop, others, GRACE_SECONDS)
        for name, arguments in ARGUMENTS.items():
            group = api if name == "api-server" else others
            group.append(start(name, arguments, env, logs))
            remember([*api, *others], pids)
        wait_until_healthy(url, [*api, *others], progress)
        yield Airflow(url, home.USER, password, (*api, *others))


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold this home's Airflow: two would share one database."""
    lock = FileLock(home.folder(settings) / "running.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise OrchestrationError(
            f"Airflow runs for {settings.home} already.", remedy="stop it, or set TAMBO_HOME"
        ) from None
    try:
        yield
    finally:
        lock.release()


def interrupt(number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM and SIGHUP as Ctrl-C, so that the components are stopped.

    Ctrl-C too: a shell that starts us in the background has it ignored.
    """
    raise KeyboardInterrupt


def main(
    port: Annotated[int, typer.Option(envvar="TAMBO_AIRFLOW_PORT", help="0 finds a free one")] = 0,
) -> None:
    """Run Airflow on loopback until Ctrl-C."""
    settings = get_settings()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        with running(settings, port, progress=_tell_changes()) as airflow:
            typer.echo(f"Airflow   {airflow.url}")
            typer.echo(f"user      {airflow.user}")
            typer.echo(f"password  {home.password_file(settings)}")
            if sys.stdout.isatty():
                typer.echo(f"          {airflow.password}")
            typer.echo("Ctrl-C stops it; running tasks get half a minute to end.")
            _watch(airflow)
    except KeyboardInterrupt:
        typer.echo("Airflow is stopped.")
    except OrchestrationError as error:
        typer.echo(f"error {error}", err=True)
        raise typer.Exit(1) from None


def _watch(airflow: Airflow) -> NoReturn:
    """Raise when a component ends or somebody asks to stop, and say so at once."""
    try:
        while True:
            check_alive(airflow.components)
            time.sleep(1)
    except KeyboardInterrupt:
        typer.echo("stopping; Ctrl-C again kills what still runs")
        raise
    except OrchestrationError as error:
        first, _, _ = error.message.partition(":")
        typer.echo(f"{first}; stopping the others", err=True)
        raise


def _tell_changes() -> Progress:
    """A progress callback that prints each message once."""
    last = ""

    def tell(message: str, done: int, total: int) -> None:
        nonlocal last
        if message != last:
            typer.echo(f"  {done}/{total} {message}")
        last = message

    return tell


if __name__ == "__main__":
    typer.run(main)
