"""What is handed in: strict writer, tolerant reader, truth files, scores, `python -m harness.submission`."""
