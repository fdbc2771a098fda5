"""Families of one network that denoises: options, members of a step, spaces, learner and generator."""
