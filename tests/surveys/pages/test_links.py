"""Links that lead nowhere, or no longer anywhere; and an end to guessing at them."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.models import Invitation, InvitationState, Response, UnknownLinkCount
from surveys.tasks import purge_payloads
from surveys.unknown_links import UNKNOWN_LINKS_ALLOWED, WINDOW
from tests.factories.surveys import CancellationFactory, CustomerFactory, InvitationFactory
from tests.surveys.pages.conftest import html

pytestmark = pytest.mark.django_db
PRICE = {"q-reason": "price", "q-price_probe": "not_enough_value"}


@pytest.mark.parametrize("page", ["", "2/", "settle/", "thanks/", "skipped/"])
class TestLinksThatLeadNowhere:
    @pytest.mark.parametrize(
        "token", ["x" * 24, "short", "a" * 500, "%00" * 24, "%F0%9F%91%A9", "'or%201=1--xxxxx"]
    )
    def test_unknown(self, client, page, token):
        answer = client.get(f"/s/{token}/{page}")
        assert answer.status_code == 404
        assert "There is no survey here" in html(answer)
        assert answer["Cache-Control"] == "no-store"

    def test_unknown_and_foreign_look_the_same(self, client, invitation, page):
        tampered = invitation.token[:-1] + ("A" if invitation.token[-1] != "A" else "B")
        answers = [client.get(f"/s/{token}/{page}") for token in (tampered, "y" * 24)]
        assert html(answers[0]) == html(answers[1])

    def test_expired(self, survey, invitation, page):
        Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
        answer = survey(invitation, page)
        assert answer.status_code == 410
        assert "This link has expired" in html(answer)
        assert Invitation.objects.get().opened_at is None

    def test_withdrawn(self, survey, invitation, page):
        Invitation.objects.update(state=InvitationState.WITHDRAWN)
        answer = survey(invitation, page)
        assert answer.status_code == 410
        assert "no longer needed" in html(answer)

    def test_of_somebody_who_was_erased(self, survey, page):
        customer = CustomerFactory(erased_at=timezone.now())
        cancellation = CancellationFactory(subscription__customer=customer)
        answer = survey(InvitationFactory(cancellation=cancellation), page)
        assert answer.status_code == 410

    def test_in_the_readers_language(self, client, page):
        answer = client.get(f"/s/{'x' * 24}/{page}", headers={"Accept-Language": "zh-CN,en;q=0.5"})
        assert "这里没有问卷" in html(answer)
        assert '<html lang="zh-Hans"' in html(answer)


@pytest.mark.parametrize("state", [InvitationState.WITHDRAWN, "expired"])
def test_nothing_is_taken_in_through_a_closed_link(survey, invitation, state):
    if state == "expired":
        Invitation.objects.update(expires_at=timezone.now())
    else:
        Invitation.objects.update(state=state)
    assert survey(invitation, "", PRICE).status_code == 410
    assert not Response.objects.exists()


@pytest.mark.parametrize(("hours_late", "status"), [(1, 303), (23, 303), (25, 410)])
def test_whoever_had_the_page_open_in_time_may_still_send(survey, invitation, hours_late, status):
    late = timezone.now()
    expired = late - dt.timedelta(hours=hours_late)
    Invitation.objects.update(expires_at=expired, opened_at=expired - dt.timedelta(minutes=5))
    with time_machine.travel(late, tick=False):
        assert survey(invitation, "", PRICE).status_code == status


class TestLateText:
    """Whatever somebody typed in vain is shown to them, to be copied."""

    TYPED = {"q-reason": "other", "q-reason_text": "Words <i>worth</i> keeping", "q-comment": "Bye"}

    def refused(self, survey, invitation):
        page = survey(invitation, "", self.TYPED)
        assert page.status_code == 410
        return html(page)

    @pytest.mark.parametrize("reason", ["closed", "expired", "withdrawn"])
    def test_it_can_be_copied_from_every_such_page(self, survey, invitation, reason):
        if reason == "closed":
            long_ago = timezone.now() - dt.timedelta(days=2)
            with time_machine.travel(long_ago, tick=False):
                survey(invitation, "", PRICE)
        elif reason == "expired":
            Invitation.objects.update(expires_at=timezone.now())
        else:
            Invitation.objects.update(state=InvitationState.WITHDRAWN)
        page = self.refused(survey, invitation)
        assert "Words &lt;i&gt;worth&lt;/i&gt; keeping</textarea>" in page
        assert "Bye</textarea>" in page
        assert page.count(" readonly") == 2
        assert "What was it?" in page

    def test_where_nothing_was_typed_nothing_is_said_of_it(self, survey, invitation):
        Invitation.objects.update(expires_at=timezone.now())
        page = html(survey(invitation, "", {"q-reason": "price"}))
        assert "This is what you wrote" not in page
        assert "This is what you wrote" not in html(survey(invitation))


class TestGuessing:
    def guess(self, client, times, page="s", address="192.0.2.1"):
        for number in range(times):
            answer = client.get(f"/{page}/{number:024}/", REMOTE_ADDR=address)
        return answer

    @pytest.mark.parametrize("page", ["s", "u"])
    def test_after_many_the_same_page_comes_with_another_status(self, client, page):
        before = self.guess(client, UNKNOWN_LINKS_ALLOWED, page)
        after = self.guess(client, 1, page)
        assert (before.status_code, after.status_code) == (404, 429)
        assert html(before) == html(after)
        assert 0 < int(after["Retry-After"]) <= WINDOW.total_seconds() + 1
        assert "Retry-After" not in before

    def test_it_ends_with_the_window_and_is_one_address_only(self, client):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            assert self.guess(client, UNKNOWN_LINKS_ALLOWED + 1).status_code == 429
            assert self.guess(client, 1, address="192.0.2.2").status_code == 404
            assert self.guess(client, 1, page="u").status_code == 429
        with time_machine.travel(now + WINDOW, tick=False):
            assert self.guess(client, 1).status_code == 404

    def test_what_cannot_be_a_token_counts_too(self, client):
        client.get("/s/short/")
        client.post("/u/short/")
        assert UnknownLinkCount.objects.get().count == 2

    def test_a_valid_link_is_never_throttled_and_costs_nothing_more(self, client, invitation):
        self.guess(client, UNKNOWN_LINKS_ALLOWED + 5)
        client.get(f"/s/{invitation.token}/", REMOTE_ADDR="192.0.2.1")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/s/{invitation.token}/", REMOTE_ADDR="192.0.2.1")
        assert (page.status_code, len(queries)) == (200, 1)
        assert client.get(f"/u/{invitation.token}/", REMOTE_ADDR="192.0.2.1").status_code == 200
        assert UnknownLinkCount.objects.get().count == UNKNOWN_LINKS_ALLOWED + 1

    def test_the_hourly_task_forgets_what_is_over(self, client):
        with time_machine.travel(timezone.now() - 2 * WINDOW, tick=False):
            self.guess(client, 1)
        purge_payloads()
        assert not UnknownLinkCount.objects.exists()
