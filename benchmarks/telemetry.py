"""Readings over a real broker: none lost over three kills, how many a second, how soon answered.

    python -m benchmarks.telemetry [--readings 100000] [--out docs/benchmarks/telemetry.md]
    python -m benchmarks.telemetry --away 60 [--readings 20000] [--out FILE]

Loss: a publisher sends readings of 100 vessels with QoS 1 as fast as the broker takes them;
`tambo listen` is killed (SIGKILL) three times on the way and started again at once. Counted is what
is in the lake (rows, repeats, quarantined lines) and what is answered of every vessel in the end:
how many readings its windows hold, and their mean, which no reading that is lost or doubled leaves
as it is. Latency: readings come at a steady rate, and the features of all vessels are read again
and again (`OnlineReader`, SQLite); each reading is timed from before it was sent to the first
answer that was given with it. With --away, in their place: the broker is stopped for so many
seconds amid readings that come at a steady rate (`benchmarks.telemetry_away`). Needs mosquitto.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.telemetry_answers import RATES, latencies
from benchmarks.telemetry_away import away, away_page
from benchmarks.telemetry_home import broker, released_home
from benchmarks.telemetry_loss import copied, loss

KILLS = 3
ABOUT = """\
`python -m benchmarks.telemetry` on 2 cores, with broker, publisher, consumer and who asks on the same machine.
A publisher sends readings of 100 vessels with QoS 1 as fast as the broker takes them; `tambo listen` is killed
(SIGKILL) on the way and started again. Keys are distinct pairs of vessel and time among the rows. Answered
right are vessels whose features, read in the end, hold all of their readings and the exact mean of these.
"""  # noqa: E501


def page(outcomes: Sequence[dict[str, float]], timed: dict[int, list[float]]) -> str:
    """The measurements as tables."""
    lines = [
        "# Telemetry: readings from a broker into the lake and into answers\n",
        ABOUT,
        "| kills | readings | rows | keys | repeats | quarantined | vessels answered right "
        "| sent, s | all in answers, s | all in the lake, s | readings a second, end to end |",
        "|" + "---|" * 11,
    ]
    for one in outcomes:
        counts = ("kills", "readings", "rows", "keys", "repeats", "quarantined", "right")
        told = [f"{one[name]:,.0f}" for name in counts]
        told += [f"{one[f'{name}seconds']:.1f}" for name in ("sent_", "answered_", "")]
        told.append(f"{one['readings'] / max(one['answered_seconds'], one['seconds']):,.0f}")
        lines.append(f"| {' | '.join(told)} |")
    lines += [
        "",
        "Seconds from sending a reading to the first answer that was given with it:",
        "",
        "| readings a second | readings | p50, ms | p99, ms | most, ms |",
        "|---|---|---|---|---|",
    ]
    for rate, seconds in timed.items():
        low, high, most = np.percentile(seconds, [50, 99, 100]) * 1000
        lines.append(f"| {rate:,} | {len(seconds):,} | {low:.0f} | {high:.0f} | {most:.0f} |")
    load = os.getloadavg()[0]
    lines += ["", f"Load of the machine at the end, other work included: {load:.1f}."]
    return "\n".join(lines) + "\n"


def measured(scratch: Path, count: int) -> str:
    """Loss and latencies, as a page."""
    made = released_home(scratch)
    outcomes = [loss(made, scratch / f"kills{kills}", count, kills) for kills in (0, KILLS)]
    timed = {}
    for rate in RATES:
        folder = scratch / f"rate{rate}"
        folder.mkdir()
        settings = copied(made, folder)
        with broker(folder) as mosquitto:
            timed[rate] = latencies(settings, folder, mosquitto.port, rate)
    return page(outcomes, timed)


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, help="default: 100,000, of --away 20,000")
    parser.add_argument("--away", type=float, help="seconds for which the broker is stopped")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if chosen.away is not None:
            told = away_page(away(Path(scratch), chosen.readings or 20_000, chosen.away))
        else:
            told = measured(Path(scratch), chosen.readings or 100_000)
    sys.stdout.write(told)
    if chosen.out is not None:
        chosen.out.write_text(told)


if __name__ == "__main__":
    main()
