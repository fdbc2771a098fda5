"""A finished run's folder: what `results.json` and `manifest.json` hold, and the one reader of them."""
