"""A model behind its endpoint: declared without the model, then opened with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self

from anyio import to_thread
from pydantic import BaseModel

from bentos.inference.requests import Batch
from bentos.web.endpoint import Operation
from tambo.featurestore.online import OnlineReader
from tambo.serving.model import ServedModel
from tambo.serving.spec import ServingSpec
from tambo.settings import Settings


class Answerer(Protocol):
    """Answers requests with a model; may be used by several threads."""

    def answer(self, requests: Sequence[Any], batch: bool) -> list[Any]:
        """Answer some requests in one look-up and one run of the model.

        Args:
            requests: as the operation reads them.
            batch: they stand in `items` of the body; says how a wrong field is named.

        Raises:
            ProblemError: a field of a request is wrong.
            OnlineStoreError: features cannot be read.
            ServingError: the model has no answer.
        """


@dataclass(frozen=True)
class Endpoint:
    """One model of a service and the operation that it stands behind.

    Attributes:
        model: registered name; the bento holds its champion.
        operation: what is asked and answered.
        open: makes the answerer of a champion and of the online features of its feature service.
        many: the answer to a batch; it takes `items`.
        examples: requests that this champion can answer, by title; None: those of the operation.
        refine: narrows the schemas of the OpenAPI document, by name, to what this champion knows.
    """

    model: str
    operation: Operation
    open: Callable[[ServedModel, OnlineReader], Answerer]
    many: Callable[..., BaseModel]
    examples: Callable[[ServingSpec], Mapping[str, Any]] | None = None
    refine: Callable[[dict[str, Any], ServingSpec], None] | None = None


class OpenEndpoint:
    """An endpoint with its champion and its features at hand.

    Args:
        endpoint: what is served.
        model: the champion.
        reader: the online features of its feature service.
        far: whether features lie over the network.
    """

    def __init__(
        self, endpoint: Endpoint, model: ServedModel, reader: OnlineReader, *, far: bool
    ) -> None:
        self._endpoint = endpoint
        self._reader = reader
        self._answerer = endpoint.open(model, reader)
        # A look-up in a file takes less than the way to a thread and back; one over the network
        # may take long, and must not hold up the others.
        self._far = far

    @classmethod
    def load(cls, endpoint: Endpoint, folder: Path, settings: Settings) -> Self:
        """Open the artefact in a folder, and the online store of a home.

        Raises:
            ServingError: the artefact is not whole, or not one that the endpoint can answer with.
            FeatureError: its manifest is missing or damaged.
        """
        model = ServedModel.load(folder)
        reader = OnlineReader.open(
            model.manifest, sqlite=settings.online_store, redis_url=settings.redis_url
        )
        return cls(endpoint, model, reader, far=settings.redis_url is not None)

    async def answer(self, asked: Any) -> BaseModel:
        """Answer a body that the operation has read: one request or many."""
        batch = isinstance(asked, Batch)
        requests = asked.items if isinstance(asked, Batch) else [asked]
        work = partial(self._answerer.answer, requests, batch=batch)
        answers = await to_thread.run_sync(work) if self._far or batch else work()
        one: BaseModel = self._endpoint.many(items=answers) if batch else answers[0]
        return one

    def check(self) -> None:
        """Make sure that its features can be read.

        Raises:
            OnlineStoreError: they cannot.
        """
        self._reader.check()
