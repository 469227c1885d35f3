"""The whole road in one command, and one question to the served model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tambo.cli import console, stages
from tambo.cli.road import Outcome, Stage, Timing, go
from tambo.cli.source import claim, folder_source, sample_source
from tambo.domains import slices
from tambo.errors import ServingError
from tambo.progress import Progress
from tambo.services import credentials
from tambo.settings import Settings

_SHOWN = 10
"""Most entries of a list that are shown."""


def run(settings: Settings, raw: Path | None) -> None:
    """Go from raw files to one answer of the served model; leaves nothing running.

    Args:
        settings: the Tambo home.
        raw: a folder of the user's own CSVs; None makes the sample world.

    Raises:
        SettingsError: the home holds other raw files than these.
    """
    from tambo.lake import writer_lock

    source = settings.world if raw is None else raw
    claim(settings, sample_source(settings) if raw is None else folder_source(raw))
    console.out.print(f"home {settings.home}, raw files {source}", markup=False)
    timings = go(
        _stages(settings, source, sample=raw is None),
        lock=lambda: writer_lock(settings, "tambo run: build to release"),
    )
    _summary(settings, timings)


def _stages(settings: Settings, source: Path, *, sample: bool) -> Iterator[Stage]:
    from tambo.lake.build_log import anything_unbuilt

    if sample:
        yield stages.world_stage(settings)
    folders = stages.world_folders(settings).values() if sample else [source]
    for folder in folders:
        yield stages.ingest_stage(settings, folder)
    yield from _to_features(settings)
    yield from stages.foretell_stages(settings)
    if anything_unbuilt(settings):
        # What was foretold are raw lines, which come into a release as all others do.
        yield from _to_features(settings)
    yield from stages.train_stages(settings)
    yield from stages.bundle_stages(settings)
    yield from questions(settings)


def _to_features(settings: Settings) -> Iterator[Stage]:
    yield stages.build_stage(settings)
    yield stages.validate_stage(settings)
    yield stages.release_stage(settings)
    yield stages.features_stage(settings)


def questions(settings: Settings) -> Iterator[Stage]:
    """One stage for each service of the release's domains, which asks each of its models once."""

    def of(domain: str) -> list[Stage]:
        return [_question_stage(settings, domain)]

    return stages.ready_stages(settings, "serve", slices("bentos"), of)


def _question_stage(settings: Settings, domain: str) -> Stage:
    def work(progress: Progress) -> Outcome:
        if not (settings.bento_home / "bentos" / domain / "latest").exists():
            return Outcome(f"{domain}: skipped, there is no bento of it", skipped=True)
        progress(f"starting the {domain} service", 0, 1)
        first, *others = _ask_all(settings, domain).items()
        notes = tuple(f"{model}: {json.dumps(_short(answer))}" for model, answer in others)
        return Outcome(json.dumps(_short(first[1])), notes=notes)

    return Stage("serve", work)


def _ask_all(settings: Settings, domain: str) -> dict[str, Any]:
    """Start a domain's service, ask each of its models what the lake can answer, and stop it."""
    from bentos.serve import call, serving

    questions = slices("bentos", "example")[domain].QUESTIONS
    every = {model: (path, sample(settings)) for model, (path, sample) in questions.items()}
    asked = {model: (path, given) for model, (path, given) in every.items() if given is not None}
    known = credentials(settings)
    with serving(settings, domain) as process:
        return {
            model: call(process.url + path, given, known) for model, (path, given) in asked.items()
        }


def _short(answer: Any) -> Any:
    """The answer without what fills a screen: its features, their age, and long lists."""
    if isinstance(answer, dict):
        kept = answer.keys() - {"features", "freshness"}
        return {name: _short(value) for name, value in answer.items() if name in kept}
    if isinstance(answer, list):
        return (
            [_short(one) for one in answer] if len(answer) <= _SHOWN else f"{len(answer)} of them"
        )
    return answer


def predict(
    settings: Settings,
    domain: str | None,
    payload: str | None = None,
    url: str | None = None,
    model: str | None = None,
) -> dict[str, Any]:
    """Ask a domain's service once.

    Args:
        settings: the Tambo home.
        domain: whose service; None: the only one there is.
        payload: a JSON object, or @file that holds one; None asks what the lake can answer.
        url: a running service; None starts one, asks, and stops it.
        model: which of its models; None: the first.

    Raises:
        ServingError: no such service or model, the payload is not JSON, or the service refuses it.
        ReleaseError: a sample is asked for, and the release holds nothing of the domain.
    """
    from bentos.bundle import served_domain
    from bentos.serve import call, serving

    given = None if payload is None else _read_payload(payload)
    domain = served_domain(settings) if domain is None else domain
    examples = slices("bentos", "example")
    if domain not in examples:
        raise ServingError(
            f"There is no service for {domain!r}.", remedy=f"one of: {', '.join(examples)}"
        )
    questions = examples[domain].QUESTIONS
    model = next(iter(questions)) if model is None else model
    if model not in questions:
        raise ServingError(
            f"The {domain} service has no model {model!r}.",
            remedy=f"one of: {', '.join(questions)}",
        )
    path, sample = questions[model]
    if given is None:
        stages.require_domain(settings, domain)
        given = sample(settings)
    if given is None:
        raise ServingError(
            f"There is no {model} of {domain} here to ask.", remedy=f"run tambo train {model}"
        )
    if url is not None:
        return dict(call(url + path, given, credentials(settings)))
    with serving(settings, domain) as process:
        return dict(call(process.url + path, given, credentials(settings)))


def _read_payload(text: str) -> dict[str, Any]:
    source = Path(text[1:]).read_text() if text.startswith("@") else text
    try:
        body = json.loads(source)
    except json.JSONDecodeError as error:
        raise ServingError(
            f"The payload is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            remedy="pass a JSON object, or @file",
        ) from error
    if not isinstance(body, dict):
        raise ServingError(f"The payload is a {type(body).__name__}, not a JSON object.")
    return body


def _summary(settings: Settings, timings: list[Timing]) -> None:
    total = sum(timing.seconds for timing in timings)
    fresh = sum(timing.up_to_date for timing in timings)
    console.out.print(f"\n{len(timings)} stages in {total:.0f} s, {fresh} were up to date.")
    prefix = settings.command("")
    served = "".join(
        f"  {prefix}make serve DOMAIN={domain}    its service, with a docs page\n"
        for domain in slices("bentos")
        if (settings.bento_home / "bentos" / domain / "latest").exists()
    )
    stages.hint(
        "Open next:\n"
        f"{served}"
        f"  {prefix}make docs     dbt docs and data docs, as static pages\n"
        f"  {prefix}make mlflow   runs, metrics, plots and registered models\n"
        f"  {prefix}make airflow  the same road as DAGs\n"
        f"  {prefix}.venv/bin/tambo status"
    )
