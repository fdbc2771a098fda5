"""Challenges as data: descriptors (YAML), published tables (CSV), their reader, `python -m harness.editions`."""
