"""What was found in the data, before anything is trained: `python -m harness.data look`."""
