"""Loops over pairs of images, compiled by numba: imported only where they run, since numba takes half a second.

The machine code is kept on disk beside the module, or, where that cannot be written, in the user's cache folder or
`NUMBA_CACHE_DIR`. The tests hold every kernel against plain NumPy.
"""
