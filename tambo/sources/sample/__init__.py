"""What the sample worlds of all domains share: seeded draws, files made once or not at all, dirt.

A domain's own world is `tambo/sources/<domain>/world`, with `sample(settings, out, progress)`.
"""
