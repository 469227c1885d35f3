"""Sources of the fleet domain: yachts and private jets."""
