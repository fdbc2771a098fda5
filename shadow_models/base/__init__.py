"""The base that ships: a generator of phantoms that are in no data, from which others are trained on."""
