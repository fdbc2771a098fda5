"""How a plan scales past what can be run here: two workers measured and simulated, then a cluster."""
