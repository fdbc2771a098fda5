"""Networks and augmentation of the family `gan`."""
