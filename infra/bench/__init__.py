"""`make bench`: the deployed zip against the bounds of cold start and of CPU."""
