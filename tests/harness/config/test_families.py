"""Generators are chosen by name, with a preset's numbers and options of their own."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from harness.config.option_errors import explained
from harness.config.public_options import public_options
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.errors import InputError
from harness.jobs.generators import GeneratorJob
from harness.planning.make import make_plan
from harness.planning.start import with_start, without_privacy
from harness.planning.surrogates import surrogate_jobs
from harness.store import Store
from shadow_models.recipe import SIZES, Gives
from shadow_models.registry import built_in, find_family

EDITION = ["data=imageclef2023", "data.root=no-such-folder", "data.size=64"]
COMMAND = 'shadow.command="python made_up.py {members} {release}"'


def refusal(words: list[str]) -> str:
    """The sentence that a command prints for them."""
    with pytest.raises((InputError, HydraException, OmegaConfBaseException)) as caught:
        composed(words)
    return str(caught.value) if isinstance(caught.value, InputError) else explained(caught.value)


@pytest.mark.parametrize("name", built_in())
@pytest.mark.parametrize("preset", SIZES)
def test_a_family_comes_with_a_presets_numbers(name, preset):
    settings = composed([f"shadow={name}", f"preset={preset}", *(["shadow.start=nothing"] if name == "dct" else [])])
    assert settings.recipe == find_family(name).presets()[preset]
    assert settings.echo["shadow"]["family"] == name


def test_options_are_the_familys_own():
    assert composed(["shadow=copies", "shadow.noise=3"]).recipe == find_family("copies")(noise=3.0)
    assert "shadow.overview" in refusal(["shadow=copies", "shadow.overview=8"])
    with pytest.raises(InputError, match=r"shadow\.noise=900\.0 must be between 0 and 255"):
        composed(["shadow=copies", "shadow.noise=900"])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["shadow=flwo"], "flow"),
        (["recipe=dct_gpu"], r"shadow=NAME and preset=NAME"),
        (["shadow=copies", "shadow.start=phantom-64"], "start from nothing"),
        (["shadow=copies", "shadow.leak=weak"], "steps of dct's quick network .* leave it out for another"),
        (["shadow=flow", "shadow.start=phantom-64"], "another network"),
        (["shadow=external"], r"shadow\.command"),
        (["shadow=external", 'shadow.command="x {members}"'], r"\{release\}"),
        (["shadow=external", COMMAND, "shadow.depends=[no_such_file.py]"], "no_such_file"),
        (["shadow.match=[dct,copies]"], "edition"),
        (["shadow=[dct,flow]"], r"shadow=NAME takes one; shadow\.match"),
        (["shadow.match=[ddpm,flow]", "shadow.steps=50", *EDITION], "does not try dct, of which options were typed"),
        (["shadow.match=[dct,flow]", "shadow.epsilon=8", *EDITION], "would try the others without privacy"),
        (["surrogate.family=flow"], "changes nothing here: surrogates are trained for an edition"),
        (["shadow=gan", "shadow.epsilon=8"], "no option epsilon; dct, ddpm, flow, latent have"),
        (["shadow=ddpn"], "There is no generator 'ddpn'. Did you mean ddpm"),
        (["shadow=external", "shadow.command=python x.py {members} {release}"], 'shadow.command="python x.py'),
        (["shadow=latent", "shadow.epsilon=8"], "None without a start, or the autoencoder"),
        (["shadow.epsilon=8", "shadow.start=nothing"], "None without a start, or the codec"),
        (["shadow=gan", "shadow.start=phantom-64"], r"its family is 'dct' and not 'gan'"),
        (["shadow=flow", "shadow.delta=1e-6"], "left out without epsilon"),
        (["shadow=flow", "shadow.clip=2"], "left out without epsilon"),
        ([*EDITION, "shadow.match=[dct,dct]"], "each once"),
        ([*EDITION, "shadow.match=[]"], "one family or more"),
        ([*EDITION, "shadow.match=[dct,gna]"], "gan"),
        (["surrogate.family=gan", "surrogate.use=true"], "no denoiser"),
        (["surrogate.family=copies", "surrogate.use=true"], "no denoiser"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(words, why):
    assert re.search(why, refusal(words))


def test_families_to_try_have_the_presets_numbers_and_the_own_one_what_was_typed():
    settings = composed([*EDITION, "shadow.match=[dct,gan,copies]", "shadow.steps=77"])
    assert [one.recipe.name for one in settings.rivals] == ["dct", "gan", "copies"]
    assert settings.rivals[0].recipe.n_steps == 77
    assert settings.rivals[1].recipe == find_family("gan").presets()["quick"]


def test_what_no_surrogate_could_be_is_no_matter_where_none_is_trained():
    assert composed(["shadow=copies", "data.size=20"]).surrogate is None


@pytest.mark.parametrize(
    ("words", "family"),
    [
        ([], None),
        (["shadow=flow"], None),
        (["shadow=gan"], "dct"),
        (["shadow=strangers"], "dct"),
        (["surrogate.family=flow"], "flow"),
        (["shadow=flow", "surrogate.family=flow"], None),
        ([*EDITION, "shadow.match=[dct,gan]"], "dct"),
        ([*EDITION, "shadow.match=[dct,flow]"], None),
    ],
)
def test_surrogates_are_denoisers_whatever_the_shadows_are(words, family):
    made = composed([*words, "surrogate.use=true"]).surrogate
    assert (None if made is None else made.recipe.name) == family


def test_surrogates_of_another_family_have_its_start(tmp_path):
    settings = composed(["shadow=copies", "surrogate.use=true", f"store.root={tmp_path}", "data.patients=40"])
    pool = load_pool(settings.data, Store(tmp_path))
    settings, base = with_start(settings, pool)
    assert base is not None, "dct surrogates start from the phantoms' base"
    assert base.key is None, "the shadows do not"
    plan = make_plan(settings, pool)
    assert {job.start for job in plan.generators} == {None}
    assert {job.start for job in surrogate_jobs(settings, plan)} == {base.jobs[0].key}


@pytest.mark.parametrize("name", built_in())
def test_what_gives_images_alone_shows_no_model(name, tmp_path):
    settings = composed([f"shadow={name}", f"store.root={tmp_path}", "data.patients=40"])
    pool = load_pool(settings.data, Store(tmp_path))
    plan = make_plan(with_start(settings, pool)[0], pool)
    shown = {spec.target.view.generator for spec in plan.shadows}
    assert (shown == {None}) == (find_family(name).gives is Gives.RELEASE)


def test_a_generators_key_has_its_family_and_options():
    def key(recipe) -> str:
        return GeneratorJob("store", "shadow 0", "pool", (0,), ("aa",), recipe, 5, 16).key

    copies, strangers, flow = (find_family(name) for name in ("copies", "strangers", "flow"))
    recipes = [copies(), copies(noise=3.0), strangers(), flow(), flow(coupling="independent"), find_family("ddpm")()]
    assert len({key(recipe) for recipe in recipes}) == len(recipes)


def test_only_the_family_that_is_named_is_imported():
    code = (
        "import sys; from harness.config.settings import composed; "
        "composed([]); print(*sorted(m for m in sys.modules if m.startswith('shadow_models.families.')), "
        "'torch' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.split() == ["shadow_models.families.dct", "False"]


def test_a_command_and_its_files_stay_here(tmp_path):
    program = tmp_path / "secret_ward.py"
    program.write_text("")
    command = f'shadow.command="python {program} {{members}} {{release}}"'
    settings = composed(["shadow=external", command, f"shadow.depends=['{program}']"])
    told = public_options(settings.echo)
    assert "secret_ward" in str(settings.echo)
    assert "secret_ward" not in str(told)
    assert told["shadow"]["count"] is None


def test_privacy_is_promised_to_members_alone(tmp_path):
    """An attacker's surrogates, and a base of other slices, are under no bound: noise would flatter the control."""
    pytest.importorskip("opacus")
    settings = composed(["shadow=ddpm", "shadow.epsilon=8", f"store.root={tmp_path}", "data.patients=40"])
    pool = load_pool(settings.data, Store(tmp_path))
    settings, _ = with_start(settings, pool)
    plan = make_plan(settings, pool)
    assert {job.recipe.epsilon for job in plan.generators} == {8.0}
    assert {job.recipe.epsilon for job in surrogate_jobs(settings, plan)} == {None}
    assert without_privacy(settings.recipe) == find_family("ddpm")()


