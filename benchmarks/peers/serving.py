"""A project behind gunicorn: one gthread worker, pinned to one core."""

import http.client
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
THREADS = 8


def cores():
    """The core for the server and the core for the load; None where there is but one."""
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else None


def pinned(core):
    return ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, *, name, python, application, environment, core):
        self.name, self.port = name, free_port()
        command = [
            *pinned(core), python, "-m", "gunicorn", application,
            "--bind", f"127.0.0.1:{self.port}", "--workers", "1",
            "--worker-class", "gthread", "--threads", str(THREADS),
            "--access-logfile", "/dev/null", "--log-level", "warning", "--no-control-socket",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, env=environment, cwd=BENCHMARKS.parent, stdout=subprocess.DEVNULL
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, address, headers=None):
        """The answer's status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", address, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def wait_for(self, address):
        """Until the path ``address`` is answered with 200."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(f"{self.name} did not start.")
            try:
                if self.get(address)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise SystemExit(f"{self.name} does not answer.")

    def processor_seconds(self):
        """What the worker has used so far, its own and the system's on its behalf."""
        workers = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        used = 0
        for worker in workers.split():
            said = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            used += int(said[11]) + int(said[12])
        return used / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=30)
