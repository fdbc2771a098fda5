"""The trainings of a plan on a cluster: workers, nodes that fail, one head, one store that all share.

As `harness.jobs` does it: the head plans, then hands out a job at a time; a worker starts with its first job, reads
its members, trains and keeps its state in the store whenever that is due, writes the generator, reads it back, draws
the release and writes that. Where a node fails, its jobs go to the end of the queue and go on from what was kept.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import simpy

from benchmarks.simulated.pipe import Pipe

Events = Generator[simpy.Event, Any, None]


class Load(NamedTuple):
    """What one job is.

    train_sec, release_sec: of a worker that has begun, one is drawn for each job; read_bytes: before it trains;
    checkpoint_bytes: of the state that is kept.
    """

    train_sec: Sequence[float]
    release_sec: Sequence[float]
    read_bytes: float
    generator_bytes: float
    release_bytes: float
    checkpoint_bytes: float

    @property
    def job_sec(self) -> float:
        """Of a training and its release, on the average."""
        return float(np.mean(self.train_sec) + np.mean(self.release_sec))


class Site(NamedTuple):
    """Where jobs run.

    start_sec: of a worker, until it trains; plan_sec: of the head, before the first job; head_sec, found_sec: of the
    head for each job that it hands out, and for each when all are made; node_mtbf_sec: mean time between two failures
    of a node; repair_sec: that it is away; kept_every_sec: between two checkpoints.
    """

    gpus: int
    start_sec: float
    plan_sec: float
    head_sec: float
    found_sec: float
    bytes_a_sec: float
    kept_every_sec: float
    gpus_a_node: int = 8
    node_mtbf_sec: float = math.inf
    repair_sec: float = 0.0


USEFUL = "training and releasing"
PLANNING, STARTING, HEAD = "the head's planning", "workers that start", "waiting for the head"
STORE, KEEPING, LOST, DOWN = "waiting for the store", "checkpoints", "work that failures lose", "nodes under repair"
FEW, TAIL = "fewer jobs than GPUs", "waiting for the last jobs"


@dataclass
class Simulated:
    """What came out. gpu_sec: seconds of all GPUs by what they were spent on; store_bytes: moved; failures: of nodes;
    twice: jobs that failed more than once."""

    makespan_sec: float
    gpu_sec: dict[str, float]
    store_bytes: float
    failures: int
    twice: int

    @property
    def efficiency(self) -> float:
        """The part of all GPU seconds in which something was made that is needed, and was not lost."""
        return self.gpu_sec[USEFUL] / sum(self.gpu_sec.values())

    @property
    def bottleneck(self) -> str:
        """What takes most of the rest."""
        return max((name for name in self.gpu_sec if name != USEFUL), key=lambda name: self.gpu_sec[name])


@dataclass(eq=False)
class _Job:
    """kept_sec: of its training, in the store; trained: whether its generator is."""

    train_sec: float
    release_sec: float
    kept_sec: float = 0.0
    trained: bool = False
    failures: int = 0


def simulate(load: Load, n_jobs: int, site: Site, rng: np.random.Generator) -> Simulated:
    """All jobs of one plan, from the head's start to its end."""
    train, release = (
        rng.choice(np.asarray(seconds, float), n_jobs) for seconds in (load.train_sec, load.release_sec)
    )
    jobs = [_Job(float(one), float(other)) for one, other in zip(train, release, strict=True)]
    cluster = _Cluster(simpy.Environment(), load, site, deque(jobs), rng)
    left = min(site.gpus, n_jobs)
    while left:
        cluster.env.process(cluster.node(min(left, site.gpus_a_node)))
        left -= min(left, site.gpus_a_node)
    cluster.env.run(until=cluster.done)
    head_alone = site.plan_sec + n_jobs * site.found_sec
    makespan = head_alone + float(cluster.env.now)
    spent = {name: float(cluster.spent[name]) for name in (USEFUL, STARTING, HEAD, STORE, KEEPING, LOST, DOWN)}
    spent[PLANNING] = head_alone * site.gpus
    spent[FEW] = max(site.gpus - n_jobs, 0) * float(cluster.env.now)
    spent[TAIL] = max(makespan * site.gpus - sum(spent.values()), 0.0)
    twice = sum(job.failures > 1 for job in jobs)
    return Simulated(makespan, spent, cluster.pipe.bytes_moved, cluster.failures, twice)


