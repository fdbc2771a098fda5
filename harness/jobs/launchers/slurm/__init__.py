"""`launch=slurm`: jobs that SLURM runs, through submitit, found again by their keys."""
