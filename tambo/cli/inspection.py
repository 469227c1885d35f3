"""What the feature verbs print: a frame with its certificate, an explanation, drift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tambo.cli import console
from tambo.errors import FeatureError
from tambo.settings import Settings

if TYPE_CHECKING:
    from tambo.featurestore.explain import Explanation


def get(settings: Settings, service: str, entities: Path, out: Path, release: int | None) -> None:
    """Join a service's features to entity rows, write the frame, print its certificate.

    Raises:
        FeatureError: the service, the entity rows or the file ending is wrong.
    """
    import pyarrow.csv
    import pyarrow.parquet

    from tambo.featurestore.historical import get_features

    writers = {".parquet": pyarrow.parquet.write_table, ".csv": pyarrow.csv.write_csv}
    if out.suffix not in writers:
        raise FeatureError(
            f"{out}: the ending {out.suffix or '(none)'} is not one of {', '.join(writers)}."
        )
    frame = get_features(settings, service, entities, release=release)
    out.parent.mkdir(parents=True, exist_ok=True)
    writers[out.suffix](frame.table, str(out))
    certificate = out.with_suffix(".certificate.json")
    certificate.write_text(frame.certificate.to_json())
    console.out.print(
        f"{frame.table.num_rows:,} rows, {frame.table.num_columns} columns written to {out}\n"
        f"certificate written to {certificate}"
    )


def explain(settings: Settings, view: str, key: str, t: str, release: int | None) -> None:
    """Print which row of a view answers for a key at an instant, and why a cell is null.

    Raises:
        FeatureError: no such view, a key that is not name=value, or an instant that is none.
    """
    from tambo.featurestore.explain import explain as explain_view

    found = explain_view(settings, view, read_key(key), read_instant(t), release=release)
    _show_rows(found)
    console.show_table(
        "features",
        ("feature", "value", "why it is null"),
        [(cell.feature, cell.value, cell.why) for cell in found.cells],
    )


def _show_rows(found: Explanation) -> None:
    """Print the row that was chosen, then those that were not, nearest first."""
    rows = [found.matched, *found.rejected] if found.matched else list(found.rejected)
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in found.counts.items())
    ttl = f"ttl {found.ttl}" if found.ttl else "no ttl"
    console.show_table(
        f"{found.view} at {found.t} UTC, release {found.release}, {ttl}: {counts or 'no row'}",
        ("verdict", "event", "known", "age"),
        [(row.verdict, row.event, row.created, str(row.age)) for row in rows],
    )


def read_key(text: str) -> Mapping[str, str]:
    """Read join keys written name=value,name=value.

    Raises:
        FeatureError: a part has no name.
    """
    parts = [part.partition("=") for part in text.split(",")]
    wrong = [name for name, mark, _ in parts if not mark or not name.strip()]
    if wrong:
        raise FeatureError(
            f"The key {text!r} is not written name=value,name=value: see {wrong[0]!r}.",
            remedy='for example: "origin=Recife (PE),destination=Natal (RN)"',
        )
    return {name.strip(): value.strip() for name, _, value in parts}


def read_instant(text: str) -> datetime:
    """Read an ISO 8601 instant; without a zone it is UTC.

    Raises:
        FeatureError: it is none.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise FeatureError(
            f"{text!r} is not an instant: {error}.", remedy="for example: 2025-06-01T12:00:00Z"
        ) from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def generate(settings: Settings, *, check: bool) -> None:
    """Write dbt's sources from the contracts and the Feast views from dbt's manifest, or compare.

    Raises:
        ContractError: a raw table does not say what a steward must know.
        FeatureError: a mart does not; or with `check`, a checked-in file differs.
    """
    from tambo.catalogue import dbt_sources
    from tambo.featurestore import generate as views
    from tambo.lake import dbt_runner

    manifest, models = settings.dbt_target / "manifest.json", settings.root / "dbt/models"
    out = settings.root / "feature_repo"
    if not check:
        written = dbt_sources.generate(models)
        dbt_runner.run(settings, ["parse"])
        for path in (*written, *views.generate(manifest, out)):
            console.out.print(f"{path.relative_to(settings.root)}", markup=False)
        return
    dbt_runner.run(settings, ["parse"])
    drifts = [*dbt_sources.check(models), *views.check(manifest, out)]
    if drifts:
        listed = "; ".join(
            f"{drift.path.relative_to(settings.root)} {drift.reason}" for drift in drifts
        )
        raise FeatureError(
            f"Generated files are out of date: {listed}.", remedy="tambo features generate"
        )
    console.out.print("dbt's sources agree with the contracts, the Feast views with dbt's meta")
