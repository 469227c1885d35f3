"""Models behind their endpoint: declared without the models, then opened with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

from anyio import to_thread
from pydantic import BaseModel

from bentos.inference.intake import IntakeEndpoint, OpenIntake
from bentos.inference.requests import Batch
from bentos.web.endpoint import STATUS, Operation
from bentos.web.tasks import Tasks
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


class Planner(Protocol):
    """Answers requests that take long, as tasks; may be used by several threads."""

    def begin(self, request: Any) -> Callable[[], BaseModel]:
        """Check a request, and prepare what answers it.

        Args:
            request: as the operation reads it.

        Raises:
            ProblemError: a field of the request is wrong.
        """


@dataclass(frozen=True)
class Endpoint:
    """An operation of a service and the model that it stands behind.

    Attributes:
        model: registered name; the bento holds its champion.
        operation: what is asked and answered.
        open: makes the answerer of a champion and of the online features of its feature service,
            then of those of `others`, then of the folders of `artefacts`. Where the operation is
            answered later, it makes a `Planner`.
        many: the answer to a batch; it takes `items`. None: it takes no batches.
        others: further models that it answers with.
        optional: of all of these, models that the bento may lack; None is then their model and
            reader.
        artefacts: further champions that it answers with, which are no graphs.
        heavy: an answer takes longer than the way to a thread and back.
        examples: requests that this champion can answer, by title; None: those of the operation.
        refine: narrows the schemas of the OpenAPI document, by name, to what this champion knows.
    """

    model: str
    operation: Operation
    open: Callable[..., Answerer | Planner]
    many: Callable[..., BaseModel] | None = None
    others: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    artefacts: tuple[str, ...] = ()
    heavy: bool = False
    examples: Callable[[ServingSpec], Mapping[str, Any]] | None = None
    refine: Callable[[dict[str, Any], ServingSpec], None] | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """All graphs that it answers with."""
        return (self.model, *self.others)


class OpenModel(NamedTuple):
    """A champion with its features at hand.

    Attributes:
        model: the champion.
        reader: the online features of its feature service.
    """

    model: ServedModel
    reader: OnlineReader

    @classmethod
    def load(cls, folder: Path, settings: Settings) -> Self:
        """Open the artefact in a folder, and the online store of a home.

        Raises:
            ServingError: the artefact is not whole.
            FeatureError: its manifest is missing or damaged.
        """
        model = ServedModel.load(folder)
        reader = OnlineReader.open(
            model.manifest, sqlite=settings.online_store, redis_url=settings.redis_url
        )
        return cls(model, reader)


class OpenEndpoint:
    """An endpoint with its champions and their features at hand.

    Args:
        endpoint: what is served.
        models: the champions, in the order of `Endpoint.models`; None of an optional one.
        folders: those of `Endpoint.artefacts`.
        far: whether features lie over the network.

    Raises:
        ServingError: the endpoint cannot answer with these.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        models: Sequence[OpenModel | None],
        folders: Sequence[Path] = (),
        *,
        far: bool,
    ) -> None:
        self._endpoint = endpoint
        self._readers = [one.reader for one in models if one is not None]
        given = chain.from_iterable((None, None) if one is None else one for one in models)
        self._answerer: Any = endpoint.open(*given, *folders)
        self._tasks = Tasks(endpoint.operation.path)
        # A look-up in a file takes less than the way to a thread and back; one over the network
        # may take long, and must not hold up the others.
        self._apart = far or endpoint.heavy

    async def answer(self, asked: Any) -> BaseModel:
        """Answer a body that the operation has read: one request or many, or begin a task."""
        if self._endpoint.operation.later:
            return self._tasks.submit(await to_thread.run_sync(self._answerer.begin, asked))
        batch = isinstance(asked, Batch)
        requests = asked.items if isinstance(asked, Batch) else [asked]
        work = partial(self._answerer.answer, requests, batch=batch)
        answers = await to_thread.run_sync(work) if self._apart or batch else work()
        many = self._endpoint.many
        one: BaseModel = many(items=answers) if batch and many is not None else answers[0]
        return one

    async def look(self, question: str, task_id: str) -> BaseModel:
        """Answer a question about a task: how far it is, or what came of it.

        Raises:
            ProblemError: there is no such task, or it is not done.
            Exception: what ended it.
        """
        found = self._tasks.status if question == STATUS else self._tasks.result
        return found(task_id)

    def check(self) -> None:
        """Make sure that its features can be read.

        Raises:
            OnlineStoreError: they cannot.
        """
        for reader in self._readers:
            reader.check()


AnyEndpoint = Endpoint | IntakeEndpoint
"""An operation of a service, with a model behind it or a record."""


def open_endpoints(
    endpoints: Sequence[AnyEndpoint], folder: Path, settings: Settings
) -> dict[str, OpenEndpoint | OpenIntake]:
    """Open the models of a service, each once, and its endpoints with them.

    Args:
        endpoints: of the service.
        folder: the artefacts, each in a folder of its model's name.
        settings: the Tambo home.

    Returns:
        By the name of the operation.

    Raises:
        ServingError: an artefact is not whole, or not one that an endpoint can answer with.
        FeatureError: a manifest is missing or damaged.
    """
    names = dict.fromkeys(name for one in endpoints for name in one.models)
    may_lack = {name for one in endpoints for name in one.optional}
    opened = {
        name: OpenModel.load(folder / name, settings)
        for name in names
        if name not in may_lack or (folder / name).exists()
    }
    far = settings.redis_url is not None
    return {
        one.operation.name: OpenIntake(one, settings)
        if isinstance(one, IntakeEndpoint)
        else OpenEndpoint(
            one,
            [opened.get(name) for name in one.models],
            [folder / name for name in one.artefacts],
            far=far,
        )
        for one in endpoints
    }
