"""A shared store's bandwidth: all that is moved at a time has an equal part of it."""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simpy import Environment, Event


class Pipe:
    """So many bytes a second, for all who move something together; `bytes_moved` is what has gone through.

    Each of n gets a part in n, so one counter tells how many bytes everybody has got who was there all the time:
    whoever comes is through once that has grown by what he moves (processor sharing in virtual time).
    """

    def __init__(self, env: Environment, bytes_a_sec: float) -> None:
        self.bytes_moved = 0.0
        self._env, self._bytes_a_sec = env, bytes_a_sec
        self._each, self._at = 0.0, 0.0  # the counter, and when it was right
        self._moving: dict[Event, float] = {}
        self._ends: list[tuple[float, int, Event]] = []
        self._number, self._turn = count(), 0

    def move(self, n_bytes: float) -> Event:
        """Begin; the event happens once it is through."""
        self._advance()
        event = self._env.event()
        self._moving[event] = n_bytes
        heapq.heappush(self._ends, (self._each + n_bytes, next(self._number), event))
        self._await_next()
        return event

    def leave(self, event: Event) -> None:
        """Stop moving: what had gone through has been traffic all the same. Without effect once it is through."""
        if event not in self._moving:
            return
        self._advance()
        left = next(end for end, _, one in self._ends if one is event) - self._each
        self.bytes_moved += self._moving.pop(event) - left
        self._await_next()

    def _advance(self) -> None:
        if self._moving:
            self._each += (self._env.now - self._at) * self._bytes_a_sec / len(self._moving)
        self._at = self._env.now

    def _await_next(self) -> None:
        self._turn += 1
        while self._ends and self._ends[0][2] not in self._moving:
            heapq.heappop(self._ends)
        if not self._ends:
            self._each = 0.0  # else its last bits would go in a long run
            return
        turn = self._turn
        seconds = max(self._ends[0][0] - self._each, 0.0) * len(self._moving) / self._bytes_a_sec
        self._env.timeout(seconds).callbacks.append(lambda _: self._arrived(turn))

    def _arrived(self, turn: int) -> None:
        if turn != self._turn:  # somebody came or left meanwhile
            return
        self._advance()
        self._each = max(self._each, self._ends[0][0])
        while self._ends and self._ends[0][0] <= self._each:
            *_, event = heapq.heappop(self._ends)
            if event in self._moving:
                self.bytes_moved += self._moving.pop(event)
                event.succeed()
        self._await_next()
