"""DICOM: files found by what they hold, series put together, and nothing else of a header kept."""
