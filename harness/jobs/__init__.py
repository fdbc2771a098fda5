"""What runs elsewhere, and where: launchers, progress, training, observing, scoring, and the targets they name."""
