"""What runs cost (speed), how well attacks do (power), what odd inputs end in (misread): `python -m benchmarks`."""
