"""What runs elsewhere, and where: launching, progress, training, observing, scoring, and the targets they name."""
