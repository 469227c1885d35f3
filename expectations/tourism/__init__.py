"""What holds in tourism beyond ranges."""
