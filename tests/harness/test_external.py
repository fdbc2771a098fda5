"""A generator that is any program: what it is given, what it may leave, and what is said where it does not."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from harness.data.png import grey_png
from harness.errors import HarnessWarning
from harness.external import External
from shadow_models.generator import load_generator, recipe_in
from shadow_models.recipe import recipe_from_dict
from shadow_models.registry import find_family
from shadow_models.sample import sample
from shadow_models.train import train

SIZE, N = 16, 6
ARGUMENTS = "{members} {release} {n} {seed} {size}"
START = """
import json, os, shutil, sys
members, release, n, seed, size = sys.argv[1:6]
n, names = int(n), sorted(os.listdir(members))
"""
# Image i is member i, counted round from the seed; file names run against the order in which they are written.
COPY = """
for i in reversed(range(n)):
    shutil.copy(f"{members}/{names[(int(seed) + i) % len(names)]}", f"{release}/image_{i:03d}.png")
"""


@pytest.fixture(scope="module")
def members() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (N, SIZE, SIZE), dtype=np.uint8)


@pytest.fixture
def external(tmp_path, monkeypatch):
    """`external(code)`: the recipe of a program of this code, which lies in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "our temporary files"))
    (tmp_path / "our temporary files").mkdir()

    def write(code: str = COPY, arguments: str = ARGUMENTS, **options: object) -> External:
        Path("program.py").write_text(START + code)
        python = shlex.join([sys.executable, "-S"])  # no packages: a quick start
        return External(size=SIZE, command=f"{python} program.py {arguments}", **options)

    return write


def released(members: np.ndarray, recipe: External, n: int = N, seed: int = 0, **more: object) -> np.ndarray:
    return sample(train(members, recipe, seed=0), n, seed=seed, **more)


def left_behind(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "our temporary files").iterdir())


def test_members_come_back_in_the_order_of_the_names(members, external, tmp_path):
    told = []
    release = released(members, external(), report=lambda *one: told.append(one))
    start = next(i for i in range(N) if np.array_equal(members[i], release[0]))
    assert np.array_equal(release, np.roll(members, -start, axis=0))
    assert told == [(N, N)]
    assert left_behind(tmp_path) == []


def test_the_program_is_told_all_and_finds_members_that_say_nothing_of_patients(members, external, tmp_path):
    (tmp_path / "beside.py").write_text("word = 'imported'")
    code = """
import beside, stat
print(json.dumps([sys.argv[1:], names, os.listdir(release), os.getcwd(), beside.word, sys.stdin.read(),
                  os.environ["THE_USERS"], [stat.S_IMODE(os.stat(os.path.dirname(members)).st_mode)]]))
"""
    log = tmp_path / "log.txt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THE_USERS", "own")
        released(members, external(code + COPY, ARGUMENTS + " 'two words' {{{n}}} --n={n}"), log=log, seed=7)
    said, names, before, cwd, imported, stdin, theirs, mode = json.loads(log.read_text())
    assert said[2::2] == ["6", "16", "{6}"]
    assert said[5::2] == ["two words", "--n=6"]
    assert 0 <= int(said[3]) < 2**31
    assert " " in said[0]
    assert not Path(said[0]).exists()
    assert names == [f"member_{number:04d}.png" for number in range(1, N + 1)]
    assert (before, cwd, imported, stdin, theirs, mode) == ([], str(tmp_path), "imported", "", "own", [0o700])


def test_seeds_and_counts_reach_it(members, external, tmp_path):
    recipe, log = external("print(n, seed, size)" + COPY), tmp_path / "log.txt"
    said = []
    for n, seed in ((3, 0), (4, 0), (3, 1), (3, 2**62)):
        assert released(members, recipe, n, seed, log=log).shape == (n, SIZE, SIZE)
        said.append(log.read_text().split())
    assert [line[0] for line in said] == ["3", "4", "3", "3"]
    assert said[0][1] == said[1][1]
    assert len({line[1] for line in said}) == 3
    assert {line[2] for line in said} == {str(SIZE)}


def test_members_are_eight_bit_grey_to_the_pixel(members, external, tmp_path):
    released(members, external(f"shutil.copytree(members, {str(tmp_path / 'seen')!r})" + COPY))
    for number, path in enumerate(sorted((tmp_path / "seen").iterdir())):
        with Image.open(path) as image:
            assert (image.mode, image.info) == ("L", {})
            assert np.array_equal(np.asarray(image), members[number])


