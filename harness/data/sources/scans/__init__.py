"""Volumes of scanners, DICOM and NIfTI, as axial slices in a window."""
