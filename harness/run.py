"""`python -m harness.run`: the command line. Options in, results out, exit code 2 for a mistake in the input."""

from __future__ import annotations

import errno
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from omegaconf import DictConfig
from rich.console import Console

from harness.errors import HarnessWarning, InputError

CODE_INPUT, CODE_INTERRUPTED = 2, 130


def main() -> int:
    """Run what `sys.argv` asks for; returns the exit code."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop ends like Ctrl-C
    try:
        _hydra()
    except (InputError, _Refused) as error:
        errors.print(f"[bold red]Error:[/bold red] {_plain(error)}")
        return CODE_INPUT
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C would end in a traceback
        errors.print("Interrupted. What was finished is in the store: the same command goes on from there.")
        return CODE_INTERRUPTED
    return 0


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


class _Refused(BaseException):
    """Carries a mistake through Hydra, which would print a traceback's head for an Exception."""


def _run(config: DictConfig) -> None:
    from omegaconf.errors import OmegaConfBaseException

    from harness.option_errors import explained

    try:
        _run_once(config)
    except InputError as error:
        raise _Refused(str(error)) from error
    except OmegaConfBaseException as error:
        raise _Refused(explained(error)) from error


def _run_once(config: DictConfig) -> None:
    from harness.config import settings_of

    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 100  # a file or a pipe has no width of its own; rich would take 80
    with _disk_errors(), _remarks(console) as remarks:
        settings = settings_of(config)
        if settings.dry_run:
            from harness.dry_run import show_plan

            show_plan(settings, console)
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
        outcome = run(settings, console)
        write_run(settings, outcome, folder, remarks)
        show_outcome(settings, outcome, folder, console)


@contextmanager
def _remarks(console: Console) -> Iterator[list[str]]:
    """Show each named warning once, as one line; yields the list of those shown."""
    seen: list[str] = []
    standard = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *rest: object) -> None:
        text = str(message)
        if not issubclass(category, HarnessWarning):
            standard(message, category, *rest)  # type: ignore[arg-type]
        elif text not in seen:
            seen.append(text)
            console.print(f"[yellow]Note:[/yellow] {_plain(text)}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", HarnessWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield seen


@contextmanager
def _disk_errors() -> Iterator[None]:
    """A full disk or a folder that may not be written is the user's to mend, so it gets a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise InputError(
                f"The disk is full ({error.strerror}). Nothing half-written was kept; make room, or give another "
                "place with store.root=DIR and out=DIR, and run the same command again."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.ENOENT, errno.ENOTEMPTY):
            raise InputError(
                f"{error.filename} cannot be read or written ({error.strerror}); look at data.root, or give "
                "another place with store.root=DIR and out=DIR."
            ) from error
        raise


def _plain(text: object) -> str:
    from rich.markup import escape

    return escape(str(text))


if __name__ == "__main__":
    sys.exit(main())
