"""The campaign uplift model: extra visitors by what is spent, with how sure that is.

Labels: visitors by location, market and day. Features: what was announced, spent and measured, as
it stood four weeks after each day. What it must beat: "no effect", on campaigns that began after it
was learned. If it does not, a version without a response is registered, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from tambo.errors import TrainingError
from tambo.lake import reader
from tambo.planning.tourism.learned import Learned
from tambo.serving.version import ServedVersion
from training.candidates import Candidates
from training.card import table
from training.gate import Check, Verdict
from training.labels import LabelTable, read_labels, require
from training.promotion import Decision
from training.record import Record, log_and_register
from training.registry import ModelVersion
from training.tourism.campaign_files import NO_EFFECT, RESPONSE, write_version
from training.tourism.campaign_fit import Fit, Judged, fit_at, judge_windows
from training.tourism.campaign_heldout import HeldOut
from training.tourism.campaign_history import History
from training.tourism.campaign_learned import ENOUGH_CAMPAIGNS
from training.tourism.campaign_looks import looks, read_history
from training.tourism.campaign_promotion import decide

if TYPE_CHECKING:
    import duckdb

    from tambo.featurestore.certificate import Certificate
    from tambo.lake.releases import Release
    from tambo.settings import Settings

WINDOWS, WINDOW_WEEKS = 3, 17
"""Held-out windows, one after the other, the last one ending at the release's as_of."""
LEAST_WEEKS = 60
"""Weeks of counts without which a season cannot be told from anything else: nothing is learned."""
LEAST_GAIN = 2.0
"""Log predictive density above that of no effect that held-out campaigns must show: 7 to 1."""


@dataclass(frozen=True)
class Seen:
    """What was known at an instant.

    Attributes:
        history: as arrays.
        certificate: of the features.
    """

    history: History
    certificate: Certificate


@dataclass(frozen=True)
class _Trained:
    """What was learned, and how it was judged."""

    fit: Fit
    judged: Judged
    verdict: Verdict
    learned: Learned
    decision: Decision

    def tags(self, estimator: str) -> dict[str, str]:
        """What run and version are found by."""
        return {
            "estimator": estimator,
            "baseline": str(not self.verdict.passed).lower(),
            "gate": json.dumps(self.verdict.to_dict()),
            **self.decision.tags(),
        }


