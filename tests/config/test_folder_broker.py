import threading
from queue import Empty

import pytest
from kombu import Connection

from config import folder_broker


@pytest.fixture
def queue(tmp_path):
    """A queue in a folder, through kombu's own front door."""
    folder_broker.register()
    folder_broker.Transport.global_state.clear()  # kombu remembers bindings by name alone
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    connection = Connection(
        "folder://localhost/",
        transport_options={
            "data_folder_in": str(tmp_path / "queue"),
            "data_folder_out": str(tmp_path / "queue"),
            "control_folder": str(tmp_path / "control"),
        },
    )
    simple = connection.SimpleQueue("celery")
    yield simple
    simple.close()
    connection.release()


def taken(queue):
    bodies = []
    while True:
        try:
            message = queue.get(block=False)
        except Empty:
            return bodies
        message.ack()
        bodies.append(message.payload["number"])


def test_what_goes_in_comes_out_once_in_order(queue, tmp_path):
    for number in range(25):
        queue.put({"number": number})

    assert taken(queue) == list(range(25))
    assert list((tmp_path / "queue").iterdir()) == []


def test_a_queue_that_nobody_empties_stops_growing(queue, tmp_path):
    for number in range(folder_broker.MOST_WAITING + 50):
        queue.put({"number": number})

    assert len(list((tmp_path / "queue").iterdir())) == folder_broker.MOST_WAITING
    assert taken(queue) == list(range(folder_broker.MOST_WAITING))


def test_no_reader_ever_sees_half_a_message(queue, tmp_path, monkeypatch):
    """A writer is stopped in the middle: what it had begun is no message."""
    written = threading.Event()

    def stopped(self, target):
        written.set()
        raise OSError("the disk is full")

    monkeypatch.setattr("pathlib.Path.replace", stopped)
    with pytest.raises(OSError, match="the disk is full"):
        queue.put({"number": 1})
    monkeypatch.undo()

    assert written.is_set()
    assert taken(queue) == []
    queue.put({"number": 2})
    assert taken(queue) == [2]
