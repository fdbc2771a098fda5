"""Odd inputs with answers known by construction, what asks the harness about them, and what judges how that ended."""
