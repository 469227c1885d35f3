"""What the OpenAPI document says of service logs, with examples."""

from __future__ import annotations

from pydantic import TypeAdapter

from bentos.fleet.service_logs.recording import open_service_logs
from bentos.fleet.service_logs.schemas import (
    EXAMPLE,
    REQUEST,
    KeptServiceLog,
    KeptServiceLogs,
)
from bentos.inference.documentation import problem_examples
from bentos.inference.intake import IntakeEndpoint
from bentos.inference.requests import WORDS
from bentos.web.endpoint import Operation
from tambo.access.fleet import WRITES

_KEPT = {
    **{name: EXAMPLE[name] for name in ("aircraft_id", "logged_at", "author")},
    "status": "recorded",
    "received_at": "2026-03-01T10:16:02.118000Z",
}

OPERATION = Operation(
    path="/v1/service-logs",
    name="service_logs",
    summary="Tell what was found or done on a vessel",
    description=(
        "An entry, or `items` with many. It is kept when the answer comes, and known to features "
        "after the next `tambo ingest`. Vessel, time and author are its key: the same again is "
        "answered as before with 200, another content of the key corrects it."
    ),
    request=REQUEST,
    answer=TypeAdapter(KeptServiceLog | KeptServiceLogs),
    words=WORDS,
    skip=1,
    personal=True,
    roles=WRITES["service_logs"],
    writes=True,
    request_examples={"An entry": EXAMPLE, "A batch": {"items": [EXAMPLE]}},
    answer_examples={"Kept": _KEPT, "A batch": {"items": [_KEPT]}},
    problem_examples=problem_examples("aircraft_id", "'OB-1' is no vessel of the register"),
)

SERVICE_LOGS = IntakeEndpoint(OPERATION, open_service_logs, KeptServiceLogs)
