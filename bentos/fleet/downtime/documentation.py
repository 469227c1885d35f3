"""What the OpenAPI document says of downtimes, with examples."""

from __future__ import annotations

from pydantic import TypeAdapter

from bentos.fleet.downtime.recording import open_downtime
from bentos.fleet.downtime.schemas import EXAMPLE, REQUEST, KeptDowntime, KeptDowntimes
from bentos.inference.documentation import problem_examples
from bentos.inference.intake import IntakeEndpoint
from bentos.inference.requests import WORDS
from bentos.web.endpoint import Operation
from tambo.access.fleet import WRITES

_KEPT = {
    **{name: EXAMPLE[name] for name in ("aircraft_id", "started_at", "ended_at")},
    "status": "recorded",
    "received_at": "2026-03-01T10:31:40.006000Z",
}

OPERATION = Operation(
    path="/v1/downtime",
    name="downtime",
    summary="Tell since when, or until when, a vessel cannot be used",
    description=(
        "A downtime, or `items` with many. Its begin is told when it begins, and its end under the "
        "same vessel and begin, as a correction. It is kept when the answer comes, and known to "
        "features after the next `tambo ingest`. The same again is answered as before with 200."
    ),
    request=REQUEST,
    answer=TypeAdapter(KeptDowntime | KeptDowntimes),
    words=WORDS,
    skip=1,
    roles=WRITES["downtime"],
    writes=True,
    request_examples={
        "It begins": EXAMPLE,
        "It has ended": {**EXAMPLE, "ended_at": "2026-03-02T08:00:00Z"},
    },
    answer_examples={"Kept": _KEPT, "A batch": {"items": [_KEPT]}},
    problem_examples=problem_examples("ended_at", "lies before started_at"),
)

DOWNTIME = IntakeEndpoint(OPERATION, open_downtime, KeptDowntimes)
