"""What every attack must do, whoever wrote it: `pytest --pyargs attacks.conformance --attack NAME`."""
