"""Endpoints without a model: they take something in, or tell what was; they need no features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol

from anyio import to_thread
from pydantic import BaseModel

from bentos.inference.requests import Batch
from bentos.web.authorization import current_caller
from bentos.web.endpoint import Created, Operation
from tambo.access.tokens import Caller
from tambo.serving.problem import ProblemError
from tambo.settings import Settings


class Recorder(Protocol):
    """Takes requests in; may be used by several threads."""

    def record(
        self, requests: Sequence[Any], batch: bool, caller: Caller | None
    ) -> tuple[list[Any], bool]:
        """Keep what some requests tell, all or none.

        Args:
            requests: as the operation reads them.
            batch: they stand in `items` of the body; says how a wrong field is named.
            caller: who tells it.

        Returns:
            An answer to each, and whether anything was new.

        Raises:
            ProblemError: a field of a request is wrong; nothing was kept.
            SpoolError: the disk refuses; nothing was kept.
        """


@dataclass(frozen=True)
class IntakeEndpoint:
    """An operation of a service that has no model behind it.

    Attributes:
        operation: what is told and answered.
        open: makes the recorder of a home.
        many: the answer to a batch; it takes `items`. None: it takes no batches.
    """

    operation: Operation
    open: Callable[[Settings], Recorder]
    many: Callable[..., BaseModel] | None = None

    models: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()
    """It answers with no model."""


class OpenIntake:
    """An intake of a home.

    Args:
        endpoint: what is taken in.
        settings: the Tambo home.
    """

    def __init__(self, endpoint: IntakeEndpoint, settings: Settings) -> None:
        self._endpoint = endpoint
        self._recorder = endpoint.open(settings)

    async def answer(self, asked: Any) -> BaseModel | Created:
        """Take in a body that the operation has read: one request or many."""
        batch = isinstance(asked, Batch)
        requests = asked.items if isinstance(asked, Batch) else [asked]
        work = partial(self._recorder.record, requests, batch, current_caller())
        answers, new = await to_thread.run_sync(work)
        many = self._endpoint.many
        answer: BaseModel = many(items=answers) if batch and many is not None else answers[0]
        return Created(answer) if new else answer

    async def look(self, question: str, task_id: str) -> BaseModel:
        """There are no tasks.

        Raises:
            ProblemError: always.
        """
        raise ProblemError(404, "there is no such task: what is told is kept at once")

    def check(self) -> None:
        """It is ready while the process is: a disk that is full is told to each request."""
