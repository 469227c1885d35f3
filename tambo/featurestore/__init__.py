"""Feast on DuckLake: data source, offline store, publishing, historical features, explanations."""
