"""The fleet's roles: which views each reads, and what each may write.

Which views a role reads is said view by view, since it follows from the work, not from a tag: who
sells trips needs to know what flies, and not what an engine costs.
"""

from __future__ import annotations

from collections.abc import Mapping

FLEET_MANAGER = "fleet_manager"
TECHNICIAN = "technician"
OPERATIONS = "operations"
CUSTOMER_SUPPORT = "customer_support"
EXECUTIVE = "executive"

ROLES = (FLEET_MANAGER, TECHNICIAN, OPERATIONS, CUSTOMER_SUPPORT, EXECUTIVE)

READS: Mapping[str, tuple[str, ...]] = {
    "aircraft_profile": ROLES,
    "aircraft_operations": (FLEET_MANAGER, TECHNICIAN, OPERATIONS, EXECUTIVE),
    "aircraft_health": (FLEET_MANAGER, TECHNICIAN),
    "aircraft_maintenance": (FLEET_MANAGER, TECHNICIAN, EXECUTIVE),
    "aircraft_predicted_cost": (FLEET_MANAGER, TECHNICIAN, EXECUTIVE),
    "aircraft_service_logs": (FLEET_MANAGER, TECHNICIAN),
    "fleet_demand": (FLEET_MANAGER, OPERATIONS, CUSTOMER_SUPPORT, EXECUTIVE),
}
"""Which of the fleet's roles read each view; a view that is not here is read by none of them."""

ASKS: Mapping[str, tuple[str, ...]] = {
    "maintenance_due": (FLEET_MANAGER, TECHNICIAN, OPERATIONS, EXECUTIVE),
    "maintenance_alerts": (FLEET_MANAGER, TECHNICIAN, OPERATIONS),
    "maintenance_schedule": (FLEET_MANAGER, TECHNICIAN, OPERATIONS, EXECUTIVE),
    "operations_plan": (FLEET_MANAGER, OPERATIONS, CUSTOMER_SUPPORT),
    "sensor_history": (FLEET_MANAGER, TECHNICIAN, OPERATIONS, EXECUTIVE),
}
"""Which roles ask each operation of the service."""

WRITES: Mapping[str, tuple[str, ...]] = {
    "service_logs": (TECHNICIAN, FLEET_MANAGER),
    "downtime": (TECHNICIAN, FLEET_MANAGER, OPERATIONS),
    "sensors": (FLEET_MANAGER,),
}
"""Which roles tell of what."""
