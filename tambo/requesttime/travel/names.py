"""Names of travellers."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[ \t\n\r\f\v]+")


def first_name(name: str | None) -> str | None:
    r"""The first word of a name, as the mart `traveller_profile` has it; None without any.

    >>> first_name(" Zé\tda Silva"), first_name(" "), first_name(None)
    ('Zé', None, None)
    """
    words = _BLANKS.split((name or "").strip(" \t\n\r\f\v"))
    return words[0] or None
