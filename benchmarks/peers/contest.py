"""Whyleft, the bare project and the peer, prepared on databases of one kind and running."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

from peers.serving import Server, cores

ROOT = Path(__file__).resolve().parent.parent.parent
PEER = "django-survey-and-report==1.5.0"
PEER_FOLDER = ROOT / ".make" / "survey-and-report"
# "peer tuned" is the peer with the database set up as ours; "peer" has it as Django sets it up.
NAMES = ("whyleft", "bare", "peer", "peer tuned")
PACKAGES = {"bare": "bare", "peer": "survey_and_report", "peer tuned": "survey_and_report"}
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
ASK_FOR_DATABASE = (
    "import json; from django.conf import settings; "
    "print(json.dumps(settings.DATABASES['default'], default=str))"
)


def peer_python():
    """The Python of an environment that has the peer, with our versions of what it shares."""
    python, stamp = PEER_FOLDER / "bin" / "python", PEER_FOLDER / "installed"
    requirements = (ROOT / "requirements.txt").read_text()
    pins = re.findall(r"^(?:Django|gunicorn|psycopg\[binary\])==\S+", requirements, re.M)
    wanted = "\n".join([PEER, *pins])
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing {PEER} ...", file=sys.stderr)
        venv.create(PEER_FOLDER, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, PEER, *pins], check=True, stdout=sys.stderr)
        stamp.write_text(wanted)
    return str(python)


class Contest:
    """``urls``: a database a project; ``counts``: how many invitations of each kind."""

    def __init__(self, *, urls, folder, counts):
        self.folder, self.urls, self.cores = folder, urls, cores() or (None, None)
        self.servers = {}
        self.names = tuple(urls)
        theirs = peer_python()
        self._pythons = {
            name: theirs if name.startswith("peer") else sys.executable for name in self.names
        }
        self._environments = {name: self._environment(name) for name in self.names}
        said = self._run("whyleft", "-m", "peers.whyleft.prepare", json.dumps(counts))
        prepared = json.loads(said.splitlines()[-1])
        self.tokens = prepared["tokens"]
        self._run("bare", "-m", "peers.bare.prepare", said="\n".join(self.tokens["opened"]))
        asked = json.dumps(prepared["first_screen"])
        for name in self.names[2:]:
            said = self._run(name, "-m", "peers.survey_and_report.prepare", said=asked)
            self.peer = json.loads(said.splitlines()[-1])

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        for server in self.servers.values():
            server.stop()

    def rate(self, name, load, seconds):
        """Requests a second, and the worker's milliseconds of processor time for one of them."""
        server = self.servers[name]
        before = server.processor_seconds()
        rate = load.run(url=server.url, seconds=seconds, core=self.cores[1], folder=self.folder)
        return rate, 1000 * (server.processor_seconds() - before) / load.answered

    def sizes(self):
        """Bytes of our page as sent without and with compression, and of the peer's."""
        ours, peer = self.servers["whyleft"], self.servers["peer"]
        plain = ours.get(self._first)[2]
        packed = ours.get(self._first, {"Accept-Encoding": "gzip"})[2]
        theirs = peer.get(self._peers_page)[2]
        return f"page {len(plain):,} bytes, {len(packed):,} gzipped; the peer's {len(theirs):,}"

    @property
    def _first(self):
        return f"/s/{self.tokens['opened'][0]}/"

    @property
    def _peers_page(self):
        return f"/survey/{self.peer['page']['number']}/"

    def _start(self):
        page = self.folder / "page.html"
        for name in self.names:
            address = self._peers_page if name.startswith("peer") else self._first
            self.servers[name] = Server(
                name=name,
                python=self._pythons[name],
                application="config.wsgi" if name == "whyleft" else "peers.wsgi",
                environment=self._environments[name],
                core=self.cores[0],
            )
            self.servers[name].wait_for(address)
            if name == "whyleft":  # the bare view returns the very page that ours makes
                page.write_bytes(self.servers[name].get(address)[2])

    def _environment(self, name):
        own = self.folder / name
        own.mkdir(exist_ok=True)
        base = {key: value for key, value in os.environ.items() if key in PASSED_ON}
        ours = base | {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks'}",
            "VAR_DIR": str(own),
            "ENV_FILE": "/nonexistent",
            "DATABASE_URL": self.urls[name],
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "peers.whyleft.settings",
        }
        if name == "whyleft":
            return ours
        database = json.loads(_output([sys.executable, "-c", ASK_FOR_DATABASE], ours))
        if name == "peer":
            for setting in ("OPTIONS", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS"):
                database.pop(setting, None)
        return base | {
            "PYTHONPATH": str(ROOT / "benchmarks"),
            "DJANGO_SETTINGS_MODULE": f"peers.{PACKAGES[name]}.settings",
            "BENCH_DATABASE": json.dumps(database),
            "BENCH_PAGE": str(self.folder / "page.html"),
        }

    def _run(self, name, *arguments, said=""):
        return _output([self._pythons[name], *arguments], self._environments[name], said)


def _output(command, environment, said=""):
    done = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        input=said,
    )
    return done.stdout
