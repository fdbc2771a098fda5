"""A store's mirror: what is there is not made, what is made is there, and nothing half, mixed or private is."""

from __future__ import annotations

import multiprocessing
import os
import random
import stat
import time
import warnings
from collections import Counter
from contextlib import contextmanager

import pytest

from harness.artefact import META
from harness.config.options import StoreOptions
from harness.config.store_options import MAY_BE_MIRRORED, elsewhere_of_options
from harness.errors import HarnessWarning, InputError
from harness.run.__main__ import main
from harness.store import KINDS, Store, mirror, objects, owners
from harness.store.addresses import travels_open, without_secrets
from harness.store.claims import CLAIMS, Claim
from harness.store.elsewhere import MIRRORED, Elsewhere, known, there
from harness.store.mirror import Mirror, known_and_checked

SPAWN = multiprocessing.get_context("spawn")  # obstore has threads, which a fork would not bring along


def maker(text, made=None, seconds=0.0):
    def make(folder):
        if made is not None:
            made.append(text)
        time.sleep(seconds)
        (folder / "inner").mkdir()
        (folder / "inner" / "data.txt").write_text(text * 1000)
        (folder / "more.txt").write_text(text)
        return {"text": text}

    return make


def contents(artefact):
    return {
        path.relative_to(artefact.folder).as_posix(): path.read_bytes()
        for path in artefact.folder.rglob("*") if path.is_file()
    }  # fmt: skip


@contextmanager
def mirrored(root, address, **more):
    with known(root, Elsewhere(mirror=address, **more)):
        yield Store(root)


def test_what_one_store_made_another_fetches(tmp_path, address):
    made = []
    with mirrored(tmp_path / "a", address) as first, mirrored(tmp_path / "b", address) as second:
        one = first.get("release", "k", maker("one", made))
        two = second.get("release", "k", maker("two", made))
    assert made == ["one"]
    assert contents(one) == contents(two)
    assert set(contents(two)) == {"inner/data.txt", "more.txt", META}
    assert (one.facts, one.seconds) == (two.facts, two.seconds)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Store(tmp_path / "b", verify=True).find("release", "k") is not None
    assert not Mirror(address).objects.names(f"{CLAIMS}/"), "claims are given back"


def test_only_the_kinds_that_are_named_go_there(tmp_path, address):
    with mirrored(tmp_path / "a", address) as store:
        for kind in ("pool", "given", "picture", *MIRRORED):
            store.get(kind, "k", maker(kind))
    there_now = {name.split("/")[0] for name in Mirror(address).objects.names("")}
    assert there_now == set(MIRRORED) == {"generator", "release", "shard", "observation", "scores"}


def test_meta_comes_last_and_without_it_there_is_nothing(tmp_path, address, monkeypatch):
    made, sent = [], []
    with mirrored(tmp_path / "a", address) as store:
        place = mirror._mirror(address).objects
        send = type(place).send
        monkeypatch.setattr(type(place), "send", lambda self, name, path: (sent.append(name), send(self, name, path)))
        store.get("release", "k", maker("one", made))
    assert [name.removeprefix("release/k/") for name in sent] == ["inner/data.txt", "more.txt", META]
    place.remove(f"release/k/{META}")
    with mirrored(tmp_path / "b", address) as store:
        store.get("release", "k", maker("two", made))
    assert made == ["one", "two"]


