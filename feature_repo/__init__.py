"""Feast definitions, one slice a domain."""

# It comes before Feast, as it leaves Feast unchecked: see there.
import tambo.featurestore  # noqa: F401
