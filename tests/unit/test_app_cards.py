"""A model's card is shown in the app, where the repository's other pages cannot be opened."""

from __future__ import annotations

from pathlib import Path

from app.overview.model_files import without_links


def test_a_link_to_another_file_becomes_its_path() -> None:
    text = "See [the plan](../campaign-plan.md), [its\nlimits](../a/b.md#limits)."
    assert without_links(text, Path("docs", "model-cards")) == (
        "See the plan (`docs/campaign-plan.md`), its\nlimits (`docs/a/b.md`)."
    )


def test_links_elsewhere_and_within_the_card_stay() -> None:
    text = "[paper](https://example.org/a) and [above](#data)"
    assert without_links(text, Path("docs")) == text
