"""What runs cost (speed) and how well attacks do (power): `python -m benchmarks` lists the benchmarks."""
