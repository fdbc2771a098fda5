"""Generators we train ourselves: recipe, training, sampling, denoising. Knows nothing above it."""
