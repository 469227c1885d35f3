"""Messages of an MQTT broker: kept as they arrive, taken into the lake in micro-batches."""
