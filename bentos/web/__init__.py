"""JSON over HTTP for all services: endpoints, problems, the OpenAPI document and its page.

BentoML's own endpoints answer some bad requests with 500 and others with bodies of three shapes,
and its OpenAPI generator drops examples and unions. So a service mounts a Starlette application
made here, and BentoML does the rest: the server, metrics, health, building and images.
"""
