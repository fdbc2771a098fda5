"""`dry_run=true`: what is to be trained and tried, what the store already has, how long the rest should take."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from harness.config.recipe_options import leak_of
from harness.config.settings import Settings
from harness.data.pool import Pool, load_pool
from harness.evaluation.estimate_text import counted
from harness.experiment.executor import Executor
from harness.experiment.matching import match_recipe
from harness.jobs.generators import GeneratorJob, SurrogateJob
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.looks import looks, missing_shards, observing_jobs
from harness.jobs.pace import known_pace, told
from harness.planning.make import check_candidates, make_plan
from harness.planning.start import with_start
from harness.planning.trials import recipes_tried
from harness.planning.work import WorkList, work_list
from harness.report.matched import told as told_recipe
from harness.report.start_line import start_line
from harness.store import Store
from harness.store.elsewhere import known
from shadow_models.recipe import Recipe

Training = GeneratorJob | SurrogateJob


def show_plan(settings: Settings, console: Console) -> None:
    """Print the plan without training, sampling or attacking; of the images the real slices alone are read."""
    with known(settings.store_root, settings.elsewhere):
        _show_plan(settings, console)


def _show_plan(settings: Settings, console: Console) -> None:
    store = Store(settings.store_root, settings.verify_store)
    pool = load_pool(settings.data, store, extra_apart=settings.learns_extra)
    check_candidates(settings, pool)
    patients = len({pool.patient_ids[place] for place in pool.taken})
    console.print(
        f"Pool {pool.key}: {counted(len(pool), 'slice')} of {counted(patients, 'patient')}, {settings.data.size} px"
    )
    settings, base = with_start(settings, pool)
    trials, tried = recipes_tried(settings, pool), False
    if trials and all(_cached(trial.job, store) for trial in trials) and _released(pool, store):
        settings = match_recipe(
            settings, pool, Executor(store, LocalLauncher(0, "cpu"), Console(quiet=True))
        ).settings
        tried = True
    work = work_list(settings, make_plan(settings, pool))
    of_base = [job for job in base.jobs if isinstance(job, GeneratorJob)] if base is not None else []
    console.print(start_line(settings.start.name, leak_of(settings.recipe, settings.start), settings.recipe))
    jobs: list[Training] = [*of_base, *(trial.job for trial in trials), *work.generators, *work.surrogates]
    console.print(_trainings(jobs, store))
    if trials and not tried:
        console.print(
            "The shadows will have the recipe whose release is most like the test's, of "
            f"{'; '.join(_in_words(trial.job.recipe) for trial in trials)}; here they have "
            f"{_in_words(settings.recipe)}."
        )
    console.print(_attacks(work, store))
    if settings.launch.shard_images is not None:
        console.print(_shards(settings.launch.shard_images, work, store))
    console.print(
        "On top come the same attacks before wrong targets and the test release; for the chosen one, knn and ssim "
        "power curves and, where they look at releases, copies planted into them; and tests of whole sets. "
        "Those that learn also meet members alone."
    )
    console.print(_time(settings, jobs, store))
    left = [job for job in work.surrogates_of_dev if not _cached(job, store)]
    if left:
        console.print(
            f"Should an attack that asks surrogates be chosen, its check on dev takes {len(left)} trainings more "
            "(surrogate.dev=false does without)."
        )


def _in_words(recipe: Recipe) -> str:
    return told_recipe(recipe.name, recipe.n_steps)


def _trainings(jobs: Sequence[Training], store: Store) -> Table:
    """A line a generator: what it learns from, its keys, and whether the store has it."""
    table = Table("generator", "learns from", "key", "release", "cached", box=None, padding=(0, 1, 0, 0))
    for job in jobs:
        cached = "yes" if _cached(job, store) else "no"
        if isinstance(job, GeneratorJob):
            table.add_row(job.name, f"{len(job.members)} slices", job.key[:16], job.release_key[:16], cached)
        else:
            table.add_row(job.name, f"{job.release.n_images} images", job.key[:16], "", cached)
    return table


def _cached(job: Training, store: Store) -> bool:
    if store.find("generator", job.key) is None:
        return False
    if isinstance(job, SurrogateJob) or job.n_images == 0:
        return True
    return store.find("release", job.release_key) is not None


def _released(pool: Pool, store: Store) -> bool:
    return all(store.find("given", one.key) is not None for one in pool.given.values())


def _attacks(work: WorkList, store: Store) -> Table:
    """A line an attack: the key of its scores on each shadow, at most four shown, and how many the store has."""
    table = Table("attack", "access", "keys", "cached", box=None, padding=(0, 1, 0, 0))
    for title, one in work.titled:
        keys = [one.plan.attack_shadow(one.attack, number).key for number in range(len(one.plan.shadows))]
        cached = sum(store.find("scores", key) is not None for key in keys)
        table.add_row(title, one.access.value, " ".join(key[:8] for key in keys[:4]), f"{cached} of {len(keys)}")
    return table


def _shards(most: int, work: WorkList, store: Store) -> str:
    """How many jobs look at shards of the shadows' releases before the attacks."""
    jobs = [one.plan.attack_shadow(one.attack, number) for _, one in work.titled for number in one.plan.taking_part]
    observing = observing_jobs((look for job in jobs for look in looks(job)), store, "shadows", most)
    left = len(missing_shards(observing, store))
    return (
        f"Releases of more than {counted(most, 'image')} are looked at in shards: {counted(left, 'job')} for the "
        "shadows', before the attacks; the test release and planted copies come on top."
    )


def _time(settings: Settings, jobs: Sequence[Training], store: Store) -> str:
    """What is left, from what the same network cost here before; without such a memory, no guess."""
    missing = {job.key: job for job in jobs if not _cached(job, store)}
    if not missing:
        return "Every generator is in the store: what is left are attacks, which take seconds to minutes."
    workers = settings.launch.expected_at_a_time()
    paces = [known_pace(store, job.recipe) for job in missing.values()]
    if any(pace is None for pace in paces):
        return (
            f"{len(missing)} trainings; this store has made none of this network yet to tell how long one takes. "
            "Once the first is done, this command tells."
        )
    seconds = sum(pace.seconds(job) for pace, job in zip(paces, missing.values(), strict=True) if pace is not None)
    takes = f"{told(seconds)} of one worker"
    if workers is not None:
        takes = f"{told(seconds / workers)} with {counted(workers, 'worker')} ({told(seconds)} of one)"
    return f"{len(missing)} trainings, about {takes}, by what this network took here before; attacks come on top."
