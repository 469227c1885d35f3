"""The sample world."""

from tambo.sources.travel.world.generate import WorldSummary, generate

__all__ = ["WorldSummary", "generate"]
