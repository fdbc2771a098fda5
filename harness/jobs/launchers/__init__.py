"""Ways to run jobs, of one signature: here, on a cluster, by somebody's plug-in."""
