"""The secret key of an embedded installation."""

import stat
from concurrent.futures import ThreadPoolExecutor

from config.secret import embedded_secret_key


def test_is_made_once_and_read_by_its_owner_alone(tmp_path):
    folder = tmp_path / "not" / "there"
    key = embedded_secret_key(folder)
    assert len(key) >= 50
    assert embedded_secret_key(folder) == key
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_differs_between_installations(tmp_path):
    assert embedded_secret_key(tmp_path / "a") != embedded_secret_key(tmp_path / "b")


def test_who_comes_second_takes_the_first_key(tmp_path, monkeypatch):
    """The file appears between the look and the link, as with two processes starting at once."""
    import os

    link = os.link

    def somebody_was_faster(source, target):
        target.write_text("the key of the other")
        link(source, target)

    monkeypatch.setattr(os, "link", somebody_was_faster)
    assert embedded_secret_key(tmp_path) == "the key of the other"
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_readers_agree(tmp_path):
    embedded_secret_key(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(embedded_secret_key, [tmp_path] * 20))) == 1
