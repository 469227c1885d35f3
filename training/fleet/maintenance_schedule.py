"""The maintenance schedule: who enters a hangar on which day, so that a fleet earns most.

No rows are fitted. The fleet's world is estimated from what was known at the release (wear,
failures, stays, demand), fleets are simulated in it, rules are tuned and a Deep Q-network learns on
them, and all are judged on fleets that chose nothing. What the network must beat is the best rule;
if it does not, that serves by its name, and the network travels along as challenger. So it does
where the rolling-horizon optimiser earns more, which is judged on fewer fleets. A version
whose graph is not the network serves in no case (`schedule.gate`), and one takes the champion's
place only if it earns no less in the world as it is known now (`schedule.promotion`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from tambo.lake import reader
from tambo.planning.fleet.schedules import NETWORK
from tambo.serving.version import ServedVersion
from training.candidates import Candidates
from training.fleet.schedule.estimate import Declared
from training.fleet.schedule.fitted import TREE, Fitted, Sizes, fit
from training.fleet.schedule.history import read_history
from training.fleet.schedule.promotion import decide
from training.fleet.schedule.recipe import LEARNED
from training.fleet.schedule.record import figures, write_version
from training.labels import LabelTable, read_labels, require
from training.record import Record, log_and_register, online_manifest
from training.registry import ModelVersion

if TYPE_CHECKING:
    import duckdb

    from tambo.lake.releases import Release
    from tambo.settings import Settings

ENTITY_ROWS = """
    select labels.*, known.home_base as base, known.aircraft_type as vessel_type
    from labels inner join (
        select aircraft_id, home_base, aircraft_type from intermediate.int_vessels
        where created_timestamp <= $known_by
            and (ended_timestamp is null or ended_timestamp > $known_by)
    ) as known using (aircraft_id)
    where known.home_base is not null and known.aircraft_type is not null
    order by labels.event_timestamp, aircraft_id
"""


@dataclass(frozen=True)
class MaintenanceSchedule:
    """The model's declaration; see `training.own.OwnTraining`."""

    name: str = "maintenance_schedule"
    domain: str = "fleet"
    description: str = "Who enters a hangar on which day, so that a fleet earns most"
    label: LabelTable = field(
        default_factory=lambda: LabelTable(
            name="marts.label_maintenance",
            key=("aircraft_id", "planning_day"),
            label="maintenance_cost",
            window=timedelta(days=90),
        )
    )
    feature_service: str = "maintenance_schedule_v1"
    candidates: Candidates | None = None
    trials: int = 0
    optional: bool = True
    """A home without costs or bases has none."""
    steps: int = 9

    def options(self, settings: Settings) -> Mapping[str, str]:
        """See `OwnTraining`."""
        return {
            "training_days": str(settings.schedule_training_days),
            "optimised_fleets": str(settings.schedule_optimised_fleets),
            **{name: str(value) for name, value in asdict(_declared(settings)).items()},
        }

    def proved(self, connection: duckdb.DuckDBPyConnection, known_by: datetime) -> pa.Table:
        """See `OwnTraining`: days of vessels, with what the schedule is asked for beside them."""
        labels = read_labels(connection, self.label, known_by=known_by)
        connection.register("labels", labels)
        try:
            return connection.execute(ENTITY_ROWS, {"known_by": known_by}).to_arrow_table()
        finally:
            connection.unregister("labels")

    def entity_rows(self, labels: pa.Table) -> pa.Table:
        """What `maintenance_schedule_v1` is asked for."""
        return labels.select(["aircraft_id", "base", "vessel_type", "event_timestamp"])

    def train(
        self,
        settings: Settings,
        release: Release,
        identity: Mapping[str, str],
        tell: Callable[[str], None],
    ) -> ModelVersion:
        """See `OwnTraining`."""
        known_by = release.as_of.of(self.domain)
        manifest = online_manifest(settings, self.feature_service, release)
        tell("read the past of the fleet")
        with reader(settings, release.snapshot_id) as connection:
            require(connection, self.label)
            history = read_history(connection, known_by)
        recipe = replace(LEARNED, steps=settings.schedule_training_days)
        with threadpool_limits(1):
            sizes = Sizes(optimised=settings.schedule_optimised_fleets)
            fitted = fit(history, _declared(settings), recipe, settings.seed, tell, sizes)
            tell("compare with the champion")
            decision = decide(settings, self.name, fitted)
        tell("log and register")
        best = fitted.schedules.best
        tags = {
            **identity,
            **decision.tags(),
            "estimator": best,
            "baseline": str(best != NETWORK).lower(),
            "gate": json.dumps(fitted.verdict.to_dict()),
        }
        metrics = _metrics(fitted)
        shown = {name: round(value, 4) for name, value in metrics.items()}
        return log_and_register(
            settings,
            Record(
                name=self.name,
                domain=self.domain,
                description=self.description,
                run_name=f"{self.name} at release {release.number}",
                sentence=_sentence(fitted),
                run_tags={**tags, "model": self.name, "git_revision": release.git_revision},
                version_tags={**tags, "metrics": json.dumps(shown)},
                params={
                    "as_of": known_by.isoformat(),
                    "feature_service": self.feature_service,
                    "vessels": len(history.vessels),
                    "bases": len(history.bases),
                    "days": history.days,
                    **asdict(recipe),
                    **asdict(_declared(settings)),
                },
                metrics=metrics | _tree_metrics(fitted),
                write=lambda folder, run_id: write_version(
                    folder,
                    self._version(release, best, run_id),
                    fitted,
                    manifest,
                    history.vessels,
                ),
            ),
        )

    def _version(self, release: Release, best: str, run_id: str) -> ServedVersion:
        return ServedVersion(
            model=self.name,
            estimator=best,
            baseline=best != NETWORK,
            run_id=run_id,
            feature_service=self.feature_service,
            release=release.number,
            as_of=release.as_of.aware(self.domain),
        )

    def figures(self, reports: Mapping[str, Any]) -> list[str]:
        """See `OwnTraining`."""
        return figures(reports)


def _sentence(fitted: Fitted) -> str:
    found = (
        f"{fitted.schedules.best}: the network earns {fitted.gain.mean:+.1%} against {fitted.rule}"
    )
    if fitted.few is None:
        return found
    return f"{found}, the optimiser {fitted.few.over_network.mean:+.1%} against the network"


def _metrics(fitted: Fitted) -> dict[str, float]:
    """Million USD a fleet and year of the best, the network's gain, and what each earns."""
    earned = {name: one.usd / 1e6 for name, one in fitted.schedules.earned.items()}
    return {
        "earned": earned[fitted.schedules.best],
        "gain": fitted.gain.mean,
        **{f"earned_{name}": value for name, value in earned.items()},
    }


def _tree_metrics(fitted: Fitted) -> dict[str, float]:
    """How well the tree stands for the network, beside a constant, and what it earns itself."""
    if (tree := fitted.tree) is None:
        return {}
    return {
        "tree_fidelity": tree.fidelity,
        "tree_balanced": tree.balanced,
        "tree_constant": tree.constant,
        "earned_tree": float(fitted.judged[TREE].earned.mean()) / 1e6,
    }


def _declared(settings: Settings) -> Declared:
    return Declared(
        compensation=settings.schedule_compensation_share,
        grounded_day=settings.schedule_grounded_day_cost,
    )


MODEL = MaintenanceSchedule()
