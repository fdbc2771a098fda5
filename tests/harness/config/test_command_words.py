"""What of Hydra a command line may not reach: options of others, what says what to run, what the machine holds."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hydra.errors import OverrideParseException
from omegaconf import OmegaConf
from tiny import TINY_PHANTOM

from attacks.plug_ins import RESERVED
from attacks.registry import find_attacks
from harness.challenge import __main__ as challenge
from harness.config import composing
from harness.config.command_words import names_given, overrides_of
from harness.config.option_errors import explained
from harness.config.registration import attack_groups
from harness.config.settings import composed
from harness.errors import InputError

SECRET = "s3cret-of-the-environment"
FOREIGN = [
    "--config-dir=conf",
    "-cd conf",
    "--config-d conf",
    "--config-path=conf",
    "-cp conf",
    "--config-name=mine",
    "-cn mine",
    "--experimental-rerun=config.pickle",
    "--exp config.pickle",
    "--shell-completion",
    "hydra.searchpath=[file://conf]",
    "+hydra.callbacks.mine._target_=conf.Mine",
    "+hydra.callbacks={mine:{_target_:conf.Mine}}",
    "hydra.job_logging.handlers.mine._target_=conf.Mine",
    "hydra/launcher=joblib",
    "hydra/sweeper=mine",
    "~hydra.sweeper",
    "++hydra.output_subdir=elsewhere",
    "hydra={}",
    "+attack@hydra.callbacks.mine=knn",
    "attack@_global_=knn",
    "+attack.knn._target_=conf.Mine",
    "attack.knn._partial_=true",
    "+attack.stack.parts.mine={_target_:conf.Mine}",
    "+attack.stack.parts.mine={a:[1,{b:{_target_:conf.Mine}}]}",
    "-m +attack.stack.parts.mine={_target_:conf.Mine},{a:1}",
    "++data._target_=conf.Mine",
]
RESOLVED = [
    "out=${oc.env:SECRET}",
    "out='${oc.env:SECRET}'",
    "out=before-${oc.env:SECRET}-after",
    "out='${oc.env:NOTHING,${oc.env:SECRET}}'",
    "out='${oc.decode:${oc.env:SECRET}}'",
    "out='${oc.create:${oc.env:SECRET}}'",
    "out=${oc.select:seed}",
    "out=${seed}${oc.env:SECRET}",
    "-m out=a,${oc.env:SECRET}",
    "-m out=choice(a,'${oc.env:SECRET}')",
    "+attack.stack.parts.mine={a:[1,{b:'${oc.env:SECRET}'}]}",
    "out=${hydra:runtime.cwd}",
    "out=${hydra.runtime.cwd}",
    "out=${..hydra.runtime.cwd}",
    "out=${now:%Y}",
    "store.root=${python_version:}",
]


def test_options_of_others_are_refused_in_a_sentence(harness):
    Path("conf").mkdir()
    Path("conf/mine.yaml").write_text("seed: 7\n")
    for words in FOREIGN:
        ran = harness(*words.split())
        assert ran.code == 2, words
        assert ran.err.startswith("Error: "), words
        assert "--help" in ran.err, words
        assert "Traceback" not in ran.err, words
    assert {path.name for path in Path().iterdir()} == {"conf"}


def test_values_of_the_environment_stay_there(harness, monkeypatch):
    monkeypatch.setenv("SECRET", SECRET)
    for words in [*RESOLVED, "--cfg=job --resolve " + RESOLVED[0]]:
        ran = harness(*words.split(" "))
        assert ran.code == 2, words
        assert ran.err.startswith("Error: "), words
        assert "is refused: ${...} may name another option" in ran.err, words
        assert SECRET not in ran.out + ran.err, words
        assert str(Path.cwd()) not in ran.out + ran.err, words
    assert not list(Path().iterdir())


def test_the_same_of_the_other_command_and_of_a_program(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    for words in ("--config-dir=conf", "+hydra.callbacks.mine._target_=conf.Mine", "out=${oc.env:HOME}"):
        monkeypatch.setattr(sys, "argv", ["harness.challenge", "make", words])
        assert challenge.main() == 2
        assert "Error: " in capsys.readouterr().err
    for words in ("+hydra.callbacks.mine._target_=conf.Mine", "attack.knn._target_=x", "out=${oc.env:HOME}"):
        with pytest.raises(InputError, match="refused"):
            composed([words])


def test_the_help_says_options_values_meanings_and_presets(harness):
    ran = harness("shadow=flow", "shadow.steps=77", "--help")
    assert ran.code == 0, ran.err
    told = " ".join(ran.out.split())
    assert "python -m harness.run attack=knn" in told
    assert "data dicom, folder, hub, imageclef2023," in told
    assert "shadow.steps 77 Optimiser steps." in told
    assert "calibrator platt Probability calibration, a score to a probability: `platt`, or `isotonic`" in told
    assert "shadow.coupling ot How noise and slices of a batch are paired:" in told
    assert "Presets of flow: what preset=NAME sets, where they differ option quick small gpu size 64 128 256" in told
    assert max(map(len, ran.out.splitlines())) <= 120, "lines of the head; tables have the width of the terminal"


def test_the_help_is_of_what_is_named(harness):
    ran = harness("--help", "data=folder", "attack=[]", "preset=small")
    assert ran.code == 0, ran.err
    assert "data.root" in ran.out
    assert "data.patients" not in ran.out
    assert "attack.knn.distance" not in ran.out
    wrong = harness("--help", "shadow=flo")
    assert wrong.code == 2
    assert "flow" in wrong.err


def test_where_a_word_slips_by_the_resolvers_are_off(harness, monkeypatch):
    """Two locks: the words are looked through, and nothing would answer."""
    monkeypatch.setenv("SECRET", SECRET)
    monkeypatch.setattr(composing, "refuse_foreign", lambda words: None)
    ran = harness(*TINY_PHANTOM, "out=${oc.env:SECRET}")
    assert ran.code == 2
    assert "oc.env" in ran.err
    assert SECRET not in ran.out + ran.err
    assert not any(OmegaConf.has_resolver(name) for name in composing.RESOLVERS)


def test_what_is_documented_goes_on(harness):
    for words in (
        ["shadow.steps=${data.size}", "dry_run=true"],
        ["attack=stack", "+attack.stack.parts.patch={calibration: lira}", "~attack.stack.parts.ssim", "dry_run=true"],
        ["-m", "attack=knn,ssim", "dry_run=true"],
        ["attack.knn.k=1,2", "-m", "dry_run=true"],
        ["--cfg", "job", "--resolve"],
    ):
        ran = harness(*TINY_PHANTOM, *words)
        assert ran.code == 0, (words, ran.err)
        assert ran.out


@pytest.mark.parametrize(
    "word", ["data=/etc/passwd", "attack=../hydra/launcher/basic", "preset=../quick", "data=a//b"]
)
def test_a_choice_with_slashes_is_a_name_that_is_not_there(harness, word):
    ran = harness(word)
    assert ran.code == 2
    assert f"There is no {word.split('=')[0]}" in ran.err


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], []),
        (["attack=knn"], ["knn"]),
        (["seed=1", "attack=[knn,edges]"], ["knn", "edges"]),
        (["-m", "attack=knn,edges"], ["knn", "edges"]),
        (["-m", "attack=[knn,a],[b]"], ["knn", "a", "b"]),
        (["attack=all"], ["all"]),
        (["-m", "attack=glob(*)"], ["*"]),
        (["attack.edges.k=3", "--help"], []),
        (["attack=["], []),
    ],
    ids=str,
)
def test_the_attacks_that_a_line_names(words, names):
    assert names_given(words, "attack") == names


def test_packages_of_hydras_plug_ins_are_not_imported(harness, monkeypatch, tmp_path):
    from hydra.core.plugins import Plugins
    from hydra.core.singleton import Singleton

    package = tmp_path / "site" / "hydra_plugins"
    package.mkdir(parents=True)
    (package / "mine.py").write_text("raise SystemExit('a plug-in of Hydra ran')\n")
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, "hydra_plugins", raising=False)
    Singleton._instances.pop(Plugins, None)  # not put back: its classes would be older than their modules
    assert harness(*TINY_PHANTOM, "dry_run=true").code == 0
    assert "hydra_plugins.mine" not in sys.modules


def test_the_groups_are_names_that_no_attack_may_have():
    assert tuple(attack_groups(find_attacks().by_name)) == RESERVED


@pytest.mark.parametrize(
    "word",
    [
        "preset=[1,2]",
        "preset=null",
        "data=1",
        "launch=[local,local]",
        "attack=[1,2]",
        "attack=[[knn]]",
        "attack=[null]",
    ],
)
def test_a_group_is_given_by_a_name_and_nothing_else(word):
    with pytest.raises(InputError, match=r"gives no name; \w+=NAME takes those"):
        composed([word])


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("attack.knn.contrast=nan", "attack.knn.contrast=nan is no number"),
        ("shadow.clip=inf", "shadow.clip=inf is no number"),
        ("shadow.steps=1000000000000", "shadow.steps=1000000000000 is beyond all"),
        ("attack.knn.k=1000001", "attack.knn.k=1000001 is beyond all"),
        ("data.seed=99999999999999999999", "data.seed=99999999999999999999 is beyond all"),
        ("data.patients=1000000000", "GiB of slices"),
        ("data.size=8193", "at most 8192 pixels"),
        ("shadow.count=1002", "at most 1000"),
        ("shadow.match_steps=[1,nan]", "shadow.match_steps=nan is no number"),
    ],
)
def test_numbers_that_no_run_can_mean_are_refused_by_name_before_anything_starts(word, told):
    with pytest.raises(InputError, match=re.escape(told)):
        composed([word])
    assert composed(["seed=9223372036854775807", "attack.knn.k=1000000"]).seed == 2**63 - 1


def told_of(word: str) -> str:
    with pytest.raises(OverrideParseException) as caught:
        overrides_of([word])
    return explained(caught.value)


@pytest.mark.parametrize(("word", "near"), [("agian", "again"), ("verfy", "verify"), ("Verify", "verify")])
def test_a_word_that_is_nearly_a_command_is_answered_with_it(word, near):
    assert told_of(word) == f"There is no command '{word}'. Near it: {near}."


@pytest.mark.parametrize("word", ["seed", "xyzzy", "again:1"])
def test_any_other_word_is_told_what_options_are(word):
    assert "options are given as name=value" in told_of(word)


@pytest.mark.parametrize("words", [["store.mirror_kinds=scores"], ["launch=slurm", "launch.setup=module"]])
def test_one_value_for_a_list_is_told_how_a_list_is_given(words):
    name = words[-1].partition("=")[0]
    with pytest.raises(InputError, match=rf"^The option {re.escape(name)} is a list; give .*=\[VALUE,\.\.\.\]\.$"):
        composed(words)
