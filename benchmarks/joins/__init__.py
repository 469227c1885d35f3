"""Point-in-time joins beside Feast's DuckDB store, a bare ASOF join and pandas.merge_asof."""