def test_it_survives_the_disk(members, external, tmp_path):
    Path("config.json").write_text("{}")
    recipe = external(depends=["program.py", "config.json"], timeout_minutes=2.0)
    generator = train(members, recipe, seed=0)
    generator.save(tmp_path / "saved")
    loaded = load_generator(tmp_path / "saved")
    assert loaded.recipe == recipe == recipe_from_dict(json.loads(json.dumps(recipe.to_dict())), External)
    assert loaded.fingerprint() == generator.fingerprint()
    assert np.array_equal(sample(loaded, N, seed=3), sample(generator, N, seed=3))
    Path("program.py").unlink()
    assert recipe_in(tmp_path / "saved") == recipe  # what was trained can still be named
    (tmp_path / "saved" / "depends.json").write_text("[]")
    with pytest.raises(ValueError, match="holds no digest of each file"):
        load_generator(tmp_path / "saved")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sys.exit('no graphics card')", "ended with code 1; it printed last: said / no graphics card"),
        ("raise ValueError('bad')", "ended with code 1; it printed last: said / Traceback"),
        ("n -= 1" + COPY, r"left a release .* \(it holds 5 images, and 6 images were asked for\); it printed last"),
        ("n += 1" + COPY, "it holds 7 images, and 6 images were asked for"),
        ("", "it holds 0 images, and 6"),
        ("open(release + '/all.npy', 'w')", r"it holds 0 images, 1 files of another kind \(first: all.npy\), and 6"),
        (COPY + "open(release + '/image_000.png', 'w').write('none')", "image_000.png is not an image"),
        (COPY + "os.rename(release, release + '2')", "its folder is gone, or a link now"),
        (COPY + "os.rename(release, release + '2'); os.symlink(release + '2', release)", "gone, or a link now"),
        ("n -= 1" + COPY + "os.symlink(members + '/member_0001.png', release + '/i.png')",
         "it holds links, and an image must be a file of its own"),
        (COPY + "os.symlink('nowhere', release + '/image_9.png')", "links to content that is not there"),
        ("n -= 1" + COPY + "open(release + '/\\x1b[2J.png', 'w').write('x')", r"\\x1b\[2J\.png is not an image"),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_with_the_log(members, external, tmp_path, code, words):
    log = tmp_path / "log.txt"
    with pytest.raises(ValueError, match=words) as caught:
        released(members, external("print('said', flush=True)\n" + code), log=log)
    text = str(caught.value)
    assert text.startswith("The program of shadow.command ")
    assert text.endswith(f"{log}).")
    assert text.isprintable()
    assert log.read_text().startswith("said\n")
    assert left_behind(tmp_path) == []


def test_images_of_another_size_are_refused_though_the_reader_would_shrink_them(members, external, tmp_path):
    for shape in ((32, 32), (16, 15), (8, 8)):
        (tmp_path / "other.png").write_bytes(grey_png(np.zeros(shape, np.uint8)))
        with pytest.raises(
            ValueError, match=rf"image_002.png has {shape[1]}x{shape[0]} pixels, and 16x16 were asked"
        ):
            released(members, external(COPY + "shutil.copy('other.png', release + '/image_002.png')"))


def test_colour_is_converted_as_of_any_folder_and_told(members, external, tmp_path):
    Image.fromarray(255 - members[0]).convert("RGB").save(tmp_path / "colour.png")
    with pytest.warns(HarnessWarning, match="1 of 6 images in the release had several channels of equal values"):
        release = released(members, external(COPY + "shutil.copy('colour.png', release + '/image_002.png')"))
    assert np.array_equal(release[2], 255 - members[0])


def test_without_a_place_the_log_is_kept_where_something_failed(members, external, tmp_path):
    with pytest.raises(ValueError, match=r"external-\w+\.log\)\.$") as caught:
        released(members, external("sys.exit('why')"))
    (name,) = left_behind(tmp_path)
    assert str(tmp_path / "our temporary files" / name) in str(caught.value)
    assert (tmp_path / "our temporary files" / name).read_text() == "why\n"


