"""What this machine and this installation can do, what is missing for what, and what to do about it."""
