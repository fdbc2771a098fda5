"""`python -m harness.challenge`: make a simulated challenge whose truth is known, and score what is handed in."""
