"""Faults: runs that are killed, stopped, short of room or two at once, and what becomes of them."""
