"""The sample world of tourism: visitors who were never counted, with everything known about them.

`generate` writes raw files as a tourism board would get them, and the truth beside them in files
with a leading underscore; `sample` does it by a home's settings; `read_truth` gives the truth of a
folder as an object. Same parameters, same bytes.

Visitors of a location and market on a day (demand.py):
    true     = expected · weather + extra
    expected = base · exchange ^ power
    base     = size · share of market · season · weekday · holiday · event · trend · shock · open
    season   = exp(amplitude · cos a + second · cos 2a), scaled to a mean of 1 over a year,
               a = 2π (day of year - peak) / 365.25
    holiday  = 1 + sum over the groups of holidays of (effect · height of the day)
                 + effect · height of the school holidays
               heights (feasts.py) are 0 to 1, with days before and after the feast
    event    = product of (1 + lift) on its days, and of (1 + lift / 4) on the day before it
    trend    = exp(growth · years); a new location starts below it, 1 - exp(-(days + 5) / 25)
    shock    = 1 - 0.6 · min(days / 12, 1) · exp(-((days - 12) / recovery) ^ 1.5)
    open     = 0 on days before the opening, in a closure, or after it closed for good; else 1
    exchange = the rate of the week over its mean; the power is 0 but for foreign markets
    weather  = 1 + rain effect · (wetness - its usual value) + warmth effect · anomaly, which has an
               expectation of 1; wetness = 1 - exp(-mm of the day / 8); the anomaly is the day's
               departure from the season, degrees

Campaigns (campaigns.py): extra visitors of a day in a Monday week w
    extra    = base · room · beta · (1 - exp(-S / scale))
    room     = min(exp(-1.5 (season - 1)), 2): more in low season
    S        = spend of w + 0.45 · spend of w - 1 + 0.2 · spend of w - 2, USD
    spend    = of a campaign evenly over its days; of campaigns at one time the sum
    beta, scale: drawn once for each location and market. A segment moves nothing. Some pairs of
    location and market never had a campaign; `beta` and `scale` hold for them as well.
`Truth.extra_visitors(plan)` is the sum of this over the days of each week, with the plan less
without it, in the usual weather; what was spent before the plan's first week is in S both times.

Counts (counts.py): of an hour, negative binomial with
    mean     = true · day effect · share of the hour in the day
    variance = mean + mean² / shape
    day effect = exp(spread · z - spread² / 2), z a standard normal autoregression by day, the same
               for all markets of a location
Its mean is 1, so the counts of a day have the mean `true`. `Truth.noise` is the relative standard
deviation around it: no forecast made long before has a smaller error.

Weather (weather.py): by hour; temperature = season + time of day + anomaly, an autoregression by
day; wet days follow one another, and have one spell of rain. A forecast is issued every morning at
06:00 for the next ten days, every six hours: it knows less of the departure from the season the
further it looks (exp(-hours / 200)), its error grows, and its rain is ever more often that of
another day. Rain is forecast an hour, over six hours.

Faults of sensors (faults.py), of all markets of a location together: missing hours, alone and in
runs, missing days, stuck at zero, spikes; rows sent twice. All but the last are in `_faults.csv`. A
location that is shut for days mostly does not report; on some of these days it reports zeros. Gates
with opening hours report only in these.

Time (outbox.py): rows of the last 90 days come in daily files with their time of arrival, and
forecasts on their morning; all that is before is history, one file a table and year, which is not
in the manifest. What is announced comes in one history file a table, and in the last 90 days in
files of 7, 14 or 30 days. One location reports 1 to 6 days late. Of the flow, 0.5 % of the
rows of the last 90 days are wrong at first and corrected up to 10 days later, 0.1 % withdrawn, and
0.2 % of the 60 days before are corrected by daily files. What would arrive after the end is not
there. The equations hold for the last version of each row. Of the events 8 % are moved and 5 %
cancelled: the first line is withdrawn when that is decided, and a moved one announced again.

Clock changes: local times are those of the zone. The hour that comes twice is written twice in
order, the one that is skipped is not there. Nothing else happens to the hours that come twice. The
zone changes its clocks by whole hours.

Dirt (dirt.py): the given share of the other lines is broken, each in one of the kinds listed there
and written down in `_dirty.csv`. The broken line stands in place of the clean one; half of the
clean lines come again with the table's next file.
"""

from tambo.sources.sample.making import WorldSummary
from tambo.sources.tourism.world.generate import generate, read_truth, sample
from tambo.sources.tourism.world.truth import Truth

__all__ = ["Truth", "WorldSummary", "generate", "read_truth", "sample"]
