"""The sample world of a fleet: yachts and jets that never were, with everything known about them.

`generate` writes raw files as an operator would get them, and the truth beside them in files with a
leading underscore; `sample` does it by a home's settings; `read_truth` gives the truth of a folder
as an object. Same parameters, same bytes. Times are UTC.

Wear (wear.py), of a vessel on a day; nobody sees it, 1 is worn out:
    wear    += quality · (hours · wear an hour + wear a day) · rough
               quality is the vessel's own (log-normal); rough has a gamma distribution of mean 1
    hazard   = hazard of its kind · exp(steepness · wear), failures an hour of use
    fails    with the chance 1 - exp(-hours · hazard), by the wear of the morning
    A maintenance leaves 4 to 22 % of the wear. After a failure it lasts 1.9 times as long and costs
    3 times as much; cost grows with wear, 1 + 0.6 · wear.

Trips (demand.py): Poisson by base, kind and day around
    vessels · trips · season · weekday, season = exp(amplitude · cos(2π (day - peak) / 365.25))
    They are booked ahead (exponential), and 6 % of them are cancelled by their guests.

Days (operations.py): vessels enter hangars while there are slots; then the trips of the day are
    shared out, the dearest first, each to the vessel of its base and kind that is free, legal and
    has the most hours left. A trip without a vessel is lost: 30 % of its revenue is paid to the
    guests. A vessel that fails earns half of the trip, and is not used until it was maintained.
    What enters is decided from outside: by today's practice (practice.py: fixed intervals, planned
    30 days ahead), or by a schedule that is to be judged: `Truth.operations`.

Sensors (sensors.py), every six hours:
    engine_health_score  = 100 · exp(-0.75 · wear ^ 1.4) + drift + noise, 0 to 100
    temperature_variance = 6 · exp(1.1 · wear) · noise
    Drift is a straight line from maintenance to maintenance. Readings drop out, alone and for days;
    some are spikes; sometimes one of the two sensors reads nothing. All but the last are in
    `_faults.csv`.

Fuel: litres an hour of the kind · thirst of the vessel · (1 + 0.12 · wear + noise) · hours.
Service logs (hangar_lines.py): more entries, and graver ones, by wear; one for every failure.

Time (sample/slots.py): lines of the last 90 days come in daily or weekly files with their time of
arrival; all that is before is history, which is not in the manifest. What is told twice (a booking
that is cancelled, a maintenance that ends) comes in two files.

Dirt (dirt.py): the given share of lines that are told once is broken, each in one of the kinds
listed there and written down in `_dirty.csv`; half of the clean lines come again later.
"""

from tambo.sources.fleet.world.generate import generate, read_truth, sample
from tambo.sources.fleet.world.truth import Truth
from tambo.sources.sample.making import WorldSummary

__all__ = ["Truth", "WorldSummary", "generate", "read_truth", "sample"]
