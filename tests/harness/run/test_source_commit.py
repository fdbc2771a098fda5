"""The commit: of our own clone and no other, asked without running anything that a repository's settings name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.run import source_commit
from harness.run.source_commit import commit_of

MARK = "ran"


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def clone(tmp_path) -> Path:
    top = tmp_path / "clone"
    top.mkdir()
    git(top, "init")
    (top / "file.txt").write_text("one\n")
    git(top, "add", ".")
    git(top, "commit", "-m", "first")
    return top


def program(folder: Path) -> Path:
    """A program that leaves a mark beside it."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\ntouch '{folder / MARK}'\n")
    path.chmod(0o755)
    return path


def test_the_commit_and_whether_it_is_changed(clone):
    head = git(clone, "rev-parse", "HEAD")
    assert commit_of(clone) == head
    (clone / "file.txt").write_text("two\n")
    assert commit_of(clone) == head + "+"
    worktree = clone.parent / "worktree"
    git(clone, "worktree", "add", str(worktree))
    assert commit_of(worktree) == head


def test_of_the_source_it_is_ours():
    source_commit.commit.cache_clear()
    told = source_commit.commit()
    if (source_commit._SOURCE / ".git").exists():
        assert told is not None
        assert told.removesuffix("+") == git(source_commit._SOURCE, "rev-parse", "HEAD")


def test_a_repository_around_the_package_is_not_asked(clone):
    """As where it is installed in an environment that lies inside somebody's own project."""
    inside = clone / ".venv" / "site-packages"
    inside.mkdir(parents=True)
    assert commit_of(inside) is None
    (inside / ".git").mkdir()  # no repository, so git would look further up
    assert commit_of(inside) is None


def test_nothing_that_settings_name_is_run(clone, tmp_path, monkeypatch):
    marked = program(tmp_path)
    git(clone, "config", "core.fsmonitor", str(marked))
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("fsmonitor-watchman", "post-index-change", "post-checkout", "pre-commit"):
        (hooks / name).symlink_to(marked)
    git(clone, "config", "core.hooksPath", str(hooks))
    for name in ("GIT_PAGER", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EXTERNAL_DIFF", "GIT_EDITOR"):
        monkeypatch.setenv(name, str(marked))
    (tmp_path / MARK).unlink(missing_ok=True)
    os.utime(clone / "file.txt", (1, 1))  # the index is stale: git would like to write it, and tell the hook
    before = (clone / ".git" / "index").read_bytes()
    assert commit_of(clone) == git_head(clone)
    assert not (tmp_path / MARK).exists()
    assert (clone / ".git" / "index").read_bytes() == before


def git_head(clone: Path) -> str:
    return (clone / ".git" / "refs" / "heads" / "main").read_text().strip()


def test_the_environment_points_git_nowhere_else(clone, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init")
    head = git(clone, "rev-parse", "HEAD")
    marked = program(tmp_path)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(marked))
    monkeypatch.chdir(other)
    assert commit_of(clone) == head
    assert not (tmp_path / MARK).exists()


def test_without_git_or_an_answer_there_is_none(clone, monkeypatch):
    (clone / ".git" / "HEAD").write_text("nonsense\n")
    assert commit_of(clone) is None
    monkeypatch.setenv("PATH", "")
    assert commit_of(clone) is None
