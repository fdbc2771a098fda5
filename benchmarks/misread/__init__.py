"""Odd inputs, a class each: how many were tried, and whether they ended right, refused or wrong."""
