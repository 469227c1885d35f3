"""Models of the time to an event that is often not seen: right-censored, with two causes."""
