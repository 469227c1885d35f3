"""Feast on DuckLake: data source, offline store, publishing, historical features, explanations."""

from tambo.featurestore.unchecked import leave_feast_unchecked

# Before any module of this package imports Feast.
leave_feast_unchecked()
