"""Parsers of what others wrote, fuzzed: each with seeds that code makes, and the ends that its docstring allows."""
