"""Folders: what lies in one, which of its files are images, and what its metadata say."""
