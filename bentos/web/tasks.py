"""Answers that take long: a task is submitted, looked at, and its result fetched.

BentoML has tasks of its own. They take any body, say what is wrong with it only where the result
is fetched, and not as problems; so the few lines are ours. Tasks live in the memory of the process:
a plan takes seconds, and the same request gives the same plan again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field

from tambo.serving.problem import ProblemError

MOST_WAITING = 20
"""Tasks that may be under way at once; one works, the others wait for it."""

MOST_KEPT = 200
"""Tasks whose results are kept; the oldest goes first."""


class TaskStatus(BaseModel):
    """How far a task is."""

    task_id: str
    status: Literal["in_progress", "completed", "failed"]
    submitted_at: datetime
    completed_at: datetime | None = Field(description="null while it is in progress")
    status_url: str = Field(description="where this is asked for again")
    result_url: str = Field(description="where the result, or why it failed, is asked for")


class _Task:
    """Some work, and when it was submitted and done."""

    def __init__(self, work: Callable[[], BaseModel], workers: ThreadPoolExecutor) -> None:
        self._work = work
        self.submitted_at = datetime.now(UTC)
        self.completed_at: datetime | None = None
        self.future: Future[BaseModel] = workers.submit(self._run)

    @property
    def done(self) -> bool:
        """Whether it ended, well or not."""
        return self.future.done()

    def _run(self) -> BaseModel:
        try:
            return self._work()
        finally:
            self.completed_at = datetime.now(UTC)


class Tasks:
    """The tasks of one operation; may be used by several threads.

    Args:
        path: of the operation, which the addresses of its tasks begin with.
        most_waiting: tasks that may be under way.
        most_kept: tasks that are kept.
    """

    def __init__(
        self, path: str, most_waiting: int = MOST_WAITING, most_kept: int = MOST_KEPT
    ) -> None:
        self._path = path
        self._most_waiting, self._most_kept = most_waiting, most_kept
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="task")
        self._lock = threading.Lock()
        self._tasks: dict[str, _Task] = {}

    def submit(self, work: Callable[[], BaseModel]) -> TaskStatus:
        """Begin some work, or let it wait for that before it.

        Raises:
            ProblemError: too much waits already.
        """
        name = uuid4().hex
        with self._lock:
            waiting = sum(not one.done for one in self._tasks.values())
            if waiting >= self._most_waiting:
                raise ProblemError(
                    429, f"{waiting} tasks wait already", remedy="ask again in some seconds"
                )
            self._forget()
            task = self._tasks[name] = _Task(work, self._workers)
        return self._said(name, task)

    def status(self, name: str) -> TaskStatus:
        """Say how far a task is.

        Raises:
            ProblemError: there is no such task.
        """
        return self._said(name, self._get(name))

    def result(self, name: str) -> BaseModel:
        """The result of a task.

        Raises:
            ProblemError: there is no such task, or it is not done.
            Exception: what ended it.
        """
        task = self._get(name)
        if not task.done:
            raise ProblemError(409, "the task is in progress", remedy="ask for its status first")
        return task.future.result()

    def _get(self, name: str) -> _Task:
        with self._lock:
            task = self._tasks.get(name)
        if task is None:
            raise ProblemError(
                404,
                "there is no such task: it is none of this service, or the service has started anew"
                f" or had {self._most_kept} others since",
                remedy="submit the request again",
            )
        return task

    def _forget(self) -> None:
        done = [name for name, one in self._tasks.items() if one.done]
        for name in done[: max(len(self._tasks) - self._most_kept + 1, 0)]:
            del self._tasks[name]

    def _said(self, name: str, task: _Task) -> TaskStatus:
        done = task.done
        failed = done and task.future.exception() is not None
        return TaskStatus(
            task_id=name,
            status="failed" if failed else "completed" if done else "in_progress",
            submitted_at=task.submitted_at,
            completed_at=task.completed_at if done else None,
            status_url=f"{self._path}/status?task_id={name}",
            result_url=f"{self._path}/result?task_id={name}",
        )