@pytest.mark.parametrize(
    ("word", "why"),
    [("shadow.batch=41", "at most the number of members, 40"), ("shadow.delta=0.06", "below one over the number")],
)
def test_a_promise_that_cannot_be_kept_is_refused_before_anything_is_trained(tmp_path, word, why):
    pytest.importorskip("opacus")
    words = ["shadow=ddpm", "shadow.epsilon=8", word, f"store.root={tmp_path}", "data.patients=40"]
    settings = composed(words)
    pool = load_pool(settings.data, Store(tmp_path))
    settings, _ = with_start(settings, pool)
    with pytest.raises(InputError, match=why):
        make_plan(settings, pool)


@pytest.mark.parametrize("family", ["ddpm", "latent"])
def test_ddim_steps_divide_the_timesteps(family):
    """Others give another spread: the scheduler's step and its spacing differ by the remainder."""
    with pytest.raises(InputError, match=r"shadow\.sample_steps=30 must be a divisor of n_timesteps=1000"):
        composed([f"shadow={family}", "shadow.sample_steps=30"])
    with pytest.raises(InputError, match=r"shadow\.sample_steps=600"):
        composed([f"shadow={family}", "shadow.n_timesteps=500", "shadow.sample_steps=600"])
    assert composed(["shadow=flow", "shadow.sample_steps=30"]).recipe.sample_steps == 30
