"""The content-addressed store, on the lowest floor; `python -m harness.store` says what lies in one."""

from harness.store.artefacts import ANSWERS, JOBS, KINDS, LOCKS, NOTES, SALT, Artefact, Store
from harness.store.keys import content_key, digest_of

__all__ = ["ANSWERS", "JOBS", "KINDS", "LOCKS", "NOTES", "SALT", "Artefact", "Store", "content_key", "digest_of"]
