"""Which kind of event a calendar's words mean, in English and Spanish."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

OTHER = "other"
WORDS = {
    "strike": "strike strikes huelga huelgas paro paros protest protesta blockade bloqueo",
    "religious": "religious religion religioso religiosa procession procesion pilgrimage "
    "peregrinacion romeria mass misa patronal church iglesia santo santa easter pascua",
    "sports": "sport sports deporte deportes deportivo deportiva football futbol soccer marathon "
    "maraton race carrera match partido tournament torneo triathlon triatlon cycling ciclismo "
    "surf rally championship campeonato",
    "concert": "concert concerts concierto conciertos music musica musical opera recital gig",
    "fair": "fair fairs feria ferias market mercado expo exhibition exposicion exposition trade",
    "conference": "conference conferences conferencia congress congreso convention convencion "
    "seminar seminario summit cumbre forum foro symposium simposio workshop taller",
    "festival": "festival festivals festivales festivity fiesta fiestas carnival carnaval parade "
    "desfile celebration celebracion feast folklore folclore",
}
KINDS = {word: kind for kind, words in WORDS.items() for word in words.split()}


def kind_of(categories: Iterable[str]) -> str | None:
    """Event type of the first category that has a known word; None: no word is known.

    Within a category an earlier line of WORDS goes first: a religious festival is religious.
    """
    order = list(WORDS)
    for category in categories:
        found = {KINDS[word] for word in re.findall(r"\w+", plain(category)) if word in KINDS}
        if found:
            return min(found, key=order.index)
    return None


def plain(text: str) -> str:
    """A text without accents, in lower case, with single spaces."""
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())
