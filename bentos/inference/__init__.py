"""From a request to an answer by a model and its online features: what all services share."""
