"""What `tambo listen` prints, and how it ends."""

from __future__ import annotations

import signal
import threading
from itertools import islice

from tambo.cli import console
from tambo.settings import Settings


def listen(settings: Settings, domain: str | None, *, sample: bool = False) -> None:
    """Listen to a domain's stream until Ctrl-C or SIGTERM; says in the end what came of it.

    Args:
        settings: the Tambo home.
        domain: whose stream; None: of the only one that has one.
        sample: to the senders of the sample world, in the home that holds it.
    """
    from tambo.cli.source import claim_doors, claim_sample
    from tambo.featurestore.push import FeaturePush
    from tambo.sources.contracts import of_home
    from tambo.sources.mqtt.consumer import Consumer
    from tambo.sources.mqtt.sample import sample_arrivals, sample_settings
    from tambo.sources.mqtt.stream import find_stream
    from tambo.streaming.live import live_of

    stream = find_stream(domain)
    if sample:
        settings = sample_settings(settings, stream)
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    pusher = FeaturePush(settings, stream.push_source)
    try:
        with console.progress_bar("listen") as progress:
            live = live_of(settings, stream, of_home(settings, stream.domain))
            arrivals = sample_arrivals(stream) if sample else None
            consumer = Consumer(settings, stream, pusher, progress, live, arrivals)
            (claim_sample if sample else claim_doors)(settings)
            console.out.print(f"listening to {settings.telemetry_topic}", markup=False)
            try:
                consumer.run(stop)
            finally:
                console.out.print(consumer.line(), markup=False)
    finally:
        signal.signal(signal.SIGTERM, before)


def publish_sample(settings: Settings, domain: str | None, every: float, rounds: int) -> None:
    """Publish what the sample world's senders read until Ctrl-C or SIGTERM, or so many rounds."""
    from tambo.cli.source import claim_sample
    from tambo.sources.mqtt.sample import Senders, note_sent, sample_rounds
    from tambo.sources.mqtt.stream import find_stream

    stream = find_stream(domain)
    claim_sample(settings)
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    senders, sent = Senders(settings, stream), 0
    try:
        with console.progress_bar("sensors") as progress:
            told = islice(sample_rounds(settings, stream), rounds or None)
            for number, read_at, rows in told:
                senders.send(read_at, rows)
                note_sent(settings, number)
                sent += len(rows)
                progress(f"{read_at} in the sample world: {sent:,} readings published", 0, 0)
                if stop.wait(every):
                    break
    finally:
        senders.close()
        signal.signal(signal.SIGTERM, before)
        console.out.print(f"{sent:,} readings of the sample world published", markup=False)
    if not sent:
        console.out.print("the sample world's sensors have no more to read: four weeks are over")
