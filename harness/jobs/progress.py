"""What a person sees while it runs: bars with the time left in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from harness.jobs.work import FINISHED, Progress

OnProgress = Callable[[Progress], None]


@contextmanager
def shown(console: Console, title: str, names: Sequence[str]) -> Iterator[OnProgress]:
    """Show the progress of jobs named `names` (they may be none); quiet and plain where there is no terminal."""
    if not names:
        yield lambda message: None
    elif console.is_terminal:
        with _bars(console, title, names) as on_progress:
            yield on_progress
    else:
        console.print(f"{title}: {len(names)} to do")
        yield _plain(console, names)


@contextmanager
def _bars(console: Console, title: str, names: Sequence[str]) -> Iterator[OnProgress]:
    columns = (
        TextColumn("{task.description:<24}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, transient=True, expand=True) as bars:
        tasks: dict[tuple[int, str], int] = {}
        overall = bars.add_task(title, total=len(names))

        def on_progress(message: Progress) -> None:
            if message.doing == FINISHED:
                bars.advance(overall)
                return
            place = (message.job, message.doing)
            if place not in tasks:
                tasks[place] = bars.add_task(f"{names[message.job]}: {message.doing}", total=message.total)
            bars.update(tasks[place], completed=message.done)  # type: ignore[arg-type]
            if message.done == message.total:
                bars.update(tasks[place], visible=False)  # type: ignore[arg-type]

        yield on_progress


def _plain(console: Console, names: Sequence[str]) -> OnProgress:
    def on_progress(message: Progress) -> None:
        if message.done == message.total and message.doing != FINISHED:
            console.print(f"  {names[message.job]}: {message.doing} done ({message.total})")

    return on_progress
