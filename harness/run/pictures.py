"""Whether what a run writes may show slices and released images, and the sentences where it may not."""

from __future__ import annotations

import warnings

from harness.config.settings import Settings
from harness.errors import HarnessWarning


def told_of_pictures(settings: Settings) -> None:
    """A HarnessWarning where real slices would have been shown had somebody asked: one note, before the work."""
    if settings.pictures == "phantom" and not settings.shows_pictures:
        text = (
            "report.html shows no pictures of slices or released images, and there is no contact_sheet.png: "
            "report.pictures=all has both, and the folder must then be treated as the slices are"
        )
        warnings.warn(HarnessWarning(f"{text} (report.pictures=none leaves out this note)."), stacklevel=2)


def in_place_of_pictures(settings: Settings) -> str:
    """What the page says where the pictures would be; empty where it has them."""
    if settings.shows_pictures:
        return ""
    return (
        f"No slice, no released image and no name of either is shown here (report.pictures={settings.pictures}). "
        "The candidates stand in scores.csv. The same command with report.pictures=all shows the pairs that match "
        "best, in seconds, since all is in the store; this page must then be treated as the slices are."
    )
