"""Parsers of what is kept: generators, weights, checkpoints, members, encoders, meta files, notes, challenges."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import save

from attacks.encoder import encoded
from benchmarks.fuzzed.parser import Made, Parser, chosen, one_of, written
from benchmarks.odd_inputs.pictures import full_range
from harness.artefact import META, Meta, damage, forget, meta_text, read_meta
from harness.bounded import json_of
from harness.data.pseudonyms import Salt
from harness.experiment.answers import kept, whole_answers
from harness.external import External
from harness.store import SALT
from harness.store.uses import ENDED, read_record
from harness.verified import noted
from shadow_models.base.recipe import FOLDER
from shadow_models.checkpoint import SCHEMA, read_checkpoint
from shadow_models.generator import recipe_in
from shadow_models.kept import MEMBERS, read_members
from shadow_models.recipe import ABOUT
from shadow_models.sealed import sealed
from shadow_models.weights import WEIGHTS, read_weights

_KIND, _KEY, _CONTENT = "pool", "a", b"content"
_RUN = {"seed": 0, "recipe": {"steps": 3}}
_SHAPES = {"a.weight": (2, 2), "b.bias": (3,)}
_ENDINGS = ("", ENDED)


def _generator(data: bytes, folder: Path) -> object:
    """A recipe, or weights of known shapes: to build a network for each input would take all the time."""
    which, content = one_of(data, 2)
    written(content, folder / (ABOUT, WEIGHTS)[which])
    return read_weights(folder, _SHAPES) if which else recipe_in(folder)


def _of_generators(_made: Made) -> list[bytes]:
    weights = save({name: torch.ones(shape) for name, shape in _SHAPES.items()})
    return chosen({0: [(FOLDER / ABOUT).read_bytes()], 1: [weights]})


def _checkpoint(data: bytes, folder: Path) -> object:
    """state.json as it is, or vouched for tensors."""
    which, content = one_of(data, 2)
    place = folder / "step-000000003"
    place.mkdir(exist_ok=True)
    tensors = content if which else _tensors()
    written(tensors, place / "state.safetensors")
    written(_about(tensors) if which else content, place / "state.json")
    return read_checkpoint(folder, _RUN)


def _tensors() -> bytes:
    return save({"weights": torch.ones(3), "step": torch.tensor(3)})


def _about(tensors: bytes) -> bytes:
    digest = hashlib.sha256(tensors).hexdigest()
    return sealed({"schema": SCHEMA, "step": 3, "tensors": digest, "extra": {}, "run": _RUN}).encode()


def _members(data: bytes, folder: Path) -> object:
    written(data, folder / MEMBERS)
    return read_members(folder, 4)


def _of_members(_made: Made) -> list[bytes]:
    found = []
    for kind in ("u1", "f4", "O"):
        file = BytesIO()
        np.save(file, np.zeros((2, 4, 4), kind))
        found.append(file.getvalue())
    return found


def _encoder(data: bytes, folder: Path) -> object:
    return encoded(full_range(1)[None], str(written(data, folder / "x.safetensors")))


def _of_encoders(_made: Made) -> list[bytes]:
    layers = {"0.weight": torch.ones(2, 1, 3, 3), "0.bias": torch.zeros(2)}
    return [save(layers), save({**layers, "1.weight": torch.ones(3, 2), "1.bias": torch.ones(3)})]


def _meta(data: bytes, folder: Path) -> object:
    """A meta file as it is, or names of files with a seal that fits: whoever writes one can write the other."""
    forget()
    which, content = one_of(data, 2)
    place = folder / _KIND / _KEY
    place.mkdir(parents=True, exist_ok=True)
    written(_CONTENT, place / "pixels.npy")
    if which:
        told = json_of(content.decode("utf-8", errors="replace"), "The names")
        if not isinstance(told, dict) or not all(isinstance(one, str) for one in told.values()):
            return None
        content = meta_text(_KIND, _KEY, Meta({}, 1.5, told)).encode("utf-8", errors="replace")
    written(content, place / META)
    found = read_meta(place)
    return found and damage(place, found.files)


def _of_meta(_made: Made) -> list[bytes]:
    files = {"pixels.npy": hashlib.sha256(_CONTENT).hexdigest()}
    whole = meta_text(_KIND, _KEY, Meta({"n": 2}, 1.5, files)).encode()
    return chosen({0: [whole], 1: [json.dumps(files).encode()]})


def _note(data: bytes, folder: Path) -> object:
    return noted(written(data, folder / "note.json"))


def _record(data: bytes, folder: Path) -> object:
    which, content = one_of(data, 2)
    return read_record(written(content, folder / f"record{_ENDINGS[which]}"))


def _of_records(_made: Made) -> list[bytes]:
    ended = {"schema": 1, "folder": "/a", "manifest": "0" * 64, "at": 1.5, "asked": [["pool", "a"]], "file": "b"}
    return chosen({0: [b'/a\n["pool", "a"]\n'], 1: [json.dumps(ended).encode()]})


def _salt(data: bytes, folder: Path) -> object:
    (folder / SALT).mkdir(exist_ok=True)
    written(data, Salt.place(folder))
    return Salt.read(folder)


def _of_salts(_made: Made) -> list[bytes]:
    one = Salt(bytes(range(32)))
    return [f"{one.secret.hex()} {one.mark}\n".encode(), f"{one.secret.hex()}\n".encode()]


def _answers(data: bytes, folder: Path) -> object:
    """Answers as they are kept, or with the digest of what they say."""
    which, content = one_of(data, 2)
    if which:
        try:
            content = json.dumps(kept(json.loads(content))).encode()
        except (ValueError, RecursionError):
            return None
    return whole_answers(written(content, folder / "answers.json"))


def _of_answers(_made: Made) -> list[bytes]:
    told = {"a": {"value": 0.5, "n": 3}}
    return chosen({0: [json.dumps(kept(told)).encode()], 1: [json.dumps(told).encode()]})


def _external(data: bytes, folder: Path) -> object:
    """The digests of the files that a program depends on, beside members that are whole."""
    np.save(folder / MEMBERS, np.zeros((2, 16, 16), np.uint8))
    written(data, folder / "depends.json")
    return External(size=16, command="x {members} {release}", depends=["a.py"]).load(folder, "cpu")


PARSERS = (
    Parser("generators", _generator, _of_generators, (ValueError, FileNotFoundError)),
    Parser("checkpoints", _checkpoint, lambda _: chosen({0: [_about(_tensors())], 1: [_tensors()]}), (ValueError,)),
    Parser("members", _members, _of_members, (ValueError,)),
    Parser("encoders", _encoder, _of_encoders, (ValueError, SafetensorError)),
    Parser("meta of artefacts", _meta, _of_meta),
    Parser("notes of the store", _note, lambda _: [b'{"schema": 1, "files": {"a": [1, 2, 3, 4, "d"]}}']),
    Parser("records of uses", _record, _of_records),
    Parser("salts", _salt, _of_salts),
    Parser("kept answers", _answers, _of_answers),
    Parser("digests of programs", _external, lambda _: [b'["' + b"0" * 64 + b'"]'], (ValueError,)),
)
