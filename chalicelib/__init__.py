"""The app behind the routes of Chalice: README.md beside this file has the map."""

import gc

gc.set_threshold(10_000)
"""A cold start makes many objects and no garbage; with the default of 700 the collector takes a seventh of its time."""