@dataclass(frozen=True)
class CampaignUplift:
    """The model's declaration; see `training.own.OwnTraining`."""

    name: str = "campaign_uplift"
    domain: str = "tourism"
    description: str = "Extra visitors by location, market and week, by what is spent on campaigns"
    label: LabelTable = field(
        default_factory=lambda: LabelTable(
            name="marts.label_visitor_flow",
            key=("location", "local_day"),
            label="visitors",
            window=timedelta(days=7),
        )
    )
    feature_service: str = "campaign_uplift_v1"
    candidates: Candidates | None = None
    trials: int = 0

    @property
    def steps(self) -> int:
        """Reading, learning, each window, registering."""
        return 5 + WINDOWS

    def options(self, settings: Settings) -> Mapping[str, str]:
        """See `OwnTraining`: none."""
        del settings
        return {}

    def proved(self, connection: duckdb.DuckDBPyConnection, known_by: datetime) -> pa.Table:
        """See `OwnTraining`."""
        return read_labels(connection, self.label, known_by=known_by)

    def entity_rows(self, labels: pa.Table) -> pa.Table:
        """What `campaign_uplift_v1` is asked for."""
        return labels.select(["location", "event_timestamp"])

    def seen(
        self, settings: Settings, release: Release, known_by: datetime, least: int = 1
    ) -> Seen:
        """All that was known by an instant, read at a release.

        Args:
            settings: the Tambo home.
            release: where it is read.
            known_by: the instant; naive, UTC.
            least: weeks of counts that are needed.

        Raises:
            TrainingError: there are fewer.
        """
        from tambo.featurestore.historical import get_features

        with reader(settings, release.snapshot_id) as connection:
            require(connection, self.label)
            labels = read_labels(connection, self.label, known_by=known_by)
        asked = looks(labels, known_by)
        found = get_features(settings, self.feature_service, asked, release=release.number)
        found.certificate.verify()
        history = read_history(labels, found.table) if labels.num_rows else None
        if history is None or history.weeks < least:
            raise TrainingError(
                f"{self.label.name} holds {0 if history is None else history.weeks} weeks known by "
                f"{known_by:%Y-%m-%d}, where {least} are needed.",
                remedy="load more history: tambo ingest <folder>",
            )
        return Seen(history, found.certificate)

    def train(
        self,
        settings: Settings,
        release: Release,
        identity: Mapping[str, str],
        tell: Callable[[str], None],
    ) -> ModelVersion:
        """See `OwnTraining`."""
        known_by = release.as_of.of(self.domain)
        tell("read visitors and campaigns")
        now = self.seen(settings, release, known_by)
        with threadpool_limits(1):
            trained = self._judged(settings, release, now, tell)
        tell("log and register")
        estimator = RESPONSE if trained.verdict.passed else NO_EFFECT
        metrics = trained.judged.joined.metrics()
        shown = {key: round(value, 4) for key, value in metrics.items()}
        tags = {**identity, **trained.tags(estimator)}
        return log_and_register(
            settings,
            Record(
                name=self.name,
                domain=self.domain,
                description=self.description,
                run_name=f"{self.name} at release {release.number}",
                sentence=f"{estimator}: {trained.learned.says}",
                run_tags={**tags, "model": self.name, "git_revision": release.git_revision},
                version_tags={**tags, "metrics": json.dumps(shown)},
                params=_params(self, now, trained.fit, known_by),
                metrics={f"test.{key}": value for key, value in metrics.items()},
                write=lambda folder, run_id: write_version(
                    folder,
                    self._version(release, estimator, run_id),
                    trained.learned,
                    trained.verdict,
                    trained.judged.joined,
                    metrics,
                    now.certificate,
                ),
            ),
        )

    def _judged(
        self, settings: Settings, release: Release, now: Seen, tell: Callable[[str], None]
    ) -> _Trained:
        """Learn the response, and judge it by what would have been learned earlier."""
        known_by = release.as_of.of(self.domain)
        tell("learn the response")
        fit = fit_at(now.history, settings.seed)

        def earlier(weeks: int) -> History | None:
            tell(f"learn it as of {weeks} weeks before")
            try:
                then = known_by - timedelta(weeks=weeks)
                return self.seen(settings, release, then, LEAST_WEEKS).history
            except TrainingError:
                return None

        judged = judge_windows(fit, earlier, WINDOWS, WINDOW_WEEKS, settings.seed)
        tell("compare with the champion")
        verdict = judge(judged.joined, fit)
        learned = fit.learned if verdict.passed else _without(fit.learned, verdict)
        decision = decide(settings, self.name, learned, fit, judged)
        return _Trained(fit, judged, verdict, learned, decision)

    def _version(self, release: Release, estimator: str, run_id: str) -> ServedVersion:
        return ServedVersion(
            model=self.name,
            estimator=estimator,
            baseline=estimator == NO_EFFECT,
            run_id=run_id,
            feature_service=self.feature_service,
            release=release.number,
            as_of=release.as_of.aware(self.domain),
        )

    def figures(self, reports: Mapping[str, Any]) -> list[str]:
        """See `OwnTraining`."""
        metrics = reports["metrics"][RESPONSE]
        judged = [
            ["no effect", "0.0", f"{metrics.get('no_effect_rmse', 0):.3f}"],
            [
                "mean effect",
                f"{metrics['mean_effect_gain']:.1f}",
                f"{metrics.get('mean_effect_rmse', 0):.3f}",
            ],
            ["response", f"{metrics['gain']:.1f}", f"{metrics.get('rmse', 0):.3f}"],
        ]
        said = [[one["market"], f"{one['campaigns']}", one["says"]] for one in reports["evidence"]]
        return [
            f"{metrics['campaigns']:.0f} held-out campaigns; the interval of 80 % holds "
            f"{metrics.get('coverage', 0):.0%} of what was measured of them.",
            "",
            *table(["held-out campaigns", "log predictive density", "RMSE of the log"], judged),
            "",
            *table(["market", "campaigns", "evidence"], said),
        ]


def judge(found: HeldOut, fit: Fit) -> Verdict:
    """The gate: held-out campaigns are foretold better than by no effect, and there are enough."""
    everything, weeks = fit.learned.evidence[-1], fit.history.weeks
    return Verdict(
        (
            Check(
                "enough_weeks",
                weeks >= LEAST_WEEKS,
                weeks,
                LEAST_WEEKS,
                "weeks of counts; with fewer, a season cannot be told from anything else",
            ),
            Check(
                "beats_no_effect",
                found.gain >= LEAST_GAIN,
                found.gain,
                LEAST_GAIN,
                "log predictive density of held-out campaigns above that of no effect",
            ),
            Check(
                "enough_campaigns",
                everything.campaigns >= ENOUGH_CAMPAIGNS,
                everything.campaigns,
                ENOUGH_CAMPAIGNS,
                "campaigns with visitors counted",
            ),
            Check(
                "effect_above_zero",
                everything.low > 0,
                everything.low,
                0.0,
                "lower end of the interval of the uplift in a usual campaign week",
            ),
        )
    )


def _without(learned: Learned, verdict: Verdict) -> Learned:
    why = "; ".join(
        f"{one.says}: {one.value:.3g} where {one.limit:.3g} is asked for" for one in verdict.failed
    )
    return learned.without_response(f"Not enough data on what spending does: {why}.")


def _params(model: CampaignUplift, now: Seen, fit: Fit, known_by: datetime) -> dict[str, Any]:
    return {
        "as_of": known_by.isoformat(),
        "feature_service": model.feature_service,
        "weeks": now.history.weeks,
        "pairs": len(now.history.pairs),
        "campaigns": sum(len(c) for p in now.history.places for c in p.campaigns.values()),
        "draws": len(fit.draws.carry),
        "windows": WINDOWS,
        "window_weeks": WINDOW_WEEKS,
        "history": now.history.digest(),
    }


MODEL = CampaignUplift()
