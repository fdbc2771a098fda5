"""Nothing from outside runs: not in files that are read, not from the folder a command is called in."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("harness", "attacks", "shadow_models", "benchmarks")
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
# What a folder may hold that Python, we or what we use would import by these names.
PLANTED = (
    "harness",
    "attacks",
    "random",
    "pickle",
    "socket",
    "signal",
    "torch",
    "numpy",
    "hydra",
    "yaml",
    "rich",
    "PIL",
)
COMMANDS = {f"harness.{path.parent.name}" for path in (ROOT / "harness").glob("*/__main__.py")}

UNPICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
EVALUATES = {"eval", "exec", "compile", "__import__", "execfile"}
LOADERS = {"torch.load": "weights_only", "np.load": "allow_pickle", "numpy.load": "allow_pickle"}
OF_YAML = {"load", "load_all", "full_load", "full_load_all", "unsafe_load", "unsafe_load_all"}
# The conformance tests pickle an attack themselves, to hold that a worker can be handed one.
OURS = {"attacks/conformance/test_conformance.py: import pickle"}


def name_of(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""


def dangers(code: str) -> Iterator[str]:
    """What in a module could run what a file says."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"import {name}" for name in names if name.split(".")[0] in UNPICKLES)
        if not isinstance(node, ast.Call):
            continue
        called, told = name_of(node.func), {word.arg: word.value for word in node.keywords}
        owner, _, method = called.rpartition(".")
        if ast.unparse(node) == "exec('')":  # nothing: it clears a note of Python's
            continue
        if called in EVALUATES or called in {"os.system", "os.popen", "hydra.utils.instantiate", "instantiate"}:
            yield called
        if called in LOADERS:
            value = told.get(LOADERS[called])
            safe = (
                value is None if called != "torch.load" else isinstance(value, ast.Constant) and value.value is True
            )
            if not safe and not (isinstance(value, ast.Constant) and value.value is False and called != "torch.load"):
                yield called
        if owner.split(".")[0] == "yaml" and method in OF_YAML:
            yield called
        if owner == "subprocess" and "shell" in told:
            yield "a shell"


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_unpickled_or_evaluated(package):
    found = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in (ROOT / package).rglob("*.py")
        for what in dangers(path.read_text(encoding="utf-8"))
    }
    assert found <= OURS


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=maybe)",
        "yaml.load(text)",
        "yaml.unsafe_load(text)",
        "eval(text)",
        "exec(text)",
        "hydra.utils.instantiate(config)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_the_search_finds_what_it_is_for(code):
    assert list(dangers(code))


def test_the_search_leaves_what_is_safe():
    safe = (
        "np.load(path)\nnp.load(path, allow_pickle=False)\ntorch.load(path, weights_only=True)\nyaml.safe_load(text)"
    )
    assert not list(dangers(safe))


@pytest.fixture
def planted(tmp_path) -> Path:
    """A folder whose modules leave a mark and end the process."""
    folder = tmp_path / "folder"
    folder.mkdir()
    code = "import os\nopen(os.environ['MARK'], 'w').close()\nos._exit(77)\n"
    for name in PLANTED:
        (folder / f"{name}.py").write_text(code)
    (folder / "hydra_plugins").mkdir()
    (folder / "hydra_plugins" / "mine.py").write_text(code)
    return folder


def run_in(folder: Path, *command: str, **more: str) -> tuple[int, str, bool]:
    """Exit code, what was printed, and whether a planted module ran."""
    mark = folder.parent / "ran"
    mark.unlink(missing_ok=True)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    env |= {"PYTHONPATH": str(ROOT), "MARK": str(mark)} | more
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr, mark.exists()


def script(folder: Path, name: str) -> str:
    """The console script that pip would write for a name of `[project.scripts]`."""
    module, function = SCRIPTS[name].split(":")
    (folder / "bin").mkdir()
    path = folder / "bin" / name
    path.write_text(
        f"import sys\nfrom {module} import {function}\nif __name__ == '__main__':\n    sys.exit({function}())\n"
    )
    return str(path)


def test_planted_modules_bite_where_nothing_is_done(planted):
    assert run_in(planted, sys.executable, "-m", "harness.run", "--help") == (77, "", True)


@pytest.mark.parametrize("name", ["harness-run", "harness-audit", "harness-editions"])
def test_a_console_script_imports_nothing_of_the_current_folder(planted, name):
    code, printed, ran = run_in(planted, sys.executable, script(planted.parent, name), "--help")
    assert not ran
    assert code == 0, printed
    assert "--help" in printed or "harness" in printed


def test_nor_does_python_with_p(planted):
    code, printed, ran = run_in(planted, sys.executable, "-P", "-m", "harness.run", "--help")
    assert not ran
    assert code == 0, printed


WORKERS = """
import sys
from harness.jobs.launchers.local import LocalLauncher
from launch_jobs import square
if __name__ == "__main__":
    launcher = LocalLauncher(1, "cpu")
    print(launcher.map(square, [3], lambda message: None))
    launcher.close()
"""


def test_nor_do_the_processes_that_a_run_starts(planted):
    """Python starts them with -c, which puts the current folder first."""
    path = planted.parent / "start.py"
    path.write_text(WORKERS)
    more = os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "support")))
    code, printed, ran = run_in(planted, sys.executable, str(path), PYTHONPATH=more)
    assert not ran
    assert (code, printed.strip()) == (0, "[9]")


def test_every_command_has_a_script_and_every_script_a_command():
    named = {target.split(":")[0].removesuffix(".__main__") for target in SCRIPTS.values()}
    assert named == COMMANDS | {"harness.published_facts"}
    for name, target in SCRIPTS.items():
        assert name == target.split(":")[0].removesuffix(".__main__").replace(".", "-").replace("_", "-")
        assert target.endswith(":main")
