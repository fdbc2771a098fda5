"""`python -m harness.site RUNS... --out DIR`: runs as a static site, to browse from disk and to publish."""
