"""`launch=ray`: jobs on a Ray cluster, or on a Ray of this machine alone."""
