"""The generators of `dct`: their space, their network, training and sampling."""
