"""The models of the fleet: what is due, what it costs, and when to do it."""
