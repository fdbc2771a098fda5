"""`python -m harness.run`: the command line. Options in, results out, exit code 2 for a mistake in the input."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from harness.cli import GO_ON, STORE_PLACES, console, disk_errors, exit_code, remarks
from harness.errors import HarnessWarning, InputError
from harness.jobs.together import follow, leading
from harness.run.sweep import Sweep
from harness.several import is_first


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the words, by default those of `sys.argv`, ask for; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not is_first():
        from harness.jobs.train import take_part

        return follow(take_part)
    if words[:1] == ["verify"]:
        return exit_code(lambda: _verify(words[1:]), several=True)
    return exit_code(lambda: _do(words), GO_ON, several=True)


@leading()
def _do(words: list[str]) -> int:
    if words[:1] == ["again"]:
        from harness.run.again import again

        return again(words[1:], _run)
    return _run(words)


@leading()
def _verify(words: list[str]) -> int:
    from harness.run.verify import verify

    return verify(words)


def _run(words: Sequence[str]) -> int:
    """A run, or a sweep, with these options."""
    from harness.config.command_words import asks_for_completion
    from harness.config.composing import with_options
    from harness.config.registration import register_options

    sys.argv[1:] = words  # where Hydra reads them
    if asks_for_completion(words):
        from harness.config.completion import complete
        from harness.config.option_errors import WORDS

        complete(words, "run", register_options, WORDS)
        return 0
    register_options(words)
    sweep, shown, beside = Sweep(), console(), console(stderr=True)
    try:
        with_options("run", lambda config: _run_job(config, sweep, beside))
    except Exception:
        sweep.end(shown, beside)  # Hydra has done the other jobs, and a fault in one is none of theirs
        raise
    return sweep.end(shown, beside)


def _run_job(config: DictConfig, sweep: Sweep, beside: Console) -> None:
    """One run; of a sweep, what is wrong with this job alone is told, and the next one begins."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    if HydraConfig.get().mode != RunMode.MULTIRUN:
        _run_once(config)
        return
    if config.out is not None:
        raise InputError(f"out={config.out} is one folder, and a sweep is several runs; leave out= away.")
    try:
        folder = _run_once(config)
    except InputError as error:
        sweep.fail(error, beside)
    else:
        sweep.written += [] if folder is None else [folder]


def _run_once(config: DictConfig) -> Path | None:
    """The folder of the results; None where nothing was to be done."""
    from harness.config.settings import settings_of

    shown = console()
    with disk_errors(STORE_PLACES), remarks(shown) as remarked:
        settings = settings_of(config)
        if settings.dry_run:
            from harness.run.dry_run import show_plan

            show_plan(settings, shown)
            return None
        from attacks.registry import found_so_far
        from harness.finished.manifest_files import MANIFEST
        from harness.pipeline import run
        from harness.run.folder import run_folder, write_run
        from harness.run.pictures import told_of_pictures
        from harness.run.summary import show_outcome
        from harness.store import Store

        for name, trace in found_so_far().broken.items():
            reason = trace.strip().splitlines()[-1]
            warnings.warn(HarnessWarning(f"{name} could not be imported and is left out: {reason}"), stacklevel=2)
        folder = run_folder(settings)  # before hours of work, not after
        told_of_pictures(settings)
        with Store(settings.store_root).used_for(folder, MANIFEST):
            outcome = run(settings, shown)
            write_run(outcome, folder, remarked)
        show_outcome(outcome, folder, shown)
    return folder


if __name__ == "__main__":
    sys.exit(main())
