"""`python -m harness.share`: a copy of a run's folder that may be passed on."""
