"""The page on who may do what says what the code says."""

from __future__ import annotations

import re

from tambo.access.fleet import ASKS, READS, ROLES, WRITES
from tambo.settings import PROJECT_ROOT

BUILT = {
    "/v1/maintenance-due": ASKS["maintenance_due"],
    "/v1/maintenance-alerts": ASKS["maintenance_alerts"],
    "/v1/maintenance-schedule": ASKS["maintenance_schedule"],
    "/v1/operations-plan": ASKS["operations_plan"],
    "/v1/service-logs": WRITES["service_logs"],
    "/v1/downtime": WRITES["downtime"],
    "/v1/sensors": WRITES["sensors"],
    "/v1/sensors/history": ASKS["sensor_history"],
}


def tables() -> dict[str, set[str]]:
    """Roles by the first name in each row of the tables of roles."""
    text = (PROJECT_ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    found = {}
    for head, body in re.findall(
        r"\| (?:reads|asks, tells) \| (.+) \|\n\|[-|]+\|\n((?:\|.+\n)+)", text
    ):
        roles = head.split(" | ")
        for line in body.splitlines():
            first, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            may = {role for role, cell in zip(roles, cells, strict=True) if cell == "yes"}
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", first), may)
    return found


def test_the_page_has_each_view_and_operation_with_its_roles():
    said = tables()
    expected = {name: set(roles) for name, roles in {**READS, **BUILT}.items()}
    assert {name: said[name] for name in expected} == expected
    assert set().union(*said.values()) == set(ROLES)