@pytest.mark.parametrize("damage", ["inner/data.txt", META, "gone"])
def test_what_arrives_damaged_is_refused_and_made_again_everywhere(tmp_path, address, damage):
    made = []
    with mirrored(tmp_path / "a", address) as store:
        store.get("release", "k", maker("one", made))
    place = mirror._mirror(address).objects
    if damage == "gone":
        place.remove("release/k/more.txt")
    else:
        whole = place.read(f"release/k/{damage}")
        place.write(f"release/k/{damage}", whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    with (
        mirrored(tmp_path / "b", address) as store,
        pytest.warns(HarnessWarning, match="Mirror: release/k is damaged"),
    ):
        again = store.get("release", "k", maker("two", made))
    assert made == ["one", "two"]
    assert contents(again)["more.txt"] == b"two"
    assert not list((tmp_path / "b" / "release").glob(".*"))
    with mirrored(tmp_path / "c", address) as store:
        assert contents(store.get("release", "k", maker("three", made))) == contents(again)
    assert made == ["one", "two"], "the mirror has what was made again"


def test_what_is_dropped_while_it_is_fetched_is_not_there_and_is_not_called_damaged(tmp_path, address, monkeypatch):
    with mirrored(tmp_path / "a", address) as store:
        store.get("shard", "k", maker("one"))
    place = mirror._mirror(address)
    fetch = type(place.objects).fetch

    def dropped(self, name, path):
        place.drop("shard", "k")
        return fetch(self, name, path)

    monkeypatch.setattr(type(place.objects), "fetch", dropped)
    (tmp_path / "k").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert place.pull("shard", "k", tmp_path / "k") is None
    assert place.objects.names("shard/") == []


@pytest.mark.parametrize("name", ["../../x", "/x", "a/../../x", "..", META, "", "a//b", "./a", "a/./b", "a/"])
def test_no_name_in_a_mirror_leads_out_of_the_artefact(tmp_path, address, name):
    from harness.artefact import Meta, meta_text

    place = Mirror(address).objects
    place.write(f"release/k/{META}", meta_text("release", "k", Meta({}, 0.0, {name: "0" * 64})).encode())
    with mirrored(tmp_path / "a", address) as store, pytest.warns(HarnessWarning, match="is damaged"):
        store.get("release", "k", maker("own"))
    assert {path.name for path in tmp_path.iterdir()} <= {"a", "mirror"}


def test_another_key_s_meta_is_refused(tmp_path, address):
    with mirrored(tmp_path / "a", address) as store:
        store.get("release", "other", maker("other"))
    place = mirror._mirror(address).objects
    for name in place.names("release/other/"):
        place.write(name.replace("other", "k"), place.read(name))
    with mirrored(tmp_path / "b", address) as store, pytest.warns(HarnessWarning, match="is damaged"):
        assert store.get("release", "k", maker("own")).facts == {"text": "own"}


def _make_all(root, address, log, keys):
    def make(folder):
        with log.open("a") as file:
            file.write(f"{folder.name.split('-')[1]}\n")
        time.sleep(0.2)
        (folder / "a.txt").write_text(f"{os.getpid()}" * 100)

    mirror._ASK_EVERY_SEC = 0.05
    random.Random(os.getpid()).shuffle(keys)  # noqa: S311  # an order of its own for each process
    with known(root, Elsewhere(mirror=address)):
        for key in keys:
            Store(root).get("scores", key, make)


@pytest.mark.parametrize("address", ["folder", "s3"], indirect=True)
def test_stores_that_share_a_mirror_make_each_key_once(tmp_path, address):
    log, keys = tmp_path / "log", [f"k{n}" for n in range(5)]
    roots = [tmp_path / f"store{n}" for n in range(3)]
    processes = [SPAWN.Process(target=_make_all, args=(root, address, log, keys)) for root in roots]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 3
    assert Counter(log.read_text().split()) == dict.fromkeys(keys, 1)
    for key in keys:
        assert len({Store(root).find("scores", key).folder.joinpath("a.txt").read_bytes() for root in roots}) == 1
    assert not Mirror(address).objects.names(f"{CLAIMS}/")


def test_a_claim_is_one_s_and_taken_over_from_the_silent_by_one(address, monkeypatch):
    place = Mirror(address).objects
    first, second = Claim(place, "scores", "k"), Claim(place, "scores", "k")
    assert first.try_it()
    for _ in range(15):
        time.sleep(0.2)
        assert not second.try_it(), "it beats, so it is waited for beyond anybody's patience"
    first._beats.end()  # silent, and on a machine whose processes nobody sees
    monkeypatch.setattr(owners, "this_host", lambda: "0" * 32)
    others = [second, *(Claim(place, "scores", "k") for _ in range(3))]
    won = []
    deadline = time.monotonic() + 20.0
    while not won and time.monotonic() < deadline:
        won += [one for one in others if one.try_it()]
        time.sleep(0.05)
    assert len(won) == 1
    first.give_back()  # it wakes, and takes away no claim but its own
    assert not Claim(place, "scores", "k").try_it()
    won[0].give_back()
    assert not place.names(f"{CLAIMS}/")


def test_whoever_was_silent_touches_no_claim_of_another_under_the_same_name(address, monkeypatch):
    """It was taken over, the other one was done, and a third begins."""
    place = Mirror(address).objects
    first, second, third = (Claim(place, "scores", "k") for _ in range(3))
    assert first.try_it()
    first._beats.end()
    with monkeypatch.context() as far_away:
        far_away.setattr(owners, "this_host", lambda: "0" * 32)
        deadline = time.monotonic() + 20.0
        while not second.try_it() and time.monotonic() < deadline:
            time.sleep(0.05)
    second.give_back()
    assert third.try_it()
    third._beats.end()
    before = place.read(third._mine)
    assert before is not None
    assert first._mine == third._mine
    assert not first._beat(), "it stops"
    assert place.read(third._mine) == before
    first.give_back()
    assert place.read(third._mine) == before
    third.give_back()
    assert not place.names(f"{CLAIMS}/")


@pytest.mark.parametrize(
    ("address", "how"), [("folder", "replace"), ("folder", "remove"), ("s3", "replace")], indirect=["address"]
)  # S3 takes nothing away on a condition
def test_what_becomes_anothers_between_the_look_and_the_change_stays(address, how):
    place = Mirror(address).objects
    place.write("x/000000", b"mine")
    looks = []

    def ours(record):
        looks.append(record)
        if len(looks) == 1:
            place.remove("x/000000")
            place.write("x/000000", b"hers")
            return True
        return record == b"mine"

    if how == "replace":
        place.replace("x/000000", b"beat", ours)
    else:
        assert not place.remove_ours("x/000000", ours)
    assert looks[0] == b"mine"
    assert place.read("x/000000") == b"hers"


@pytest.mark.parametrize("address", ["folder", "s3"], indirect=True)
def test_of_two_that_saw_nobody_one_gets_the_claim(address, monkeypatch):
    place = Mirror(address).objects
    first, second = Claim(place, "scores", "k"), Claim(place, "scores", "k")
    assert first.try_it()
    names = type(place).names
    before: list[list[str]] = [[]]  # as it was a moment ago
    monkeypatch.setattr(type(place), "names", lambda self, prefix: before.pop() if before else names(self, prefix))
    assert not second.try_it()
    first.give_back()


def test_a_mirror_that_does_not_answer_stops_nobody_once_begun(tmp_path, monkeypatch):
    pytest.importorskip("obstore")
    mirror._mirror.cache_clear()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(objects, "RETRIES", 0)
    address, made = "s3://bucket/nobody", []
    with (
        pytest.raises(InputError, match="cannot be used"),
        known_and_checked(tmp_path / "a", Elsewhere(mirror=address), pytest.fail),
    ):
        pass
    asked = []
    names = objects._Obstore.names
    monkeypatch.setattr(objects._Obstore, "read", lambda self, name: (asked.append(name), names(self, name))[1])
    with mirrored(tmp_path / "a", address) as store:
        with pytest.warns(HarnessWarning, match="does not answer"):
            store.get("release", "k", maker("k", made))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            store.get("release", "l", maker("l", made))
    assert made == ["k", "l"]
    assert asked == [f"release/k/{META}"], "and it is not asked again for each"


def test_a_failure_to_make_is_no_failure_of_the_mirror(tmp_path, address):
    def full(folder):
        raise OSError(28, "No space left on device")

    with mirrored(tmp_path / "a", address) as store, warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(OSError, match="No space"):
            store.get("release", "k", full)
        assert not Mirror(address).objects.names(""), "neither half of it nor a claim is left"
        assert store.get("release", "k", maker("whole")).facts == {"text": "whole"}


def test_a_full_disk_here_is_no_failure_of_the_mirror_and_its_claim_is_given_back(tmp_path, address, monkeypatch):
    with mirrored(tmp_path / "a", address) as store:
        store.get("release", "k", maker("one"))
    place = mirror._mirror(address).objects

    def full(self, name, path):
        raise OSError(28, "No space left on device", str(path))

    with mirrored(tmp_path / "b", address) as store, warnings.catch_warnings():
        warnings.simplefilter("error")
        with monkeypatch.context() as patch:
            patch.setattr(type(place), "fetch", full)
            with pytest.raises(OSError, match="No space"):
                store.get("release", "k", maker("two"))
            read, asked = type(place).read, []

            def late(self, name):
                """Another machine gives it to the mirror just after the first look."""
                asked.append(name)
                return None if len(asked) == 1 else read(self, name)

            patch.setattr(type(place), "read", late)
            with pytest.raises(OSError, match="No space"):
                store.get("release", "k", maker("two"))
        assert not place.names(f"{CLAIMS}/")
        assert store.get("release", "k", maker("two")).facts == {"text": "one"}, "once there is room"


@pytest.mark.parametrize("address", ["s3"], indirect=True)
def test_what_a_server_says_is_a_sentence(address, monkeypatch, tmp_path):
    monkeypatch.setattr(objects, "RETRIES", 0)
    elsewhere = address.replace("s3://bucket", "s3://nosuchbucket")
    with pytest.raises(InputError, match=rf"^store.mirror={elsewhere} cannot be used: there is no such bucket$"):
        Mirror(elsewhere).check()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:secret@127.0.0.1:9")
    with pytest.raises(InputError, match=rf"^store.mirror={address} cannot be used: nobody answers at 127.0.0.1:9$"):
        Mirror(address).check()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Error performing GET http://h:9/b in 1ms - HTTP error: error sending request Debug source: x",
            "nobody answers",
        ),
        (
            "Error performing PUT http://169.254.169.254/latest/api/token in 1s",
            "no credentials are in the environment",
        ),
        ("Error performing GET https://h/b in 1s - 403 Forbidden: <?xml <Code>AccessDenied</Code>", "h refuses what"),
        (
            "Generic MicrosoftAzure error: Account must be specified\n\nDebug source:\nGeneric {",
            "Account must be specified",
        ),
    ],
)
def test_no_words_of_a_librarys_inside_are_shown(said, told):
    line = objects._line(ValueError(said))
    assert told in line
    assert not {"Debug", "xml", "Generic {"} & {line, *line.split()}


