"""The stream of fleet: what the vessels' sensors read."""

from tambo.sources.mqtt.stream import Stream

STREAM = Stream(
    domain="fleet",
    table="telemetry",
    sender="aircraft_id",
    time="read_at",
    push_source="telemetry",
)
