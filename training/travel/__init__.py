"""Models of the travel domain."""
