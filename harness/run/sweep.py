"""A sweep (`-m`): its jobs go on where one fails, and it ends with the table that compares what they wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from harness.cli import CODE_INPUT, tell
from harness.errors import InputError
from harness.places import shown


@dataclass
class Sweep:
    """What became of the jobs so far. written: folders of results; failed: a sentence for each job that has none."""

    written: list[Path] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def fail(self, error: InputError, beside: Console) -> None:
        """Tell a job's mistake at once, each sentence once, and let the next job begin."""
        if str(error) not in self.failed:
            tell(beside, "Error:", "bold red", str(error), wrap=False)
        self.failed.append(str(error))

    def end(self, console: Console, beside: Console) -> int:
        """Print the table of all that was written; the exit code. beside: the console of mistakes."""
        if self.written:
            self._compare(console)
        if not self.failed:
            return 0
        n = len(self.failed)
        told = f"{n} of {n + len(self.written)} runs of the sweep failed; the same command goes on from there."
        tell(beside, "Error:", "bold red", told, wrap=False)
        return CODE_INPUT

    def _compare(self, console: Console) -> None:
        from harness.compare import compare  # start-up: not before something was written
        from harness.compare.formats import terminal, title

        try:
            found = compare(self.written)
        except InputError as error:
            tell(console, "Note:", "yellow", f"The runs of the sweep cannot be compared: {error}")
            return
        console.print(f"\nThe sweep: {title(found)}\n", style="bold")
        console.print(terminal(found, console.width))
        folders = " ".join(dict.fromkeys(shown(one) for one in self._named()))
        tell(console, "By another metric:", "", f"python -m harness.compare {folders} --metric f1", wrap=False)

    def _named(self) -> list[Path]:
        """The folder that holds these runs and no others, where there is one; else each."""
        from harness.bounded import listed

        above = {one.parent for one in self.written}
        if len(above) == 1 and len(self.written) > 1:
            (folder,) = above
            try:
                files = listed(folder).files
            except InputError:  # more than can be looked through
                return self.written
            found = {Path(name).parent for name in files if Path(name).name == "results.json"}
            if found == {one.relative_to(folder) for one in self.written}:
                return [folder]
        return self.written