def test_jobs_elsewhere_know_the_mirror(tmp_path):
    import pickle

    root = tmp_path / "a"
    assert there(root, _knows) is _knows, "as it was, where there is nothing to know"
    with known(root, Elsewhere(mirror=str(tmp_path / "m"))):
        carried = pickle.dumps(there(root, _knows))
    assert pickle.loads(carried)(root, None) == Elsewhere(mirror=str(tmp_path / "m"))  # noqa: S301  # our own
    assert _knows(root, None) == Elsewhere()


def _knows(root, work):
    from harness.store.elsewhere import elsewhere_of

    return elsewhere_of(root)


def test_what_travels_open_is_told(monkeypatch, tmp_path):
    for endpoint, host in (
        ("http://10.0.0.7:9000", "10.0.0.7"),
        ("http://127.0.0.1:9000", None),
        ("http://localhost:9000", None),
        ("http://[::1]:9000", None),
        ("https://minio.example", None),
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        assert travels_open("s3://bucket/x") == host
    assert travels_open("http://machine/x") == "machine"
    assert travels_open(str(tmp_path)) is None
    assert travels_open("gs://bucket/x") is None


def options(**values):
    return StoreOptions(**values)


def test_options_are_checked(tmp_path, monkeypatch):
    assert set(MAY_BE_MIRRORED) < KINDS
    assert elsewhere_of_options(options()) == Elsewhere()
    assert elsewhere_of_options(options(mirror=str(tmp_path))).mirror == str(tmp_path)
    for values, told in (
        ({"lock": "flok"}, "Did you mean flock"),
        ({"mirror_kinds": ["salt"]}, "store.mirror_kinds 'salt'"),
        ({"mirror": str(tmp_path / "s" / "m"), "root": str(tmp_path / "s")}, "lie in each other"),
        ({"mirror": ""}, "is empty"),
    ):
        with pytest.raises(InputError, match=told):
            elsewhere_of_options(options(**values))
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    with pytest.raises(InputError, match=r"\[mirror\]"):
        objects.opened("s3://bucket/x")


def test_a_mirror_in_a_folder_is_closed_to_others_at_every_level(tmp_path):
    """Who knows the slices can tell from keys who was trained on what."""
    before = os.umask(0)
    try:
        objects.opened(str(tmp_path / "mirror")).write("generator/abc/meta.json", b"{}")
    finally:
        os.umask(before)
    found = [tmp_path / "mirror", tmp_path / "mirror" / "generator", tmp_path / "mirror" / "generator" / "abc"]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in found] == [0o700] * 3


