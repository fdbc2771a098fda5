"""`python -m harness.run`: the command line. Options in, results out, exit code 2 for a mistake in the input."""

from __future__ import annotations

import os
import sys
import warnings

from omegaconf import DictConfig

from harness.command import Refused, console, disk_errors, exit_code, remarks
from harness.errors import HarnessWarning, InputError


def main() -> int:
    """Run what `sys.argv` asks for; returns the exit code."""
    return exit_code(_hydra)


def _hydra() -> None:
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from harness.config import register_options
    from harness.option_errors import explained

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra would print and exit by itself; we want the sentence and code 2
    register_options()
    started = False
    sys.argv[1:] = sorted(sys.argv[1:], key=lambda word: word not in ("-m", "--multirun"))  # Hydra wants it first

    def run(config: DictConfig) -> None:
        nonlocal started
        started = True
        _run(config)

    try:
        hydra.main(version_base="1.3", config_path=None, config_name="run")(run)()
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(explained(error)) from error
    except ValueError as error:
        if started:
            raise
        detail = " ".join(str(error).split())  # Hydra's own words: attack=null, say
        raise InputError(
            f"The options cannot be read: {detail} See --help for what attack, data, preset and launch take."
        ) from error


def _run(config: DictConfig) -> None:
    from omegaconf.errors import OmegaConfBaseException

    from harness.option_errors import explained

    try:
        _run_once(config)
    except InputError as error:
        raise Refused(str(error)) from error
    except OmegaConfBaseException as error:
        raise Refused(explained(error)) from error


def _run_once(config: DictConfig) -> None:
    from harness.config import settings_of

    shown = console()
    with disk_errors(), remarks(shown) as remarked:
        settings = settings_of(config)
        if settings.dry_run:
            from harness.dry_run import show_plan

            show_plan(settings, shown)
            return
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        from attacks.registry import find_attacks
        from harness.pipeline import run
        from harness.report import run_folder, write_run
        from harness.summary import show_outcome

        for name, trace in find_attacks().broken.items():
            reason = trace.strip().splitlines()[-1]
            warnings.warn(HarnessWarning(f"{name} could not be imported and is left out: {reason}"), stacklevel=2)
        folder = run_folder(settings)  # before hours of work, not after
        if settings.out is not None and HydraConfig.get().mode == RunMode.MULTIRUN:
            raise InputError(f"out={folder} is one folder, and a sweep is several runs; leave out= away.")
        outcome = run(settings, shown)
        write_run(settings, outcome, folder, remarked)
        show_outcome(settings, outcome, folder, shown)


if __name__ == "__main__":
    sys.exit(main())
