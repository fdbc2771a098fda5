"""Before anything runs: who is in which generator, every key, who takes part, and a search for leaks."""
