"""The door "holidays": a country's public holidays, from the `holidays` library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from importlib.metadata import version
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tambo.errors import SourceError
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.calendar.changes import Calendar, Entry, Key, digest
from tambo.sources.contracts import of_home
from tambo.sources.door import Page, State

if TYPE_CHECKING:
    from holidays import HolidayBase

WORKING_DAYS = "workday"
"""A category of days that are worked instead of another: no holiday."""
KINDS = {
    "public": "public",
    "government": "government",
    "armed_forces": "government",
    "bank": "bank",
    "school": "school",
    "optional": "optional",
    "optional_women": "optional",
    "half_day": "optional",
    "de_facto": "optional",
    "unofficial": "optional",
}
"""Holiday type by the library's category; every other category is that of a faith or a people."""


class HolidayDoor:
    """Holidays from the first year wanted to next year."""

    name = "holidays"
    table = "holidays"
    description = "Public and other holidays of a country, from the library `holidays`."

    def __init__(self, domain: str) -> None:
        """Open holidays for the contracts of a domain."""
        self.domain = domain

    def missing(self, settings: Settings) -> str | None:
        """Nothing must be set: Peru is the default."""
        return None

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """Rows that the library has since gained or lost; none in a second run of the same year.

        Raises:
            SourceError: the library has no such country, subdivision or language.
        """
        contracts = of_home(settings, self.domain)
        year = datetime.now(ZoneInfo(contracts.zone)).year
        asked = {
            "country": settings.holidays_country,
            "subdivision": settings.holidays_subdivision,
            "language": settings.holidays_language,
            "location": settings.holidays_location,
            "library": version("holidays"),
            "years": f"{settings.holidays_from} to {year + 1}",
        }
        if asked.items() <= dict(state).items():
            return
        progress(f"holidays of {settings.holidays_country}", 0, 1)
        wanted = holidays_of(settings, range(settings.holidays_from, year + 2))
        calendar = Calendar.remembered(contracts.tables[self.table], state)
        yield from calendar.pages(wanted, lambda _key, _given: True, asked)
        progress(f"holidays of {settings.holidays_country}", 1, 1)


def holidays_of(settings: Settings, years: range) -> dict[Key, Entry]:
    """Holidays of some years, by key; one of several kinds has a row for each.

    Raises:
        SourceError: the library has no such country, subdivision or language.
    """
    country = _country(settings)
    national = _named(settings, country, years, None)
    found = {
        _key(day, name, KINDS.get(category, "religious"), "national")
        for category, days in national.items()
        for day, name in days
    }
    if settings.holidays_subdivision:
        place = settings.holidays_location or settings.holidays_subdivision
        for category, days in _named(settings, country, years, _subdivision(settings)).items():
            kind = "regional" if category == "public" else KINDS.get(category, "religious")
            apart = days - national.get(category, set())
            found |= {_key(day, name, kind, place) for day, name in apart}
    return {key: _entry(key) for key in found}


def _key(day: date, name: str, kind: str, location: str) -> Key:
    return day.isoformat(), kind, location, name


def _entry(key: Key) -> Entry:
    day, kind, location, name = key
    row = {
        "holiday_date": day,
        "holiday_type": kind,
        "location": location,
        "name": name,
        "announced_at": f"{int(day[:4]) - 1}-01-01 00:00:00",
    }
    return Entry((row,), digest(row["announced_at"]), last=day)


def _named(
    settings: Settings, country: HolidayBase, years: range, subdivision: str | None
) -> dict[str, set[tuple[date, str]]]:
    """Days and their names by category."""
    from holidays import country_holidays

    language = settings.holidays_language or country.default_language
    found: dict[str, set[tuple[date, str]]] = {}
    for category in country.supported_categories:
        if category == WORKING_DAYS:
            continue
        days = country_holidays(
            settings.holidays_country,
            subdiv=subdivision,
            years=years,
            # Without a language the library takes the machine's own, where it has it.
            language=language,
            categories=(category,),
        )
        # The library also has days of the years around, which it moved there.
        found[category] = {
            (day, " ".join(name.split())[:200])
            for day in days
            if day.year in years
            for name in days.get_list(day)
        }
    return found


def _country(settings: Settings) -> HolidayBase:
    """The library's country, after its language has been looked for."""
    from holidays import country_holidays, list_supported_countries
    from holidays.registry import COUNTRIES

    code = settings.holidays_country
    try:
        country = country_holidays(code)
    except NotImplementedError as error:
        names = {name.replace("_", " "): codes[1] for name, codes in COUNTRIES.items()}
        known = names | {code: code for code in list_supported_countries(include_aliases=True)}
        raise _unknown("country", code, known) from error
    language = settings.holidays_language
    if language and language not in country.supported_languages:
        raise _unknown("language", language, {one: one for one in country.supported_languages})
    return country


def _subdivision(settings: Settings) -> str:
    from holidays import country_holidays

    code = settings.holidays_subdivision or ""
    try:
        country_holidays(settings.holidays_country, subdiv=code)
    except NotImplementedError as error:
        country = country_holidays(settings.holidays_country)
        known = {one: one for one in country.subdivisions} | country.subdivisions_aliases
        raise _unknown("subdivision", code, known) from error
    return code


def _unknown(what: str, code: str, known: Mapping[str, str]) -> SourceError:
    """An error with what looks like the word that was given.

    Args:
        what: country, subdivision or language.
        code: the word that was given.
        known: what would have been right, by the words for it.
    """
    folded = {word.casefold(): right for word, right in known.items()}
    close = get_close_matches(code.casefold(), folded, n=4, cutoff=0.5)
    words = list(dict.fromkeys(folded[word] for word in close))
    rest = ", ".join(sorted(set(known.values()))[:20]) or "none"
    told = f"close to it: {', '.join(words)}" if words else f"it has {rest}"
    return SourceError(
        f"The library `holidays` has no {what} {code!r}; {told}.",
        remedy=f"set TAMBO_HOLIDAYS_{what.upper()} to one that it has",
    )
