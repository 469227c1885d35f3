"""What holds in the fleet beyond ranges."""
