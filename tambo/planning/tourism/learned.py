"""The learned response as a file: what training writes and planning reads; JSON, no pickle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tambo.errors import PlanError
from tambo.planning.tourism.outlook import Outlook, Pair, monday
from tambo.planning.tourism.response import Draws, Floats
from tambo.planning.tourism.seasons import season_index

RESPONSE_FILE = "response.json"
FORMAT = 1


@dataclass(frozen=True)
class Spend:
    """What is spent on a pair in a Monday week.

    Attributes:
        location, market: whom.
        week: Monday.
        usd: 0 or more.
        segment: whom it addresses; moves nothing that is known.
    """

    location: str
    market: str
    week: date
    usd: float
    segment: str = "all"


@dataclass(frozen=True)
class Evidence:
    """What past campaigns say of a market, or of all of them.

    Attributes:
        market: its name; "all markets" for all.
        campaigns: that were over, or running, when the response was learned.
        weeks: in which their spending worked.
        uplift: visitors added as a share, in a usual week of a campaign, without any pooling.
        low, high: ends of the interval of 90 % of it.
        enough: whether there are enough campaigns, and the interval lies above zero.
        says: the same in words.
    """

    market: str
    campaigns: int
    weeks: int
    uplift: float
    low: float
    high: float
    enough: bool
    says: str


@dataclass(frozen=True)
class Profile:
    """One pair of location and market without campaigns.

    Attributes:
        location, market: whom.
        level: log of the visitors of a mean day of the year, by recent weeks.
        harmonics: weights of the yearly waves.
        spread: log spread of a week around what is expected.
        counted: whether anybody was counted in the last weeks; else nobody is expected.
        closed: first and last day of announced closures.
    """

    location: str
    market: str
    level: float
    harmonics: tuple[float, ...]
    spread: float
    counted: bool
    closed: tuple[tuple[date, date], ...]


@dataclass(frozen=True)
class Learned:
    """All that a plan needs of the past.

    Attributes:
        as_of: last day that is known.
        enough: whether held-out campaigns were foretold better than by "no effect"; if not, `draws`
            must not be used.
        says: the same in words.
        draws: the response, pairs in the order of `profiles`.
        season_range: least and greatest season at which a campaign ran; the response is not
            stretched beyond them.
        profiles: the pairs.
        evidence: by market, and of all.
        past: what was spent by week, that which is announced included.
    """

    as_of: date
    enough: bool
    says: str
    draws: Draws
    season_range: tuple[float, float]
    profiles: tuple[Profile, ...]
    evidence: tuple[Evidence, ...]
    past: tuple[Spend, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Location and market of each profile."""
        return tuple((one.location, one.market) for one in self.profiles)

    def outlook(self, weeks: Sequence[date]) -> Outlook:
        """What the season alone expects of some weeks.

        Args:
            weeks: Mondays, without a gap.
        """
        harmonics = np.array([one.harmonics for one in self.profiles])
        season = season_index(harmonics, weeks)
        usual = 7 * np.exp([one.level for one in self.profiles])
        usual = np.where([one.counted for one in self.profiles], usual, 0.0)
        opened = np.array([[_open(one, week) for week in weeks] for one in self.profiles])
        spread = np.array([one.spread for one in self.profiles])
        return Outlook(
            pairs=self.pairs,
            weeks=tuple(weeks),
            middle=usual[:, None] * season * opened,
            spread=np.repeat(spread[:, None], len(weeks), axis=1),
            season=season,
            usual=usual,
        )

    def spent(self, weeks: Sequence[date]) -> tuple[Spend, ...]:
        """What was spent, or is announced, in some weeks."""
        wanted = set(weeks)
        return tuple(one for one in self.past if one.week in wanted)

    def segments(self, market: str) -> dict[str, float]:
        """Shares of the segments in what was spent on a market so far."""
        found: dict[str, float] = {}
        for one in self.past:
            if one.market == market and one.usd > 0:
                found[one.segment] = found.get(one.segment, 0.0) + one.usd
        total = sum(found.values())
        return {name: usd / total for name, usd in sorted(found.items())} if total else {"all": 1.0}

    def save(self, folder: Path) -> None:
        """Write RESPONSE_FILE into a folder."""
        (folder / RESPONSE_FILE).write_text(json.dumps(self.to_dict()) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Learned:
        """Read RESPONSE_FILE.

        Raises:
            PlanError: there is none, or it is of another format.
        """
        path = folder / RESPONSE_FILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise PlanError(
                f"{path} cannot be read: {error}", remedy="tambo train campaign_uplift"
            ) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise PlanError(
                f"{path} is not of format {FORMAT}.", remedy="tambo train campaign_uplift"
            )
        return cls.from_dict(content)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "format": FORMAT,
            "as_of": self.as_of.isoformat(),
            "enough": self.enough,
            "says": self.says,
            "draws": {name: _short(values) for name, values in vars(self.draws).items()},
            "season_range": list(self.season_range),
            "profiles": [
                asdict(one) | {"closed": [[a.isoformat(), b.isoformat()] for a, b in one.closed]}
                for one in self.profiles
            ],
            "evidence": [asdict(one) for one in self.evidence],
            "past": [asdict(one) | {"week": one.week.isoformat()} for one in self.past],
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Learned:
        """From plain values."""
        day = date.fromisoformat
        profiles = [
            Profile(**one | {
                "harmonics": tuple(one["harmonics"]),
                "closed": tuple((day(a), day(b)) for a, b in one["closed"]),
            })
            for one in content["profiles"]
        ]  # fmt: skip
        low, high = content["season_range"]
        return cls(
            as_of=day(content["as_of"]),
            enough=content["enough"],
            says=content["says"],
            draws=Draws(**{name: np.array(each) for name, each in content["draws"].items()}),
            season_range=(low, high),
            profiles=tuple(profiles),
            evidence=tuple(Evidence(**one) for one in content["evidence"]),
            past=tuple(Spend(**one | {"week": day(one["week"])}) for one in content["past"]),
        )

    def without_response(self, says: str) -> Learned:
        """The same where the response must not be used."""
        return replace(self, enough=False, says=says)


def _open(profile: Profile, week: date) -> float:
    """Share of a week's days on which a place is open."""
    days = [week + timedelta(days=n) for n in range(7)]
    shut = sum(any(first <= day <= last for first, last in profile.closed) for day in days)
    return 1 - shut / 7


def _short(values: Floats) -> Any:
    """Seven digits say all that draws can say."""
    return np.vectorize(lambda value: float(f"{value:.7g}"))(values).tolist()


def last_year(spends: Sequence[Spend], weeks: Sequence[date]) -> tuple[Spend, ...]:
    """What was spent 52 weeks before some weeks, moved to them."""
    year = timedelta(weeks=52)
    wanted = {monday(week) for week in weeks}
    return tuple(replace(one, week=one.week + year) for one in spends if one.week + year in wanted)
