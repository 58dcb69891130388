"""Programs that read mail before people do, and follow every link in it."""

import itertools
import re
import uuid

import pytest

from tests.browser.respondent import respondent
from tests.browser.test_whole_path import post

pytestmark = pytest.mark.browser

UNTOUCHED = {"responses": 0, "answers": 0, "state": "sent", "suppressed": False}


@pytest.fixture(scope="module")
def mail(installation):
    """A mail as it arrived: its recipient has just cancelled."""
    key = installation.manage("create_api_key", "--name", "scanners").strip()
    person = uuid.uuid4().hex
    post(
        f"{installation.base_url}/api/v1/cancellations/",
        key,
        {
            "external_id": person,
            "customer": {"external_id": person, "contact": {"email": f"{person}@scanned.dev"}},
            "subscription": {
                "external_id": person, "mrr": "20.00", "currency": "USD",
                "started_on": "2024-01-15",
            },
        },
    )  # fmt: skip
    return installation.inbox.wait_for(person)


@pytest.fixture(scope="module")
def links(mail, installation):
    """Every address in the text, the HTML and the headers, each once."""
    parts = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
    said = "\n".join([*parts, mail["List-Unsubscribe"]]).replace("&amp;", "&")
    found = sorted(set(re.findall(r"http://[\w.:/?=&-]+", said)))
    assert all(each.startswith(installation.base_url) for each in found)
    # The survey, a link for each of seven reasons, and the way out.
    assert len(found) == 9
    return found


@pytest.fixture(scope="module")
def token(links):
    (only,) = {re.search(r"/[su]/([\w-]+)/", link).group(1) for link in links}
    return only


@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_on_every_link(browser, installation, desk, links, token, scripts):
    before = desk.call("traces", token)
    assert before.items() >= UNTOUCHED.items()
    scanner = respondent(browser, installation.base_url, scripts=scripts)
    sent = []
    scanner.page.on("request", lambda request: sent.append(request.method))
    if scripts:
        scanner.page.clock.install()
    for link in links:
        scanner.page.goto(link)
        assert scanner.page.locator("h1").inner_text()
        if scripts:
            # Whatever the page might begin by itself has begun within ten minutes.
            scanner.page.clock.run_for(600_000)
    scanner.page.goto("about:blank")
    scanner.page.context.close()
    assert set(sent) == {"GET"}
    assert desk.call("traces", token) == before


def test_a_reason_in_the_address_is_shown_as_chosen_and_no_more(
    browser, installation, desk, links, token
):
    reader = respondent(browser, installation.base_url)
    for link in links:
        if "?r=" in link:
            reader.page.goto(link)
            assert reader.page.is_checked(f"#q-reason-{link.rpartition('=')[2]}")
    reader.page.context.close()
    assert desk.stored(token) is None


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_hundred_requests(browser, desk, links, token, method):
    before = desk.call("traces", token)
    context = browser.new_context()
    for link in itertools.islice(itertools.cycle(links), 100):
        assert getattr(context.request, method)(link).status == 200
    context.close()
    assert desk.call("traces", token) == before
    assert before.items() >= UNTOUCHED.items()
