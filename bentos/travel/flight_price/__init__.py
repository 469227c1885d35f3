"""POST /v1/flight-price: the price of a flight."""
