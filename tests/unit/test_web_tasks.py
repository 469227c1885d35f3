"""Tasks of a service: how far they are, what came of them, and how many there may be."""

from __future__ import annotations

from threading import Event

import pytest
from pydantic import BaseModel

from bentos.web.tasks import Tasks
from tambo.serving.problem import ProblemError


class Answer(BaseModel):
    value: int


def finish(tasks: Tasks, name: str) -> None:
    tasks._tasks[name].future.exception(timeout=60)


def test_a_task_is_in_progress_and_then_completed():
    tasks, go = Tasks("/v1/answer"), Event()

    def work() -> Answer:
        go.wait(10)
        return Answer(value=7)

    task = tasks.submit(work)
    assert (task.status, task.completed_at) == ("in_progress", None)
    assert task.status_url == f"/v1/answer/status?task_id={task.task_id}"
    with pytest.raises(ProblemError, match="in progress") as early:
        tasks.result(task.task_id)
    assert early.value.problem.status == 409
    go.set()
    finish(tasks, task.task_id)
    done = tasks.status(task.task_id)
    assert done.status == "completed"
    assert done.completed_at >= done.submitted_at == task.submitted_at
    assert tasks.result(task.task_id) == Answer(value=7)


def test_a_task_that_failed_says_why():
    tasks = Tasks("/v1/answer")

    def work() -> Answer:
        raise ProblemError(422, "nothing can be planned")

    task = tasks.submit(work)
    finish(tasks, task.task_id)
    assert tasks.status(task.task_id).status == "failed"
    with pytest.raises(ProblemError, match="nothing can be planned"):
        tasks.result(task.task_id)


def test_an_unknown_task_is_not_found():
    tasks = Tasks("/v1/answer")
    for question in (tasks.status, tasks.result):
        with pytest.raises(ProblemError, match="no such task") as unknown:
            question("0")
        assert unknown.value.problem.status == 404


def test_only_so_many_tasks_wait():
    tasks, go = Tasks("/v1/answer", most_waiting=2), Event()
    names = [tasks.submit(lambda: Answer(value=int(go.wait(10)))).task_id for _ in range(2)]
    with pytest.raises(ProblemError, match="2 tasks wait") as refused:
        tasks.submit(lambda: Answer(value=0))
    assert refused.value.problem.status == 429
    go.set()
    for name in names:
        finish(tasks, name)
    assert tasks.submit(lambda: Answer(value=0)).status in {"in_progress", "completed"}


def test_the_oldest_results_are_forgotten():
    tasks = Tasks("/v1/answer", most_kept=3)
    names = []
    for value in range(5):
        names.append(tasks.submit(lambda value=value: Answer(value=value)).task_id)
        finish(tasks, names[-1])
    assert [tasks.result(name).value for name in names[2:]] == [2, 3, 4]
    for name in names[:2]:
        with pytest.raises(ProblemError, match="no such task"):
            tasks.result(name)
