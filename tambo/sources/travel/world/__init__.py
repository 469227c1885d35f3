"""The sample world: users, flights and hotels that never were, with everything known about them.

`generate` writes raw files as the travel team would get them, and the truth beside them in files
with a leading underscore; `sample` does it by a home's settings. Same parameters, same bytes. It
has what a real set often lacks: seasons, lead times, drift, tastes, late files, corrections,
withdrawals and broken lines.

Fares (fares.py), BRL:
    fare = base(from, to) · class · agency · season · weekday · lead · drift · noise
    base    = (90 + 0.42 km) · exp(0.15 z), z standard normal, one for each directed route
    season  = (level(from, travel day) · level(to, travel day)) ^ 0.3
    level   = (1 + amplitude · cos(2π (day of year - peak) / 365.25)) · (1 + pull · holiday lift),
              scaled to mean 1
    lead    = 0.86 + 0.70 exp(-days from booking to travel / 11)
    drift   = exp of a random walk by month, 0.012 a month, rising 4 % a year; by booking day
    noise   = exp(0.05 z): no model can do better than a relative error of about 5 %

Trips (trips.py): of one purpose (leisure, business), from a traveller to a place on a travel day:
    intensity = trips a year · share of purpose · chance of place · demand(purpose, place, day)
    demand    = level · weekday for leisure; weekday, less on holidays, for business
    days from booking to travel: lognormal, median 40 and 9, times the traveller's own factor
    nights: lognormal, median 5 and 2.2
    class and agency: by the traveller's own chances

Hotels (hotels.py): price of a night = base · level(place, day) ^ power · exp(0.03 z)
    utility = quality weight · quality - price weight · ln(expected price / 100) + style · styles
    chosen: the largest utility + Gumbel noise, so chances are softmax(utility)

Travellers (travellers.py): home, chances of places, classes and agencies, and tastes in hotels are
drawn once and kept. Gender moves nothing but the first name. Age moves only the taste for comfort.

Lines (fates.py, outbox.py): a month's bookings arrive the night after it; 2 % of the trips come in
a late file 1 to 3 months later; 1 % are wrong at first and corrected, 1 % withdrawn, both with the
file of 1 to 3 months later. What would arrive after the end of the world is not there. The
equations hold for the last version of each line. Users arrive the evening before they can book.

Dirt (dirt.py): the given share of the other lines is broken, each in one of the kinds listed there
and written down in `_dirty.csv`. The broken line stands in place of the clean one; half of the
clean lines come again with the next month's file. Broken users are people who do not exist.
"""

from tambo.sources.sample.making import WorldSummary
from tambo.sources.travel.world.generate import generate, read_truth, sample
from tambo.sources.travel.world.truth import Truth

__all__ = ["Truth", "WorldSummary", "generate", "read_truth", "sample"]
