"""Families of generators: one file each, named as the family."""
