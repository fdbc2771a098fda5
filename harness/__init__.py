"""The benchmark harness: everything that moves data. `harness.pipeline` reads as the method."""
