"""The fleet service: which vessels need maintenance, when, at what cost, and who flies what."""

MODELS = ("maintenance_due", "maintenance_cost", "maintenance_schedule")
"""Registered models whose champions the bento holds."""

OPTIONAL = ("maintenance_cost", "maintenance_schedule")
"""Of these, models that it answers without: not every hangar tells what it charged, and without
costs, bases and bookings there is nothing to schedule by."""

PACKAGES = ("ortools",)
"""What it imports besides what every service does: it plans trips and maintenance."""

CODE = (
    "tambo/progress.py",
    "tambo/sources/__init__.py",
    "tambo/sources/contracts.py",
    "tambo/sources/door.py",
    "tambo/sources/fetch_state.py",
    "tambo/sources/sensors.py",
    "tambo/sources/fleet/__init__.py",
    "tambo/sources/fleet/contracts.yml",
    "tambo/sources/fleet/stream.py",
    "tambo/sources/mqtt/__init__.py",
    "tambo/sources/mqtt/stream.py",
)
"""Files that it runs besides those of every service: sensors are set by the contract's rules."""
