"""Keys of generators, releases and surrogates as version 0.2.0 makes them: trainings of an old store are found again.

A change here costs every user hours of training; where it is meant (`shadow_models.recipe.SCHEMA`) CHANGELOG tells.
"""

from __future__ import annotations

import numpy as np

from harness.config.settings import composed
from harness.data.edition_release import RELEASED_FILE, releases_of
from harness.data.pool import Pool
from harness.jobs.generators import SurrogateJob
from harness.jobs.targets import ReleaseSpec
from harness.planning.make import make_plan
from harness.planning.work import work_list
from shadow_models.families.dct import DctRecipe

GENERATORS = [
    "3be170dc6f286065d6a535c734e8b42b",
    "95599a8cc6cc746570e0c3753b5e841e",
    "d325f53f5e308db09f1c3bfb31d2bad2",
    "426428b55ad8f5863eab00d7a5c05439",
    "741c822c6043ad15348da61114a911b5",
]
RELEASES = [
    "f8eabb9226d6acdf0ff6935d6550e5b2",
    "df2693aeb5584335be9d311aa224caf0",
    "a08e8e061641bfa8172a6e3430deef9f",
    "105e098903a67cc9f132c87cfd35112a",
    "5216614022ec26e907be8851a2d250e5",
]
SURROGATES = [
    "7f748ac3a092db3f3cfe24c6a22bbaef",
    "4f34da33d964a2e92a73be17def66738",
    "a7f71e9de090942986050a21f09fc110",
    "0dd84e166a28a6c0e2aa284db6a185f1",
    "c96189c6a46394d673fab3a531a38927",
]


def test_the_default_plan_names_what_commit_976be1c_trained():
    """Sixteen slices of eight patients whose digests are made up, so that no floating point decides a key."""
    ids, patients = (tuple(f"{what}{i // size:02d}" for i in range(16)) for what, size in (("s", 1), ("p", 2)))
    digests = tuple(f"{i:064x}" for i in range(16))
    pool = Pool("key", np.zeros((16, 4, 4), np.uint8), ids, patients, digests, np.arange(16), {})
    settings = composed(["store.root=store", "attack=loss", "surrogate.use=true", "shadow.start=nothing"])
    work = work_list(settings, make_plan(settings, pool))
    assert [job.key for job in work.generators] == GENERATORS
    assert [job.release_key for job in work.generators] == RELEASES
    assert [job.key for job in work.surrogates] == SURROGATES


def test_an_editions_release_and_its_surrogate_keep_their_names_while_reading_keeps_its_version(tmp_path):
    """Since version 2026-11-26 of reading, which reads some files otherwise; older stores read releases anew."""
    (tmp_path / "generated_00001.png").write_bytes(b"released")
    (tmp_path / "generated_00002.png").write_bytes(b"too")
    given = releases_of(["test_candidates"], {"test_generated": tmp_path}, 16)["test"]
    assert given.key == "5c99d8afe0df04a7202fd0b317c9bd50"
    release = ReleaseSpec("given", given.key, RELEASED_FILE, given.n_images)
    assert SurrogateJob("store", "", release, DctRecipe(), 5).key == "cac4e89cbfd031e7a1873eee82648ad6"
