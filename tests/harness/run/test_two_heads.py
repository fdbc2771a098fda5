"""Two heads, as two people start them: on one store, or on two stores with one mirror. Nothing is made twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from s3_server import MISSING, program, served

from benchmarks.faulted.counted import LOG, made
from benchmarks.faulted.runs import RUN, differing, digests, end, start
from harness.store.elsewhere import MIRRORED
from harness.store.locks import MARK

pytestmark = pytest.mark.cluster
WORDS = [
    "data=phantom", "data.size=16", "data.patients=16", "data.slices=1", "shadow.block=2", "shadow.channels=[8,16]",
    "shadow.steps=20", "shadow.n_images=16", "shadow.count=4", "launch.workers=1", "device=cpu", f"out={RUN}",
    "report.pictures=none", "launch.shard_images=6",
]  # fmt: skip


def two_heads(tmp_path: Path, words, environment):
    """Both run at once, and end well, each with the same bytes; what was made, by name, and how often."""
    log = tmp_path / "made.txt"
    log.touch()
    told = {LOG: str(log), "OMP_NUM_THREADS": "1", **environment}
    heads = [
        start(tmp_path / name, [*WORDS, *words(name)], told, module="benchmarks.faulted.counted")
        for name in ("a", "b")
    ]
    for head in heads:
        ended = end(head)
        assert ended.code == 0, ended.told
    assert differing(digests(tmp_path / "a" / RUN), digests(tmp_path / "b" / RUN)) == set()
    return Counter(made(log))


def test_two_heads_on_one_store_whose_locks_are_folders(tmp_path):
    store = tmp_path / "store"
    made = two_heads(tmp_path, lambda _: ["attack=knn", f"store.root={store}", "store.lock=file"], {})
    assert {name.split("/")[0] for name in made} == {"pool", *MIRRORED}
    assert set(made.values()) == {1}
    assert [path.name for path in (store / "locks").iterdir()] == [MARK]


@pytest.mark.parametrize("where", ["folder", "s3"])
def test_two_heads_with_a_store_each_and_one_mirror(tmp_path, where):
    def run(mirror, environment):
        def words(name):
            return ["attack=knn", f"store.root={tmp_path / name / 'store'}", f"store.mirror={mirror}"]

        made = two_heads(tmp_path, words, environment)
        assert {name for name, times in made.items() if times > 1} == {one for one in made if one.startswith("pool/")}
        assert {name.split("/")[0] for name in made} == {"pool", *MIRRORED}
        stores = [digests(tmp_path / name / RUN, tmp_path / name / "store") for name in ("a", "b")]
        assert differing(*stores) == set()

    if where == "folder":
        run(tmp_path / "mirror", {})
        assert {path.name for path in (tmp_path / "mirror").iterdir()} <= {*MIRRORED, "claims", "probe"}
        assert list((tmp_path / "mirror" / "shard").iterdir()) == []
        return
    pytest.importorskip("obstore")
    if program() is None:
        pytest.skip(MISSING)
    with served(tmp_path / "log.txt") as server:
        run(server.address, server.environment)
