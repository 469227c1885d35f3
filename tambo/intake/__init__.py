"""What people and programs tell over HTTP: kept when it is acknowledged, in the lake later.

Nothing in here needs the lake: a service has neither DuckDB nor the contracts at hand.
`tambo.sources.arrived` takes in what waits, through every check of ingest.
"""
