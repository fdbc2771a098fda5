"""What runs cost in time and memory, measured side by side in one run."""
