"""Feast's HTTP feature server on our stores, cut down to what another team is to use.

Reading is open: to anyone where no issuer is set, else by role. Writing is closed where no issuer
is set. What answers with nothing of ours (chat, vector search) is left out.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tambo.access.refusals import Refusal, record
from tambo.access.tokens import claimed_subject, digest
from tambo.errors import OnlineStoreError, TamboError
from tambo.serving.problem import MEDIA_TYPE, problem
from tambo.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response
    from feast import FeatureStore

READ = "/get-online-features"
READ_PATHS = frozenset({READ, "/health", "/docs", "/docs/oauth2-redirect", "/openapi.json"})
WRITE_PATHS = frozenset(
    {"/push", "/write-to-online-store", "/materialize", "/materialize-incremental"}
)

_CLOSED = (
    "this server knows no roles, so nobody writes through it: features come from releases "
    "(tambo features), or set TAMBO_OIDC_DISCOVERY_URL and ask with a deployer's token"
)

_log = logging.getLogger(__name__)


def make_app(store: FeatureStore, settings: Settings) -> FastAPI:
    """The application that serves a store; Feast's security is set up by the caller.

    Args:
        store: on a registry file, which is read again whenever it is replaced.
        settings: the Tambo home, whose record of refusals is kept.
    """
    from feast.feature_server import get_app

    # Feast would read the registry again by the clock, and stop for good after one failure.
    app: FastAPI = get_app(store, registry_ttl_sec=0)
    open_paths = READ_PATHS
    if store.config.auth_config.type != "no_auth":
        open_paths |= WRITE_PATHS
    app.router.routes[:] = [
        route for route in app.router.routes if getattr(route, "path", None) in open_paths
    ]
    for path in sorted(WRITE_PATHS - open_paths):
        app.add_api_route(path, _closed, methods=["POST"], include_in_schema=False)
    app.title = "Tambo feature server"
    app.description = "Feast's feature server. docs/other-teams.md says how to ask it."
    _prepare_reading(app, store)
    _answer_errors(app)
    app.state.settings = settings
    app.state.asks_for_tokens = store.config.auth_config.type != "no_auth"
    app.add_middleware(FreshRegistry, store=store, path=Path(store.config.registry.path))
    return app


def _prepare_reading(app: FastAPI, store: FeatureStore) -> None:
    """Put our look at a request before Feast's answer to it."""
    from fastapi import Depends
    from feast.feature_server import GetOnlineFeaturesRequest, OnlineFeaturesResponse
    from feast.permissions.server.rest import inject_user_details
    from starlette.concurrency import run_in_threadpool

    from tambo.featurestore.server_request import Preparation

    (route,) = [one for one in app.router.routes if getattr(one, "path", None) == READ]
    app.router.routes.remove(route)
    answer = getattr(route, "endpoint")  # noqa: B009 - only some kinds of routes have one

    looks = Preparation(store)

    async def get_online_features(request: Any) -> Any:
        await run_in_threadpool(looks.prepare, request)
        return await answer(request)

    # FastAPI reads the type from here; it is known only where Feast is imported.
    get_online_features.__annotations__["request"] = GetOnlineFeaturesRequest
    app.post(
        READ,
        dependencies=[Depends(inject_user_details)],
        response_model=OnlineFeaturesResponse,
        description="Features of a service, or of a list of view:feature, for rows of keys.",
    )(get_online_features)


async def _closed() -> None:
    from feast.errors import FeastPermissionError

    raise FeastPermissionError(_CLOSED)


class FreshRegistry:
    """Reads the registry again, before a request is answered, when its file was replaced."""

    def __init__(self, app: Any, store: FeatureStore, path: Path) -> None:
        self._app = app
        self._store = store
        self._path = path
        self._seen = self._identity()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        found = self._identity()
        if found is not None and found != self._seen:
            from starlette.concurrency import run_in_threadpool

            await run_in_threadpool(self._store.refresh_registry)
            self._seen = found
        await self._app(scope, receive, send)

    def _identity(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_mtime_ns


def _answer_errors(app: FastAPI) -> None:
    """Answer expected errors in one line each, and keep tracebacks for the others."""
    from fastapi import HTTPException
    from feast.errors import FeastError

    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(FeastError, _feasts)
    app.add_exception_handler(TamboError, _ours)
    # What Feast raises where a request makes no sense; it answers 500.
    for kind in (ValueError, KeyError, TypeError):
        app.add_exception_handler(kind, _senseless)


async def _refused(request: Request, error: Any) -> Response:
    if error.status_code in (401, 403):
        await _record(request, error.status_code, str(error.detail))
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    return _problem(error.status_code, str(error.detail), None, headers)


async def _feasts(request: Request, error: Any) -> Response:
    """As Feast answers, so that its clients make the same error of it again."""
    from fastapi.responses import JSONResponse

    _log.warning("%s: %s", request.url.path, error)
    status = error.http_status_code()
    if status in (401, 403):
        await _record(request, status, str(error))
    return JSONResponse(error.to_error_detail(), 422 if status == 500 else status)


async def _record(request: Request, status: int, reason: str) -> None:
    """Keep a refusal; a token was believed where Feast came to look at its roles."""
    from starlette.concurrency import run_in_threadpool

    state = request.app.state
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    who = claimed_subject(token) if token else None
    believed = status == 403 and state.asks_for_tokens
    refusal = Refusal(
        service="feature server",
        path=request.url.path,
        status=status,
        reason=reason,
        subject=who if believed else None,
        claimed_subject=None if believed else who,
        address=request.client.host if request.client else None,
        token_digest=digest(token) if token else None,
    )
    await run_in_threadpool(record, state.settings, refusal)


async def _ours(request: Request, error: Any) -> Response:
    _log.warning("%s: %s", request.url.path, error)
    status = 503 if isinstance(error, OnlineStoreError) else 422
    return _problem(status, error.message, error.remedy)


async def _senseless(request: Request, error: Any) -> Response:
    raised = traceback.extract_tb(error.__traceback__)[-1]
    _log.warning("%s: %r at %s:%s", request.url.path, error, raised.filename, raised.lineno)
    detail = error.args[0] if isinstance(error, KeyError) and error.args else error
    return _problem(422, str(detail), "compare the request with docs/other-teams.md")


def _problem(
    status: int, detail: str, remedy: str | None, headers: Mapping[str, str] | None = None
) -> Response:
    from fastapi import Response

    body = problem(status, detail, remedy=remedy).model_dump(mode="json", exclude_none=True)
    return Response(json.dumps(body), status, headers, MEDIA_TYPE)
