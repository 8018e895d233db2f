"""The folder of the cache: which one it is, and when it is not used."""

import os
import re

import numpy as np
import pytest

import dualad as da
from dualad.cache import files


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of its own, and an empty one as the current folder."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("DUALAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("DUALAD_CACHE", raising=False)
    return tmp_path / "cache"


def refused():
    """The reason why nothing is read or written."""
    reason = da.cache_info().problem
    with pytest.raises(OSError, match=re.escape(reason)):
        files.write("name", b"data")
    assert files.read("name") is None
    return reason


def test_a_folder_that_only_its_user_can_write_to_is_made(place):
    before = os.umask(0)
    try:
        files.write("name", b"data")
    finally:
        os.umask(before)
    assert files.read("name") == b"data"
    assert place.stat().st_mode & 0o777 == 0o700
    assert (place / "name.driver").stat().st_mode & 0o022 == 0
    assert da.cache_info().problem == ""


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777, 0o722])
def test_a_folder_that_others_can_write_to(place, mode):
    files.write("name", b"data")
    place.chmod(mode)
    assert "can be written to by others; chmod go-w" in refused()
    place.chmod(0o755)
    assert files.read("name") == b"data"


def test_derivatives_say_why_they_are_not_stored(place):
    place.mkdir()
    place.chmod(0o777)
    assert da.derivative(lambda x: x * x)(2.0) == 4.0
    assert da.cache_info().refused["derivative_lambda"] == refused()
    assert da.clear_cache() == 0


def owned_by_another(path, monkeypatch):
    if os.geteuid():
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    else:
        os.chown(path, 12345, -1)


def test_a_folder_of_another_user(place, monkeypatch):
    files.write("name", b"data")
    owned_by_another(place, monkeypatch)
    assert "belongs to another user" in refused()


def test_a_file_that_others_may_have_written(place, monkeypatch):
    files.write("name", b"data")
    (place / "name.driver").chmod(0o666)
    assert files.read("name") is None
    (place / "name.driver").chmod(0o600)
    assert files.read("name") == b"data"
    owned_by_another(place / "name.driver", monkeypatch)
    assert files.read("name") is None


def without_a_home(monkeypatch):
    """As in a container whose user has no entry in the system's list."""

    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.mark.parametrize("chosen", [None, "~/cache", "~nobody-of-this-name/cache"])
def test_no_home_folder(place, monkeypatch, chosen):
    without_a_home(monkeypatch)
    if chosen is None:
        monkeypatch.delenv("DUALAD_CACHE_DIR")
    else:
        monkeypatch.setenv("DUALAD_CACHE_DIR", chosen)
    assert "there is no home folder for" in refused()
    assert "; set DUALAD_CACHE_DIR" in refused()
    assert os.listdir() == []


def test_relative_default_folders_are_not_used(place, monkeypatch):
    monkeypatch.delenv("DUALAD_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert "there is no home folder for" in refused()
    assert os.listdir() == []


def test_a_file_where_the_folder_should_be(place):
    place.write_text("")
    assert "is not a folder" in refused()


def test_a_name_that_is_too_long(place, monkeypatch):
    monkeypatch.setenv("DUALAD_CACHE_DIR", "x" * 5000)
    assert "too long" in refused()


def test_below_a_file(place, monkeypatch):
    place.write_text("")
    monkeypatch.setenv("DUALAD_CACHE_DIR", str(place / "inside"))
    assert refused()


def test_a_folder_named_by_the_current_one(place, monkeypatch):
    monkeypatch.setenv("DUALAD_CACHE_DIR", "cache of mine")
    files.write("name", np.float64(1.0).tobytes())
    assert os.listdir() == ["cache of mine"]
    assert files.read("name") == np.float64(1.0).tobytes()


def test_a_folder_that_cannot_be_made(place, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(place.parent))
    assert refused() == f"{place} cannot be made: {place.parent} is read-only"


@pytest.mark.parametrize(("word", "on"), [("", True), ("On", True), ("1", True), ("no", False), ("0", False)])
def test_the_switch(place, monkeypatch, word, on):
    monkeypatch.setenv("DUALAD_CACHE", word)
    assert da.cache_info().enabled is on


def test_a_switch_that_is_neither_on_nor_off(place, monkeypatch):
    monkeypatch.setenv("DUALAD_CACHE", "banana")
    with pytest.raises(da.ArgumentError, match=r"DUALAD_CACHE must be '1' or .* not 'banana'"):
        da.derivative(lambda x: x * x)(2.0)
