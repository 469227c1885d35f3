"""Plans of a fleet: what a maintenance schedule sees, and who enters a hangar."""
