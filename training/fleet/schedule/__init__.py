"""The maintenance schedule: fleets simulated on what was learned, and who enters a hangar."""
