"""From a stored picture to 8-bit greys of the working size, and what was converted on the way."""
