"""What `tambo listen` prints, and how it ends."""

from __future__ import annotations

import signal
import threading

from tambo.cli import console
from tambo.settings import Settings


def listen(settings: Settings, domain: str | None) -> None:
    """Listen to a domain's stream until Ctrl-C or SIGTERM; says in the end what came of it."""
    from tambo.cli.source import claim_doors
    from tambo.featurestore.push import FeaturePush
    from tambo.sources.contracts import of_home
    from tambo.sources.mqtt.consumer import Consumer
    from tambo.sources.mqtt.stream import find_stream
    from tambo.streaming.live import live_of

    stream = find_stream(domain)
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    pusher = FeaturePush(settings, stream.push_source)
    try:
        with console.progress_bar("listen") as progress:
            live = live_of(settings, stream, of_home(settings, stream.domain))
            consumer = Consumer(settings, stream, pusher, progress, live)
            claim_doors(settings)
            console.out.print(f"listening to {settings.telemetry_topic}", markup=False)
            try:
                consumer.run(stop)
            finally:
                console.out.print(consumer.line(), markup=False)
    finally:
        signal.signal(signal.SIGTERM, before)


def take_in_streams(settings: Settings) -> None:
    """Take in what waits of each stream, of which anything does."""
    from tambo.lake.waiting import waiting
    from tambo.sources.mqtt.landing import batch_folder
    from tambo.sources.mqtt.stream import all_streams
    from tambo.sources.mqtt.taking_in import take_in

    topics = {one.topic for one in waiting(settings)}
    for stream in all_streams():
        if stream.spool in topics or batch_folder(settings, stream).exists():
            done = take_in(settings, stream)
            console.out.print(f"{stream.domain} {stream.table}: {done.line()}", markup=False)
