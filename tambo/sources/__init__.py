"""Raw contracts and the readers and generators of each domain."""
