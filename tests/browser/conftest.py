import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.cancel_page import LISTEN, Vendor, serving
from tests.browser.desk import Desk
from tests.browser.installation import Installation
from tests.browser.test_whole_path import open_page, post

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(folder=tmp_path_factory.mktemp("installation"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def desk(installation: Installation) -> Iterator[Desk]:
    """The installation's database, with surveys of all five templates published in it."""
    working = Desk(installation)
    working.call("publish_templates")
    yield working
    working.close()


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


@pytest.fixture(scope="module")
def vendor(installation: Installation) -> Iterator[Vendor]:
    running = Vendor(port=installation.vendor_port, surveys=installation.base_url)
    with serving(running):
        yield running


@pytest.fixture(scope="module")
def cancel_key(installation):
    return installation.manage("create_api_key", "--name", "cancel page").strip()


@pytest.fixture
def survey(installation, vendor, cancel_key):
    """The address of a new survey, offered on the vendor's page."""
    visit = uuid.uuid4().hex
    said = post(
        f"{installation.base_url}/api/v1/intents/",
        cancel_key,
        {
            "external_id": visit,
            "customer": {"external_id": visit, "contact": {"email": f"{visit}@leaver.dev"}},
            "return_url": f"{vendor.url}/cancelled",
        },
    )
    vendor.offer(said["survey_url"])
    return said["survey_url"]


@pytest.fixture
def wrong():
    return []


@pytest.fixture
def cancel_page(browser, vendor, survey, wrong):
    opened = open_page(browser, wrong, viewport={"width": 1280, "height": 800})
    opened.goto(f"{vendor.url}/cancel")
    opened.evaluate(LISTEN)
    yield opened
    opened.context.close()