def test_one_that_takes_too_long_is_stopped(members, external, tmp_path):
    with pytest.raises(ValueError, match=r"was stopped after 0\.01 minutes, its time limit; it printed last: begun"):
        released(members, external("print('begun', flush=True)\nimport time; time.sleep(60)", timeout_minutes=0.01))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train.py", r"shadow.command has no {members} and no {release}; .*\.$"),
        ("train.py {members}", r"has no {release};"),
        ("train.py {{members}} {release}", r"has no {members};"),
        (
            "train.py {members} {relase}",
            r"shadow.command names {relase}; it may name {members}, {n}, {release}, {seed}, {size}\.",
        ),
        ("train.py {members} {release} {epoch}", r"names {epoch}; it may name {members}, {n}"),
        ("train.py {members} {release} {}", r"has a lone {;"),
        ("train.py {members} {release} {n", r"has a lone {; a brace .* written twice\.$"),
        ("train.py {members} {release} n}", r"has a lone };"),
        ("train.py {members} {release} {n:03d}", r"has a lone {;"),
        ("train.py {members} {release} 'n", r"cannot be split into words \(No closing quotation\)"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused_at_once(command, words):
    with pytest.raises(ValueError, match=words):
        External(command=command)


def test_without_a_command_there_are_presets_and_no_key(members):
    assert {name: (one.size, one.command) for name, one in External.presets().items()} == {
        "quick": (64, ""),
        "small": (128, ""),
        "gpu": (256, ""),
    }
    for ask in (External(size=SIZE).identity, lambda: train(members, External(size=SIZE), seed=0)):
        with pytest.raises(
            ValueError, match=r"^shadow=external runs a program; give it with 'shadow\.command=\"PROGRAM {members}"
        ):
            ask()


def test_hydra_takes_it(external):
    recipe = external(depends=["program.py"])
    node = OmegaConf.merge(OmegaConf.structured(External(size=SIZE)), {"command": recipe.command})
    node = OmegaConf.merge(node, OmegaConf.from_dotlist(["depends=[program.py]"]))
    assert OmegaConf.to_object(node) == recipe
    assert find_family("external") is External
    assert set(External.private) < set(recipe.to_dict())


def test_the_key_is_of_command_and_files_and_not_of_the_time_limit(external, tmp_path):
    recipe = external(depends=["program.py", "b"])
    Path("b").write_text("1")
    key = recipe.identity()
    assert replace(recipe, timeout_minutes=1.0).identity() == key
    assert replace(recipe, command=recipe.command + " --more").identity() != key
    assert replace(recipe, size=32).identity() != key
    (tmp_path / "moved").write_bytes(Path("b").read_bytes())
    assert replace(recipe, depends=["program.py", str(tmp_path / "moved")]).identity() == key
    assert replace(recipe, depends=["b", "program.py"]).identity() != key
    Path("b").write_text("2")
    assert recipe.identity() != key
    Path("b").write_text("1")
    assert recipe.identity() == key


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere.py", r"^shadow.depends nowhere.py does not exist\.$"),
        (".", "is a folder; a regular file is expected"),
        ("", "shadow.depends is empty"),
        ("/dev/null", "is a device"),
    ],
)
def test_files_that_cannot_be_read_are_sentences_before_anything_runs(members, external, name, words):
    recipe = external(depends=["program.py", name])
    for ask in (recipe.identity, lambda: train(members, recipe, seed=0)):
        with pytest.raises(ValueError, match=words):
            ask()


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_an_edited_program_gives_no_release_under_the_old_key(members, external, tmp_path, when):
    edit = "open('config', 'a').write('more')"
    recipe = external(COPY + (edit if when == "meanwhile" else ""), depends=["config"])
    Path("config").write_text("some")
    generator = train(members, recipe, seed=0)
    if when == "before":
        Path("config").write_text("other")
    with pytest.raises(ValueError, match=r"^shadow.depends names config, which was edited meanwhile; run the same"):
        sample(generator, N, seed=0, log=tmp_path / "log.txt")
    assert (tmp_path / "log.txt").exists() is (when == "meanwhile")  # else it need not be run


def test_it_starts_from_no_other_generator(members, external):
    with pytest.raises(ValueError, match=r"^The generator 'external' has no weights .*\.$"):
        train(members, external(), seed=0, start=train(members, external(), seed=0))
