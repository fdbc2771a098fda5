"""What benchmarks of faults share: runs that are disturbed, set beside an undisturbed one, and the count."""
