"""Questions to the services over HTTP, and what is said when one does not answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from app import released
from tambo.errors import ServingError, SettingsError
from tambo.services import address, credentials
from tambo.serving.problem import Problem, ProblemError
from tambo.settings import Settings

_SECONDS = 30.0
_TASK_SECONDS, _PAUSE_SECONDS = 120.0, 0.2


def ask(
    domain: str, path: str, payload: Mapping[str, Any], seconds: float = _SECONDS
) -> dict[str, Any]:
    """Send one question to a domain's service.

    Args:
        domain: whose service.
        path: of the endpoint, for example /v1/flight-price.
        payload: the body.
        seconds: that the answer may take.

    Raises:
        ServingError: the service is down or too old for the question; the message is for the
            visitor.
        ProblemError: it refuses the question; its problem names the fields.
    """
    return _answer(domain, "POST", path, payload, seconds)


def ask_task(domain: str, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Send a question that takes long, wait until it is answered, and fetch the answer.

    Raises:
        ServingError: as `ask`; or it takes too long.
        ProblemError: as `ask`; the service may also see what is wrong while it works.
    """
    task = _answer(domain, "POST", path, payload)
    until = time.monotonic() + _TASK_SECONDS
    while task["status"] == "in_progress":
        if time.monotonic() > until:
            raise ServingError(
                f"The {domain} service works on it for {_TASK_SECONDS:.0f} seconds already.",
                remedy="Ask for less at once, or try again later.",
            )
        time.sleep(_PAUSE_SECONDS)
        task = _answer(domain, "GET", task["status_url"])
    return _answer(domain, "GET", task["result_url"])


def _answer(
    domain: str,
    method: str,
    path: str,
    payload: Mapping[str, Any] | None = None,
    seconds: float = _SECONDS,
) -> dict[str, Any]:
    settings = released.settings()
    url = address(settings, domain)
    if url is None:
        raise _down(settings, domain, f"The {domain} service is not running.")
    try:
        known = credentials(settings)
    except SettingsError as error:
        raise ServingError(error.message, remedy=error.remedy) from error
    try:
        answer = httpx.request(
            method,
            url + path,
            json=payload,
            headers=known,
            timeout=seconds,
            trust_env=False,
        )
    except httpx.TimeoutException as error:
        raise _down(
            settings, domain, f"The {domain} service at {url} did not answer in time."
        ) from error
    except httpx.HTTPError as error:
        raise _down(settings, domain, f"The {domain} service at {url} does not answer.") from error
    return _body(settings, domain, path, answer)


def _body(settings: Settings, domain: str, path: str, answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code in (httpx.codes.OK, httpx.codes.ACCEPTED):
        body: dict[str, Any] = answer.json()
        return body
    # What is not found at a task's address is the task.
    if answer.status_code == httpx.codes.NOT_FOUND and answer.request.method == "POST":
        raise ServingError(
            f"The {domain} service that runs does not know {path}: it is of an older bento.",
            remedy=settings.command(f"make run serve DOMAIN={domain}"),
        )
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValueError:
        raise ServingError(
            f"The {domain} service answers {answer.status_code}, and not as expected.",
            remedy=_serve(settings, domain),
        ) from None
    raise ProblemError(problem.status, problem.detail, problem.errors, problem.remedy)


def _down(settings: Settings, domain: str, message: str) -> ServingError:
    return ServingError(message, remedy=_serve(settings, domain))


def _serve(settings: Settings, domain: str) -> str:
    return settings.command(f"make serve DOMAIN={domain}")
