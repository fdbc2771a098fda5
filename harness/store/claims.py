"""Who makes a key just now, said in the mirror: one of all machines that share it.

`claims/KIND/KEY/000000` is created where there is none, so one of many has it, and is written anew with every beat.
Of an owner that is gone (`owners`) it is taken over by creating the next number, which again one of many can. Whoever
has the highest number makes it, and takes all up to it away when it is done. An owner that was only silent, and comes
back, writes and takes away nothing that is not its own, by its token.
"""

from __future__ import annotations

from harness.store.objects import Objects
from harness.store.owners import PATIENCE_SEC, Beats, Watch, owner_of, this_process

CLAIMS = "claims"
BEAT_SEC = 10.0
_DIGITS = 6


class Claim:
    """A claim of this process to one key; beat, patience: seconds, as `owners` has them."""

    def __init__(
        self, objects: Objects, kind: str, key: str, beat: float | None = None, patience: float | None = None
    ) -> None:
        self._objects = objects
        self._prefix = f"{CLAIMS}/{kind}/{key}/"
        self._beat_sec = BEAT_SEC if beat is None else beat
        self._me = this_process(PATIENCE_SEC if patience is None else patience)
        self._watch = Watch(self._me.patience)
        self._mine: str | None = None
        self._beats: Beats | None = None

    def try_it(self) -> bool:
        """Claim it, if nobody has or whoever had is gone; asked again and again, it sees who is silent."""
        there = self._objects.names(self._prefix)
        number = 0
        if there:
            record = self._objects.read(there[-1])
            if record is None or not self._watch.gives_up(there[-1], record):
                return False
            number = int(there[-1].removeprefix(self._prefix)) + 1
        mine = f"{self._prefix}{number:0{_DIGITS}d}"
        if not self._objects.create(mine, self._me.told()):
            return False
        if self._objects.names(self._prefix)[-1:] != [mine]:  # somebody took over what has just ended
            self._objects.remove(mine)
            return False
        self._mine = mine
        self._beats = Beats(self._beat, self._beat_sec)
        return True

    def give_back(self) -> None:
        """Let others have it."""
        if self._beats is not None:
            self._beats.end()
        mine, self._mine = self._mine, None
        if mine is not None and self._is_mine(self._objects.read(mine) or b""):
            for name in self._objects.names(self._prefix):
                if name < mine:
                    self._objects.remove(name)
            self._objects.remove_ours(mine, self._is_mine)

    def _beat(self) -> bool:
        return self._mine is not None and self._objects.replace(self._mine, self._me.told(), self._is_mine)

    def _is_mine(self, record: bytes) -> bool:
        """Whether a record is this claim's: once it was taken over and given back, its name may be another's."""
        owner = owner_of(record)
        return owner is not None and owner.token == self._me.token
