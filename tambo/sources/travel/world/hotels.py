"""The hotels: tiers, quality and price, and how a traveller chooses among those of a place.

utility(traveller, hotel, night) = quality weight · quality - price weight · ln(price / 100)
                                   + style weights · hotel styles
A traveller takes the hotel with the largest utility + standard Gumbel noise, so the chance of each
is the softmax of the utilities, and the best possible ranking sorts by utility.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, Ints, ids
from tambo.sources.travel.world.names import HOTELS as HOTEL_NAMES
from tambo.sources.travel.world.places import PLACES
from tambo.sources.travel.world.seasons import Seasons

FEWEST, MOST = 4, 8
TIERS = ("Hostel", "Pousada", "Hotel", "Grand Hotel")
TIER_PRICE_BRL = (95.0, 190.0, 330.0, 620.0)
PRICE_SPREAD, PRICE_NOISE = 0.18, 0.03
QUALITY_A_TIER, QUALITY_SPREAD = 0.8, 0.45


@dataclass(frozen=True)
class Hotels:
    """All hotels.

    Args:
        names: names, unique in the world.
        place: index of the place.
        tier: index of TIERS.
        quality: what guests value, without unit.
        base: price of a night at season 1, BRL.
        season_power: how strongly the price follows the season of the place.
        styles: [hotel, style], 0 to 1.
        slots: hotels of each place [place, MOST]; -1 where there are fewer.
        season: leisure demand level [place, day].
    """

    names: tuple[str, ...]
    place: Ints
    tier: Ints
    quality: Floats
    base: Floats
    season_power: Floats
    styles: Floats
    slots: Ints
    season: Floats

    @classmethod
    def draw(cls, draws: Draws, seasons: Seasons) -> Hotels:
        """Draw the hotels of one world."""
        counts = draws.whole("hotels of a place", ids(np.arange(len(PLACES))), FEWEST, MOST)
        place = np.repeat(np.arange(len(PLACES)), counts)
        hotel = ids(np.arange(len(place)))
        first = np.cumsum(counts) - counts
        rank = np.arange(len(place)) - first[place]
        # The first four hotels of a place cover all tiers, the others are of any.
        any_tier = draws.whole("tier", hotel, 0, len(TIERS) - 1)
        tier = np.where(rank < len(TIERS), rank, any_tier)
        order = np.argsort(draws.uniform("hotel name", ids(np.arange(len(HOTEL_NAMES)))))
        slots = np.full((len(PLACES), MOST), -1)
        slots[place, rank] = np.arange(len(place))
        local = np.array([each.styles for each in PLACES])[place]
        own = draws.uniform("hotel style", ids(hotel[:, None], np.arange(local.shape[1])))
        return cls(
            names=tuple(f"{TIERS[t]} {HOTEL_NAMES[n]}" for t, n in zip(tier, order, strict=False)),
            place=place,
            tier=tier,
            quality=QUALITY_A_TIER * tier + QUALITY_SPREAD * draws.normal("quality", hotel),
            base=np.array(TIER_PRICE_BRL)[tier]
            * np.exp(PRICE_SPREAD * draws.normal("hotel price", hotel)),
            season_power=0.3 + 0.5 * draws.uniform("season power", hotel),
            styles=local * own,
            slots=slots,
            season=seasons.level,
        )

    def expected_price(self, hotel: Ints, day: Ints) -> Floats:
        """Price of a night without noise, BRL."""
        season = self.season[self.place[hotel], day]
        return np.asarray(self.base[hotel] * season ** self.season_power[hotel])

    def utility(
        self, hotel: Ints, day: Ints, quality_weight: Floats, price_weight: Floats, style: Floats
    ) -> Floats:
        """Utility of hotels for travellers; all arguments broadcast, `style` has a last axis."""
        price = np.log(self.expected_price(hotel, day) / 100)
        liked = (style * self.styles[hotel]).sum(axis=-1)
        return np.asarray(quality_weight * self.quality[hotel] - price_weight * price + liked)
