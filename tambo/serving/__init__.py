"""What training hands to serving: the model artefact, and the shape of a service's errors."""
