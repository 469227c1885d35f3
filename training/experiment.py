"""Train a model: frame, search, fit, score, gate, log, register; nothing is done twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules

import pyarrow as pa

from tambo.domains import own_files, slices
from tambo.errors import TrainingError
from tambo.lake import releases
from tambo.lake.releases import Release
from tambo.lake.state import hash_of
from tambo.progress import Progress, silent
from tambo.settings import Settings
from training import registry, runlog
from training.design import encode, learn_vocabularies
from training.estimators import Estimator, FitOptions, as_long
from training.explain import explain
from training.frame import Frame, build_frame
from training.gate import Check, Verdict, beats_reference, judge, read_verdict
from training.grouped import score_unseen
from training.own import OwnTraining
from training.promotion import decide, settle
from training.record import online_manifest
from training.registry import CHALLENGER, CHAMPION, ModelVersion
from training.scoring import Data, Referenced, Scored, score, score_reference
from training.search import search
from training.spec import ModelSpec
from training.splits import CALIBRATION, TEST, TRAIN, halves
from training.trained import Trained

CODE = (
    "training", "feature_repo", "tambo/requesttime", "tambo/featurestore", "tambo/serving",
    "tambo/planning",
)  # fmt: skip
"""Folders whose code decides what a training makes."""


@dataclass(frozen=True)
class TrainedModel:
    """What a training ended with.

    Attributes:
        name: registered name.
        version: number in the registry.
        estimator: what answers: the candidate, or the baseline that took its place.
        baseline: whether a baseline had to be taken.
        run_id: MLflow run.
        release: number of the release.
        metrics: of the test rows, in short, in the order in which the model names them.
        verdict: the gate's, of the candidate.
        champion: whether this version serves.
        up_to_date: an equal training was registered before; nothing was done.
    """

    name: str
    version: int
    estimator: str
    baseline: bool
    run_id: str
    release: int
    metrics: Mapping[str, float]
    verdict: Verdict
    champion: bool
    up_to_date: bool

    def line(self) -> str:
        """One line for the command line."""
        role = CHAMPION if self.champion else CHALLENGER
        text = f"{self.name} {self.version} ({self.estimator}, {role}): "
        shown = list(self.metrics.items())[:2]
        text += ", ".join(f"{name.upper()} {value:,.{_digits(value)}f}" for name, value in shown)
        failed = ", ".join(check.name for check in self.verdict.failed)
        if self.baseline:
            text += f"; the best baseline, as the candidate failed: {failed}"
        elif failed:
            text += f"; the best that can serve, failed: {failed}"
        return text


def _digits(value: float) -> int:
    """Decimals to show: one for large figures, three for shares and small errors."""
    return 1 if abs(value) >= 1.0 else 3


def models() -> dict[str, ModelSpec | OwnTraining]:
    """All models by name: what the modules of training/<domain>/ call MODEL."""
    found: dict[str, ModelSpec | OwnTraining] = {}
    for package in slices("training").values():
        for module in iter_modules(package.__path__):
            spec = getattr(import_module(f"{package.__name__}.{module.name}"), "MODEL", None)
            if isinstance(spec, ModelSpec | OwnTraining):
                found[spec.name] = spec
    return dict(sorted(found.items()))


def train(
    settings: Settings,
    model: str,
    *,
    release: int | None = None,
    trials: int | None = None,
    progress: Progress = silent,
) -> TrainedModel:
    """Train, gate and register a model at a release, if that has not been done before.

    Args:
        settings: the Tambo home.
        model: registered name.
        release: number of the release; None: the latest.
        trials: trials of the search; None: as the settings say, else as the model declares.
        progress: told each step.

    Raises:
        TrainingError: there is no such model, or the release holds too few labels for it.
        ReleaseError: there is no such release.
        FeatureError: its features cannot be had at that release.
    """
    known = models()
    if model not in known:
        raise TrainingError(f"There is no model {model!r}.", remedy=f"one of: {', '.join(known)}")
    spec, at = known[model], releases.get(settings, release)
    wanted = settings.search_trials if trials is None else trials
    if wanted is not None and isinstance(spec, ModelSpec):
        spec = replace(spec, trials=wanted)
    identity = training_identity(settings, spec, at)
    if (before := registry.find(settings, spec.name, identity)) is not None:
        return _outcome(settle(settings, before), up_to_date=True)
    steps = _Steps(progress, spec)
    if isinstance(spec, ModelSpec):
        trained = _train(settings, spec, at, identity, steps)
        steps("log and register")
        version = runlog.log_and_register(settings, trained)
    else:
        version = spec.train(settings, at, identity, steps)
    steps("done")
    return _outcome(settle(settings, version), up_to_date=False)


def training_identity(
    settings: Settings, spec: ModelSpec | OwnTraining, release: Release
) -> dict[str, str]:
    """Tags that are equal for equal trainings: release, code and parameters.

    The code is what is shared and the slices of the model's own domain: an edit of another domain's
    slice leaves a model as it is.
    """
    files = [path for name in CODE for path in own_files(settings.root / name, spec.domain)]
    own = {} if isinstance(spec, ModelSpec) else spec.options(settings)
    return {
        "release": str(release.number),
        "code_hash": hash_of(settings.root, files),
        "trials": str(spec.trials),
        "seed": str(settings.seed),
        **own,
    }


def _outcome(version: ModelVersion, *, up_to_date: bool) -> TrainedModel:
    return TrainedModel(
        name=version.name,
        version=version.version,
        estimator=version.estimator,
        baseline=version.tags["baseline"] == "true",
        run_id=version.run_id,
        release=version.release,
        metrics=version.metrics,
        verdict=read_verdict(json.loads(version.tags["gate"])),
        champion=CHAMPION in version.aliases,
        up_to_date=up_to_date,
    )


class _Steps:
    """Counts the steps of a training for its progress; each trial of the search is one."""

    def __init__(self, progress: Progress, spec: ModelSpec | OwnTraining) -> None:
        self._progress = progress
        self._done = 0
        if not isinstance(spec, ModelSpec):
            self._of = spec.steps
            return
        fits = len(spec.baselines) + len(spec.rivals) + len(spec.references)
        self._of = 4 + (spec.trials if spec.space else 0) + fits

    def __call__(self, message: str) -> None:
        self._progress(message, self._done, self._of)
        self._done += 1


def _train(
    settings: Settings,
    spec: ModelSpec,
    release: Release,
    identity: Mapping[str, str],
    steps: Callable[[str], None],
) -> Trained:
    steps("read labels and features")
    frame = build_frame(settings, spec, release)
    data = encode_parts(spec, frame.parts, settings.seed)
    options = FitOptions(settings.seed, settings.threads)
    found = search(
        spec.candidate,
        data.train,
        spec.space,
        trials=spec.trials,
        gap=spec.label.window,
        options=options,
        measure=spec.task.measure,
        rule=spec.gate,
        before=lambda text: steps(f"search, {text}"),
    )
    scored = {}
    for estimator in (*spec.baselines, *spec.rivals, spec.candidate):
        steps(f"fit and score {estimator.name}")
        tuned = replace(options, params=found.params) if estimator is spec.candidate else options
        scored[estimator.name] = fit_and_score(spec, estimator, data, tuned)
    references = answer_references(spec, frame, data, settings.threads, steps)
    verdicts, winner = choose(spec, scored, references, data)
    best = scored[winner]
    steps("compare and explain")
    metric = spec.gate.metric
    decision = decide(settings, spec, frame.parts[TEST], data.test, best.metrics[metric])
    # The candidate is registered too where it passed and a rival is better.
    kept = {winner, *(name for name in (spec.candidate.name,) if verdicts[name].passed)}
    explained = {
        name: explain(spec, scored[name], frame.parts[TEST], data.test, options.seed)
        for name in sorted(kept)
    }
    return Trained(
        spec=spec,
        release=release,
        frame=frame,
        data=data,
        found=found,
        scored=scored,
        references=references,
        verdicts=verdicts,
        winner=winner,
        explained=explained,
        decision=decision,
        manifest=online_manifest(settings, spec.feature_service, release),
        identity=identity,
    )


def encode_parts(spec: ModelSpec, rows: Mapping[str, pa.Table], seed: int) -> Data:
    """Encode all parts with the vocabularies of the training rows, and halve the calibration."""
    inputs = learn_vocabularies(spec.inputs, rows[TRAIN])
    parts = {
        name: encode(
            part, inputs, spec.task.labels(part.column(spec.target)), spec.columns, spec.query
        )
        for name, part in rows.items()
    }
    calibration = parts[CALIBRATION]
    first = halves(calibration.columns[spec.unit_of_split].tolist(), seed)
    return Data(parts[TRAIN], calibration.take(first), calibration.take(~first), parts[TEST])


def fit_and_score(spec: ModelSpec, estimator: Estimator, data: Data, options: FitOptions) -> Scored:
    """Fit one estimator, score it on the test rows and on what it has not seen."""
    fitted = estimator.fit(data.train, data.stop, options)
    again = as_long(options, fitted)
    rows = data if spec.split.by_time else data.mixed()
    unseen = {
        one.name: score_unseen(
            estimator, rows.train, rows.stop, rows.test, one, again, spec.task.measure
        )
        for one in spec.groupings
    }
    earlier = None
    if spec.backtest is not None:
        earlier = spec.backtest.answer(estimator, data.train, spec.label.window, again)
    return score(spec, fitted, data, unseen, earlier)


def answer_references(
    spec: ModelSpec, frame: Frame, data: Data, threads: int, steps: Callable[[str], None]
) -> dict[str, Referenced]:
    """Fit and score what cannot serve."""
    found = {}
    for one in spec.references:
        steps(f"fit and score {one.name}")
        answers = one.answer(frame.histories, frame.parts[TEST], threads)
        found[one.name] = score_reference(spec, answers, data)
    return found


def choose(
    spec: ModelSpec,
    scored: Mapping[str, Scored],
    references: Mapping[str, Referenced],
    data: Data,
) -> tuple[dict[str, Verdict], str]:
    """Judge the candidate and its rivals: the best that passes is registered.

    Where none passes, the best of the baselines is, and of those that only a reference was better
    than: a reference cannot serve, and what is served should not be worse than what could be.
    """
    baselines = {one.name: scored[one.name].metrics for one in spec.baselines}
    verdicts = {}
    for estimator in (spec.candidate, *spec.rivals):
        one = scored[estimator.name]
        beats = [_beats(spec, one, name, other, data) for name, other in references.items()]
        verdicts[estimator.name] = judge(
            one.metrics, baselines, one.parity, one.behaviour, spec.gate, beats
        )
    passed = {name: scored[name].metrics for name, verdict in verdicts.items() if verdict.passed}
    stand = {name: scored[name].metrics for name, verdict in verdicts.items() if verdict.stands}
    return verdicts, spec.gate.best(passed or {**baselines, **stand})


def _beats(spec: ModelSpec, one: Scored, name: str, other: Referenced, data: Data) -> Check:
    answered = other.rows()
    metric = spec.gate.metric
    value = spec.task.measure(data.test.take(answered), one.predicted[answered])[metric]
    return beats_reference(name, value, other.metrics[metric], spec.gate)
