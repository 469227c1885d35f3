"""Names of locations: invented, in the sound of Peru, each once."""

from __future__ import annotations

import numpy as np

from tambo.sources.sample.draws import Draws, ids

FIRST = (
    "Qenti", "Chillka", "Urpi", "Wayra", "Sumaq", "Antay", "Killa", "Rumi", "Sillari", "Pisqa",
    "Tanta", "Willka", "Yana", "Paqo", "Ispi", "Musuq", "Chaska", "Huallpa", "Tika", "Sonqo",
)  # fmt: skip
LAST = (
    "pampa", "marca", "chaca", "cocha", "huasi", "tambillo", "orco", "llacta", "mayo", "bamba",
    "pata", "moqo", "punco", "rumi", "yaco", "huaylla",
)  # fmt: skip


def names(draws: Draws, words: list[tuple[str, ...]]) -> list[str]:
    """One name for each location, given the first words that fit its kind.

    At most as many as there are pairs of FIRST and LAST: 320.
    """
    pairs = [first + last for first in FIRST for last in LAST]
    order = np.argsort(draws.uniform("name", ids(np.arange(len(pairs)))), kind="stable")
    word = draws.whole("first word", ids(np.arange(len(words))), 0, 5)
    return [f"{choice[word[n] % len(choice)]} {pairs[order[n]]}" for n, choice in enumerate(words)]
