"""Before anything runs: who is in which generator, what each target is, who takes part, and a search for leaks."""
