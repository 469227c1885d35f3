"""The off-season campaign plan of tourism: where visitors will be missing, and what to spend there.

Pure functions of arrays: numpy alone, so that training, services and benchmarks share them.
"""
