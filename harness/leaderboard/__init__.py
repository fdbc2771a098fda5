"""`python -m harness.leaderboard`: an edition's published table, what follows from it, own rows beside it."""
