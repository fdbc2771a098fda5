"""`python -m harness.run`: the command, its dry run, and everything that it writes and says."""
