"""Names that say nothing: ids of patients and series as hashes with a salt that never leaves this machine.

An unsalted hash of a PatientID is soon guessed: hospitals number their patients. The salt lies in the store, which is
open to nobody else, so the same folder gives the same ids, and finds its pool again, for as long as the store is
kept; with another store the ids are others, and two people's results cannot be joined by them (their manifests, which
are not passed on, tell which id is which: `same_slices.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import NamedTuple

from harness.bounded import read_text
from harness.errors import InputError
from harness.store import SALT, Store
from harness.writing import replace_file

_BYTES = 32
_DIGITS = 10  # hexadecimal: of 10,000 patients two share a name with probability 5e-5


class Salt(NamedTuple):
    """secret: what the hashes are keyed with."""

    secret: bytes

    @classmethod
    def of(cls, store: Store | None) -> Salt:
        """That of a store, made once; without a store one that nobody will ever know, for this process alone."""
        if store is None:
            return cls(secrets.token_bytes(_BYTES))
        store.private_folder(SALT)
        path = cls.place(store.root)
        with store.lock(SALT, "salt"):
            if not path.exists():
                cls(secrets.token_bytes(_BYTES)).put_in(store)
            return cls.read(store.root)

    def put_in(self, store: Store) -> None:
        """Make it that of a store which has none."""
        store.private_folder(SALT)
        replace_file(self.place(store.root), f"{self.secret.hex()} {self.mark}\n", private=True)

    @staticmethod
    def place(root: Path) -> Path:
        """Its file in a store."""
        return root / SALT / "salt.txt"

    @classmethod
    def read(cls, root: Path) -> Salt:
        """That which lies in a store. Raises InputError for one that is not as it was written."""
        path = cls.place(root)
        text, _, mark = read_text(path, 4 * _BYTES, "The store's salt", links=False).strip().partition(" ")
        try:
            found = cls(bytes.fromhex(text))
        except ValueError:
            found = cls(b"")
        if len(found.secret) != _BYTES or mark not in ("", found.mark):  # stores before 0.8 have no mark
            raise InputError(
                f"The store's salt {path} is damaged: it does not hold {_BYTES} bytes in hexadecimal and their mark; "
                "remove it, and a new one is made, with which slices get new ids."
            )
        return found

    def name(self, *parts: str) -> str:
        """A name for what these parts tell apart, such as ("patient", "007"): hexadecimal digits."""
        text = "\0".join(parts).encode("utf-8", "surrogateescape")
        return hmac.new(self.secret, text, hashlib.sha256).hexdigest()[:_DIGITS]

    @property
    def mark(self) -> str:
        """What tells this salt from others and does not give it away."""
        return self.name("the salt itself")
