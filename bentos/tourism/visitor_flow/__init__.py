"""POST /v1/visitor-flow and /v1/visitor-flow/explanations: visitors to come, and why."""
