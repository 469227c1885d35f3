"""Plans made from forecasts and learned responses: pure functions, one slice a domain."""
