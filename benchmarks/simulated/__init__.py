"""A cluster that is not there, simulated event by event from what was measured here (simpy)."""
