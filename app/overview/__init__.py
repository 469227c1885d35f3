"""Pages about all domains: the data and the models."""
