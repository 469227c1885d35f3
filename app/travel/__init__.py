"""Pages of the travel domain."""
