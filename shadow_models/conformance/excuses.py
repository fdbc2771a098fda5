"""Which tests a family may be excused from, because it may by its nature not be able to pass them.

A family names them in `Recipe.excused`, each with a sentence; the test is then skipped with it. No other may be.
"""

from __future__ import annotations

from collections.abc import Mapping

EXCUSABLE: Mapping[str, str] = {
    "test_another_seed_trains_another_generator": "nothing in training is drawn at random",
    "test_goes_on_from_a_checkpoint": "its steps are done by something that keeps no state",
    "test_training_reports_its_steps": "nobody can see how far its training is",
    "test_an_image_does_not_hang_on_how_many_are_drawn": "images are drawn together and cannot be drawn alone",
    "test_another_seed_draws_another_release": "it has one release",
    "test_sampling_reports_its_images": "nobody can see how far its sampling is",
    "test_members_come_out": "it learns, but is made so that no single member shows (differential privacy)",
}
"""Name of the test to when one may be excused."""
