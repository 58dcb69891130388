import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.installation import Installation

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(folder=tmp_path_factory.mktemp("installation"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


# Not for the session: while Playwright runs, its event loop keeps Django's ORM out of this thread,
# and the next tests of this process may want the database.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield running
        running.close()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    return tmp_path
