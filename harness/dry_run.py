"""`dry_run=true`: the plan, every key, what the store already has, and how long the rest should take."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from harness.config import Settings
from harness.plan import Plan, make_plan
from harness.pool import load_pool
from harness.store import Store


def show_plan(settings: Settings, console: Console) -> None:
    """Print the plan without training, sampling or attacking; the pool alone is read."""
    store = Store(settings.store_root)
    pool = load_pool(settings.data, store)
    plan = make_plan(settings, pool)
    patients = len({pool.patient_ids[place] for place in pool.taken})
    console.print(f"Pool {pool.key}: {len(pool)} slices of {patients} patients, {settings.data.size} px")
    table = Table("generator", "members", "key", "release", "cached", box=None, padding=(0, 1, 0, 0))
    for job in plan.generators:
        cached = store.find("release", job.release_key) is not None
        table.add_row(job.name, str(len(job.members)), job.key[:16], job.release_key[:16], "yes" if cached else "no")
    console.print(table)
    console.print(_attacks(settings, plan, store))
    console.print(_time(settings, plan, store))


def _attacks(settings: Settings, plan: Plan, store: Store) -> Table:
    """A line an attack: the key of its scores on each shadow, at most four shown, and how many the store has."""
    table = Table("attack", "access", "keys", "cached", box=None, padding=(0, 1, 0, 0))
    for attack in settings.attacks.values():
        keys = [plan.attack_shadow(attack, number).key for number in range(len(plan.shadows))]
        cached = sum(store.find("scores", key) is not None for key in keys)
        table.add_row(
            attack.name, attack.needs.value, " ".join(key[:8] for key in keys[:4]), f"{cached} of {len(keys)}"
        )
    return table


def _time(settings: Settings, plan: Plan, store: Store) -> str:
    """What is left, from what the same recipe cost here before; without such a memory, no guess."""
    made = [(store.find("generator", job.key), store.find("release", job.release_key)) for job in plan.generators]
    seconds = [trained.seconds + drawn.seconds for trained, drawn in made if trained and drawn]
    missing = len(plan.generators) - len(seconds)
    if not missing:
        return "Every generator is in the store: the run takes seconds."
    if not seconds:
        return f"{missing} generators to train; the store has none of this recipe yet to tell how long one takes."
    mean = sum(seconds) / len(seconds)
    return f"{missing} generators to train, about {mean:.0f} s of one worker each, as the finished ones took."
