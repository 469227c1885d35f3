"""The users' files: who people are, when they join, and what was wrong about them at first.

Somebody flies only from the month in which they join, and the file that names them arrives the
evening before that month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, Ids, Ints, ids
from tambo.sources.travel.world import names
from tambo.sources.travel.world.places import COMPANIES, NAMES, PLACES

FIRST_SHARE = 0.8
"""Share of the travellers who are there from the start; the others join month by month."""
HOME_IN_OFFICE_CITY = 0.85
GENDERS = ("male", "female", "none")
GENDER_NOT_STATED, NAME_FOR_EITHER = 0.12, 0.07
AGES = (20, 68)
CORRECTED_SHARE, AGE_WRONG_BY = 0.04, 3


@dataclass(frozen=True)
class Joining:
    """Codes are given in order of joining, so those who are there are always a range from 0."""

    travellers: int
    months: int

    def by(self, month: int | Ints) -> Ints:
        """How many have joined by the end of a month; none before the first."""
        first = int(np.ceil(self.travellers * FIRST_SHARE))
        later = (self.travellers - first) * np.asarray(month) // (self.months - 1)
        return np.where(np.asarray(month) < 0, 0, first + later)


@dataclass(frozen=True)
class Users:
    """People as the users' files state them; arrays have one row each.

    Args:
        code: user code.
        company, gender: indices of COMPANIES and GENDERS.
        first, last: names, as indices of FIRST and LAST.
        age: whole years.
    """

    code: Ints
    company: Ints
    first: Ints
    last: Ints
    gender: Ints
    age: Ints


FIRST = names.MALE + names.FEMALE + names.EITHER
LAST = names.LAST


def companies(draws: Draws, of: Ids) -> Ints:
    """Employer of each traveller."""
    return draws.whole("company", of, 0, len(COMPANIES) - 1)


def homes(draws: Draws, of: Ids) -> Ints:
    """Home city: mostly one with an office of the employer."""
    offices = [[NAMES.index(city) for city in cities] for cities in COMPANIES.values()]
    most = max(len(cities) for cities in offices)
    table = np.array([(cities * most)[:most] for cities in offices])
    count = np.array([len(cities) for cities in offices])
    company = companies(draws, of)
    nth = np.floor(draws.uniform("office", of) * count[company]).astype(np.int64)
    anywhere = draws.whole("home", of, 0, len(PLACES) - 1)
    in_office = draws.uniform("home in office city", of) < HOME_IN_OFFICE_CITY
    return np.where(in_office, table[company, nth], anywhere)


def ages(draws: Draws, of: Ids) -> Ints:
    """Age of each traveller, whole years."""
    return draws.whole("age", of, *AGES)


def genders(draws: Draws, of: Ids) -> Ints:
    """Gender of each traveller, stated or not."""
    return draws.whole("gender", of, 0, 1)


def _first_names(draws: Draws, of: Ids) -> Ints:
    # Squared: the first names of each list are the common ones.
    drawn: Floats = draws.uniform("first name", of) ** 2
    starts = np.cumsum([0, len(names.MALE), len(names.FEMALE)])
    counts = np.array([len(names.MALE), len(names.FEMALE), len(names.EITHER)])
    either = draws.uniform("name for either", of) < NAME_FOR_EITHER
    kind = np.where(either, 2, genders(draws, of))
    return np.asarray(starts[kind] + (drawn * counts[kind]).astype(np.int64))


def users(draws: Draws, code: Ints) -> Users:
    """People as they are, as stated last."""
    of = ids(code)
    silent = draws.uniform("gender not stated", of) < GENDER_NOT_STATED
    return Users(
        code=code,
        company=companies(draws, of),
        first=_first_names(draws, of),
        last=(draws.uniform("last name", of) ** 2 * len(LAST)).astype(np.int64),
        gender=np.where(silent, GENDERS.index("none"), genders(draws, of)),
        age=ages(draws, of),
    )


def correction_month(draws: Draws, code: Ints, joining: Joining) -> Ints:
    """Month whose file corrects each person's line; -1: it was right from the start."""
    of = ids(code)
    month = draws.whole("user correction month", of, 1, joining.months - 1)
    chosen = draws.uniform("user correction", of) < CORRECTED_SHARE
    return np.where(chosen & (code < joining.by(month - 1)), month, -1)


def first_told(draws: Draws, code: Ints, joining: Joining) -> Users:
    """People as their first line states them: of some the age or the gender is corrected later."""
    told = users(draws, code)
    corrected = correction_month(draws, code, joining) > 0
    none = GENDERS.index("none")
    hide = (draws.uniform("user wrong", ids(code)) < 0.5) & (told.gender != none)
    return Users(
        code=told.code,
        company=told.company,
        first=told.first,
        last=told.last,
        gender=np.where(corrected & hide, none, told.gender),
        age=told.age + np.where(corrected & ~hide, AGE_WRONG_BY, 0),
    )
