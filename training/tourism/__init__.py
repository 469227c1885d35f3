"""Models of tourism."""
