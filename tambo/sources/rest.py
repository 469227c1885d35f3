"""Asks a REST API for JSON, as a guest: within its rate, patient when it is busy, discreet.

The key travels in the query or as a bearer token, as the API wants it. It is in no message and in
no log: httpx would write each address to its log, so its log is closed.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx
from pydantic import SecretStr

from tambo.errors import SettingsError, SourceBusyError, SourceError
from tambo.progress import Progress
from tambo.sources.patience import Patience, pause, without

LONGEST_ANSWER = 64 << 20
"""Bytes of an answer; a longer one is a fault."""

MOST_PAGES = 1000

for closed in ("httpx", "httpcore"):
    logging.getLogger(closed).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Guest:
    """How an API is asked.

    Attributes:
        key: the key.
        key_setting: the setting that holds it, for messages.
        key_parameter: the query parameter that takes it; None: it travels as a bearer token.
        per_minute: requests, at most.
        timeout: seconds for a whole answer.
        patience: with an API that is busy.
    """

    key: SecretStr
    key_setting: str
    key_parameter: str | None
    per_minute: float
    timeout: float
    patience: Patience


@dataclass(frozen=True)
class Answer:
    """What an API said.

    Attributes:
        body: the JSON object.
        asked_at: when it was asked, naive UTC.
    """

    body: dict[str, Any]
    asked_at: datetime


class _FailedError(Exception):
    """One attempt that failed in a way that may pass.

    Args:
        what: happened.
        wait: seconds that the API asks to wait.
        lasting: it is more likely wrong than busy.
    """

    def __init__(self, what: str, *, wait: float = 0.0, lasting: bool = False) -> None:
        super().__init__(what)
        self.wait, self.lasting = wait, lasting


class RestClient:
    """Asks one API; a context manager.

    Args:
        guest: how it is asked.
        progress: told why it waits.
    """

    def __init__(self, guest: Guest, progress: Progress) -> None:
        self._guest, self._progress = guest, progress
        # A redirect would carry the key to wherever it points.
        self._http = httpx.Client(timeout=guest.timeout, follow_redirects=False)
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, url: str, parameters: Mapping[str, str | int | float]) -> Answer:
        """Ask once, and again while the API is busy.

        Raises:
            SettingsError: the address is none.
            SourceBusyError: the API stays away, or asks to wait long.
            SourceError: it refuses the key or the question, or its answers are no JSON.
        """
        host = _host(url)
        for failed in range(1, self._guest.patience.attempts + 1):
            try:
                return self._ask(url, host, parameters)
            except _FailedError as error:
                said = f"{host} {error}"
                if error.wait > self._guest.patience.longest_seconds:
                    raise _busy(f"{said}, and asks to wait {error.wait:,.0f} seconds") from None
                if failed == self._guest.patience.attempts:
                    if error.lasting:
                        raise SourceError(
                            f"{said}, {failed} times.", remedy=f"look whether {host} is the API"
                        ) from None
                    raise _busy(f"{said}, {failed} times") from None
                wait = self._guest.patience.seconds(failed, error.wait)
                pause(wait, self._progress, said)
        raise AssertionError

    def pages(
        self, url: str, parameters: Mapping[str, str | int | float], what: str
    ) -> Iterator[Answer]:
        """Ask, page after page while an answer names a next one.

        Args:
            url: of the API.
            parameters: of the question.
            what: is asked for, for messages.

        Raises:
            SourceBusyError: the API stays away.
            SourceError: it refuses, or its pages have no end.
        """
        asked, seen = dict(parameters), set[str]()
        while True:
            answer = self.get(url, asked)
            yield answer
            token = answer.body.get("next_page_token")
            if token in (None, ""):
                return
            if str(token) in seen or len(seen) >= MOST_PAGES:
                raise SourceError(
                    f"The pages of {what} have no end.",
                    remedy="ask the API's owner; or ask for less at once",
                )
            seen.add(str(token))
            asked["page_token"] = str(token)

    def _ask(self, url: str, host: str, parameters: Mapping[str, str | int | float]) -> Answer:
        self._keep_rate(host)
        key = self._guest.key.get_secret_value()
        asked_at = datetime.now(UTC).replace(tzinfo=None)
        named = self._guest.key_parameter
        query = {**parameters, **({} if named is None else {named: key})}
        headers = {"Authorization": f"Bearer {key}"} if named is None else {}
        try:
            with self._http.stream("GET", url, params=query, headers=headers) as response:
                content = self._content(response)
        except httpx.TimeoutException:
            raise _FailedError(f"did not answer within {self._guest.timeout:g} seconds") from None
        except httpx.HTTPError as error:
            said = without(str(error), key, quote(key, safe=""))
            raise _FailedError(f"cut the connection: {said}") from None
        except httpx.InvalidURL:
            raise SettingsError(f"The address of {host} is none.") from None
        self._require_success(response.status_code, host, response.headers, content)
        body = _json(response, content)
        # Some answer 200, and the status that they mean stands inside.
        if str(code := body.get("cod", "200")).isdigit() and str(code) != "200":
            self._require_success(int(code), host, response.headers, content)
        return Answer(body, asked_at)

    def _keep_rate(self, host: str) -> None:
        wait = self._next - time.monotonic()
        if wait > 0:
            pause(wait, self._progress, f"keeping to the rate of {host}")
        self._next = time.monotonic() + 60 / self._guest.per_minute

    def _content(self, response: httpx.Response) -> bytes:
        """The whole body; a drop at a time does not keep us for ever."""
        until, content = time.monotonic() + self._guest.timeout, bytearray()
        for part in response.iter_bytes():
            content += part
            if time.monotonic() > until:
                raise httpx.ReadTimeout("")
            if len(content) > LONGEST_ANSWER:
                raise _FailedError("answers without an end", lasting=True)
        return bytes(content)

    def _require_success(
        self, status: int, host: str, headers: httpx.Headers, content: bytes
    ) -> None:
        if status in (401, 403):
            raise SourceError(
                f"{host} refuses the key (status {status}): it is wrong or has expired.",
                remedy=f"set {self._guest.key_setting} to a key that is valid",
            )
        if status in (408, 425, 429) or status >= 500:
            raise _FailedError(f"is busy (status {status})", wait=_retry_after(headers))
        if status != 200:
            key = self._guest.key.get_secret_value()
            text = " ".join(content[:2000].decode(errors="replace").split())
            said = without(text, key, quote(key, safe=""))[:200]
            raise SourceError(
                f"{host} refuses the question (status {status}): {said}",
                remedy="look at the address, what is asked for and the key's plan",
            )


def require_address(url: str, setting: str) -> None:
    """Refuse an address that is none, or that would carry secrets into messages.

    Raises:
        SettingsError: it does not begin with http, or has a user or a query.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{setting} is no address.", remedy="for example https://host/path")
    if parts.query or parts.username or parts.fragment:
        raise SettingsError(
            f"{setting} holds more than an address.",
            remedy="leave the part behind the question mark, and the user, out; the key has a "
            "setting of its own",
        )


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _busy(what: str) -> SourceBusyError:
    return SourceBusyError(f"{what}.", remedy="what was read is safe; the next fetch goes on there")


def _json(response: httpx.Response, content: bytes) -> dict[str, Any]:
    text = content.decode("utf-8-sig", errors="replace").strip()
    kind = response.headers.get("content-type", "")
    if "html" in kind or text.startswith("<"):
        raise _FailedError("answers with a page of HTML where JSON was asked for", lasting=True)
    try:
        body = json.loads(text)
    except ValueError:
        raise _FailedError(f"answers with {len(content):,} bytes that are no whole JSON") from None
    if not isinstance(body, dict):
        raise _FailedError("answers with JSON that is no object", lasting=True)
    return body


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds that the API asks to wait, from seconds or a date; 0 if it does not say."""
    told = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    left: float = (until - datetime.now(UTC)).total_seconds()
    return max(0.0, left)
