"""The ways to launch jobs, and the clusters that some of them want: of this machine alone, begun here."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from launching import ways
from slurm_cluster import Cluster, cluster

from harness.config.launch_options import LaunchOptions, LocalLaunch, RayLaunch, SlurmLaunch
from harness.jobs.launchers.base import Launcher
from harness.jobs.launchers.making import make_launcher
from harness.store import Store

OF_RAY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": "^"}


class Way(NamedTuple):
    """One launcher under test, of two jobs at a time. store: of a folder, where it may note what it handed in."""

    name: str
    options: Callable[..., LaunchOptions]
    store: Store

    def made(self, **more: Any) -> Launcher:
        return make_launcher(self.options(**more), "cpu", self.store)

    @property
    def words(self) -> tuple[str, str]:
        """For `launched.py`."""
        given = vars(self.options())
        return self.name, json.dumps(given)


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Any]:
    """Two raylets on loopback, of one core each."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        for name, value in {**OF_RAY, "RAY_TMPDIR": folder}.items():
            patch.setenv(name, value)  # read as Ray is imported
        ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
        from ray.cluster_utils import Cluster

        (Path(folder) / "ray").mkdir()
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        cluster.add_node(num_cpus=1)
        yield cluster
        assert not ray.is_initialized(), "a launcher did not take leave"
        cluster.shutdown()


@pytest.fixture(scope="session")
def slurm() -> Iterator[Cluster]:
    """A real SLURM of this machine, with two CPUs."""
    with cluster() as begun:
        yield begun


@pytest.fixture(params=ways("local", "ray", "slurm"))
def way(request, tmp_path_factory) -> Way:
    """Every launcher in turn."""
    store = Store(tmp_path_factory.mktemp("handed") / "store")
    if request.param == "ray":
        address = request.getfixturevalue("ray_cluster").address
        return Way("ray", lambda **more: RayLaunch(address=address, workers=2, **more), store)
    if request.param == "slurm":
        request.getfixturevalue("slurm")
        return Way("slurm", lambda **more: SlurmLaunch(workers=2, takes="all", array=4, **more), store)
    return Way("local", lambda **more: LocalLaunch(workers=2, **more), store)


@pytest.fixture
def launcher(way) -> Iterator[Launcher]:
    with closing(way.made()) as made:
        yield made
