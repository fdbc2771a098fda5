"""Where real slices come from: options, sources, the pool, patients told by likeness, halves by patient."""
