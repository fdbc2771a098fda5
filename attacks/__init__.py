"""Membership-inference attacks: one file an attack, found by name. `attacks.base` is the contract."""
