"""Data sets of rows, each with an image: parquet files, a folder, or one of the Hub."""