@dataclass
class _Cluster:
    env: simpy.Environment
    load: Load
    site: Site
    waiting: deque[_Job]
    rng: np.random.Generator
    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    left: int = 0
    failures: int = 0

    def __post_init__(self) -> None:
        self.left = len(self.waiting)
        self.head = simpy.Resource(self.env)
        self.pipe = Pipe(self.env, self.site.bytes_a_sec)
        self.come_back = self.env.event()
        self.done = self.env.event()

    def node(self, n_workers: int) -> Events:
        """Its workers, which begin together and end with it."""
        while True:
            workers = [self.env.process(self.worker()) for _ in range(n_workers)]
            if math.isinf(self.site.node_mtbf_sec):
                return
            yield self.env.timeout(self.rng.exponential(self.site.node_mtbf_sec))
            self.failures += 1
            for one in workers:
                if one.is_alive:
                    one.interrupt()
            yield from self.lasting(self.env.timeout(self.site.repair_sec), DOWN, n_workers)

    def worker(self) -> Events:
        """One GPU's process, until no job is left or its node fails."""
        job: _Job | None = None
        began = False
        try:
            while True:
                while not self.waiting:
                    yield self.come_back
                job = self.waiting.popleft()
                with self.head.request() as turn:
                    yield from self.lasting(turn, HEAD)
                    yield from self.lasting(self.env.timeout(self.site.head_sec), HEAD)
                if not began:
                    yield from self.lasting(self.env.timeout(self.site.start_sec), STARTING)
                    began = True
                yield from self.made(job)
                job = None
                self.left -= 1
                if not self.left:
                    self.done.succeed()
        except simpy.Interrupt:
            if job is not None:
                job.failures += 1
                self.waiting.append(job)
                come_back, self.come_back = self.come_back, self.env.event()
                come_back.succeed()

    def made(self, job: _Job) -> Events:
        """One job, from what is kept of it."""
        if not job.trained:
            yield from self.moved(self.load.read_bytes + (self.load.checkpoint_bytes if job.kept_sec else 0.0), STORE)
            yield from self.trained(job)
        yield from self.moved(self.load.generator_bytes, STORE)  # the release is drawn from what was saved
        yield from self.work(job.release_sec, self.moved(self.load.release_bytes, STORE))

    def trained(self, job: _Job) -> Events:
        """The training, piece by piece; safe once its checkpoint is written, or its weights."""
        while True:
            left = job.train_sec - job.kept_sec
            piece = min(self.site.kept_every_sec, left)
            last = piece == left
            keep = (self.load.generator_bytes, STORE) if last else (self.load.checkpoint_bytes, KEEPING)
            yield from self.work(piece, self.moved(*keep))
            job.kept_sec += piece
            if last:
                job.trained = True
                return

    def work(self, seconds: float, kept: Events) -> Events:
        """So much work, lost unless what keeps it ends."""
        since, spent_on = self.env.now, LOST
        done = since
        try:
            yield self.env.timeout(seconds)
            done = self.env.now
            yield from kept
            spent_on = USEFUL
        finally:
            self.spent[spent_on] += (done if done > since else self.env.now) - since

    def moved(self, n_bytes: float, name: str) -> Events:
        """Through the pipe that all share."""
        moving = self.pipe.move(n_bytes)
        try:
            yield from self.lasting(moving, name)
        finally:
            self.pipe.leave(moving)

    def lasting(self, event: simpy.Event, name: str, n_workers: int = 1) -> Events:
        """Until it happens, or the node fails."""
        since = self.env.now
        try:
            yield event
        finally:
            self.spent[name] += (self.env.now - since) * n_workers
