"""POST /v1/maintenance-schedule: who enters a hangar on which day, against the current plan."""
