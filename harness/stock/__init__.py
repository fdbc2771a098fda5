"""What lies in a store, what of it is damaged, and what no run needs: `python -m harness.store`."""