SECRET = [
    "simplecache::sftp://user:secret@host/x",
    "s3://key:secret@bucket/x",
    "s3://:secret@bucket/x",
    "abfss://container:secret@account.dfs.core.windows.net/x",
    "sftp://user@host/x?password=secret",
    "s3://bucket/x?X-Amz-Signature=secret",
    "az://container/x?sv=1&sig=secret",
    "https://host/x?sig=secret",
    "nosuch://user:secret@host",
    "s3://bucket/x#secret",
    "sftp://host:port-secret/x",
    "user:secret@host/x",
]


@pytest.mark.parametrize("address", SECRET)
def test_an_address_with_a_secret_in_it_is_refused_before_any_work_and_not_repeated(address):
    with pytest.raises(InputError, match=r"store\.mirror=") as told:
        elsewhere_of_options(options(mirror=address))
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("word", ["s3://b/x?sig=secret", "s3://b/x?a=1&X-Amz-Signature=secret", "s3://u:secret@b/x{"])
def test_nor_is_one_that_hydra_cannot_read(word, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([f"store.mirror={word}", "dry_run=true"]) == 2
    said = capsys.readouterr()
    assert "store.mirror=s3://" in said.err
    assert "secret" not in said.out + said.err


def test_nor_is_one_of_a_sweep_written_down(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["-m", "seed=0,1", 'store.mirror="s3://b/x?sig=secret"', "dry_run=true"]) == 2
    assert "secret" not in "".join(capsys.readouterr())
    assert not [*tmp_path.iterdir()]


def test_what_libraries_say_of_addresses_is_shown_without_secrets():
    said = (
        "error sending request for url (http://user:secret@host:9/b?X-Amz-Signature=secret&a=b): 403, 'sftp://u@h/x'"
    )
    assert without_secrets(said) == "error sending request for url (http://...@host:9/b?...): 403, 'sftp://...@h/x'"
    assert without_secrets("is it? s3://b/x is") == "is it? s3://b/x is"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ftp", "no address"),
        ("s3", "no address"),
        ("s3:/bucket/x", "no address"),
        ("s3://", "names no bucket"),
        ("s3:///x", "names no bucket"),
        ("memory://", "names no bucket, machine or folder"),
        ("xyz://x", "xyz before :// is no kind of address"),
        ("://x", "nothing before ://"),
        ("zip://x.zip", "nothing can be kept under addresses of zip"),
        ("https://host/x", "nothing can be kept under addresses of https"),
    ],
)
def test_what_cannot_be_a_mirror_is_refused_before_any_work(address, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=told) as refused:
        elsewhere_of_options(options(mirror=address))
    assert f"store.mirror={address}" in str(refused.value)
    assert "Expected is a folder, or an address such as s3://BUCKET/FOLDER" in str(refused.value)


@pytest.mark.parametrize(
    "address", ["data", "./ftp", "a:b", "S3://bucket/x", "abfss://container@account.dfs.core.windows.net/x", "sftp://h/x",
                "memory://x", "hdfs:///x", "file:///tmp/x?y"]
)  # fmt: skip
def test_what_can_be_one_is_not(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert elsewhere_of_options(options(mirror=address)).mirror


def test_what_fsspec_cannot_open_is_a_sentence(monkeypatch):
    import fsspec

    def refused(address):
        raise FileNotFoundError(f"{address}?token=secret")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refused)
    with pytest.raises(InputError, match=r"store.mirror=sftp://h/x cannot be opened") as told:
        objects.opened("sftp://h/x")
    assert "secret" not in str(told.value)
