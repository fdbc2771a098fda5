"""`python -m harness.attribution`: which training subset, or which generator, does a generated image stem from?"""
