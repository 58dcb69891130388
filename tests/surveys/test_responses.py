"""Saving a screen: one response an invitation, answers appended, branches not taken dropped."""

import datetime as dt
import threading

import pytest
from django.db import connection, connections
from django.utils import timezone

from surveys.answers import TEXT_LIMIT, AnswerRefusedError
from surveys.models import Answer, Cancellation, InvitationState, Response
from surveys.paths import SETTLING
from surveys.questionnaire import Questionnaire
from surveys.responses import attach_response_to_cancellation, is_editable, save_screen
from surveys.signals import response_submitted
from tests.factories.questionnaires import published, question, questionnaire
from tests.factories.surveys import (
    CancellationFactory,
    IntentFactory,
    InvitationFactory,
    ResponseFactory,
)

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
PRICE = {"reason": "price", "price_probe": "budget_cut"}


def save(invitation, answers, *, screen=1, displayed=None, language="en", now=NOW, text_probe=None):
    return save_screen(
        invitation=invitation,
        screen=screen,
        answers=answers,
        displayed=displayed or {},
        language=language,
        now=now,
        text_probe=text_probe,
    )


def current(response):
    return {
        answer.question.key: answer.choices or answer.text or answer.scale
        for answer in response.answers.current().select_related("question")
    }


@pytest.fixture
def submitted():
    """Responses in the order in which the signal told of them."""
    told = []

    def receiver(response, **kwargs):
        assert connection.in_atomic_block
        told.append(response)

    response_submitted.connect(receiver)
    yield told
    response_submitted.disconnect(receiver)


@pytest.mark.django_db
class TestSaving:
    def test_a_first_screen(self, submitted):
        invitation = InvitationFactory(opened_at=NOW - dt.timedelta(minutes=2))
        displayed = {"reason": ["unused", "price", "other"], "price_probe": ["budget_cut"]}

        response = save(invitation, PRICE, displayed=displayed, language="zh-hans")

        response.refresh_from_db()
        assert current(response) == {"reason": ["price"], "price_probe": ["budget_cut"]}
        assert response.answers.get(question__key="reason").displayed == displayed["reason"]
        assert (response.submitted_at, response.completed_at) == (NOW, None)
        assert response.started_at == invitation.opened_at
        assert (response.revision, response.language) == (1, "zh-hans")
        assert response.cancellation == invitation.cancellation
        assert response.customer == invitation.customer
        assert submitted == [response]
        invitation.cancellation.refresh_from_db()
        assert invitation.cancellation.content_version == 2

    def test_the_same_again_changes_nothing(self, submitted):
        invitation = InvitationFactory()
        save(invitation, PRICE)
        response = save(invitation, PRICE, now=NOW + dt.timedelta(minutes=1))
        assert (response.revision, Answer.objects.count(), len(submitted)) == (1, 2, 1)
        assert Cancellation.objects.get().content_version == 2

    def test_an_edit_is_a_revision_and_keeps_what_was_there(self, submitted):
        invitation = InvitationFactory()
        save(invitation, PRICE)
        response = save(invitation, PRICE | {"price_probe": "way_charged"})

        assert current(response) == {"reason": ["price"], "price_probe": ["way_charged"]}
        rows = response.answers.order_by("pk").values_list(
            "question__key", "choices", "revision", "is_current"
        )
        assert set(map(str, rows)) == {
            "('reason', ['price'], 1, True)",
            "('price_probe', ['budget_cut'], 1, False)",
            "('price_probe', ['way_charged'], 2, True)",
        }
        assert len(submitted) == 2
        assert Cancellation.objects.get().content_version == 3

    def test_a_branch_left_takes_its_answers_with_it(self):
        invitation = InvitationFactory()
        save(invitation, {"reason": "other", "reason_text": "The dog ate it."})
        response = save(invitation, {"reason": "unused", "unused_probe": "no_time"})
        assert current(response) == {"reason": ["unused"], "unused_probe": ["no_time"]}

    @pytest.mark.parametrize(
        ("answers", "kept"),
        [
            (
                {"reason": "price", "unused_probe": "no_time", "reason_text": "never asked"},
                {"reason": ["price"]},
            ),
            ({"unused_probe": "no_time"}, {}),
            ({"reason": None, "price_probe": "budget_cut"}, {}),
            ({"reason": "other", "reason_text": "  \n "}, {"reason": ["other"]}),
        ],
    )
    def test_answers_to_branches_not_taken_are_dropped(self, answers, kept):
        assert current(save(InvitationFactory(), answers)) == kept

    def test_a_second_screen_completes_and_leaves_the_first_alone(self, submitted):
        invitation = InvitationFactory()
        save(invitation, PRICE)
        later = NOW + dt.timedelta(minutes=3)
        more = {
            "stuck": "At the import",
            "contributing": ["unused", "switched"],
            "destination": "product",
            "destination_name": "Rival",
        }
        response = save(invitation, more, screen=2, now=later)

        assert current(response) == {
            "reason": ["price"],
            "price_probe": ["budget_cut"],
            "stuck": "At the import",
            "contributing": ["unused", "switched"],
            "destination": ["product"],
            "destination_name": "Rival",
        }
        assert (response.submitted_at, response.completed_at) == (NOW, later)
        assert len(submitted) == 2

    def test_an_empty_second_screen_completes_too(self):
        invitation = InvitationFactory()
        save(invitation, PRICE)
        response = save(invitation, {}, screen=2)
        assert response.completed_at == NOW
        assert response.revision == 1
        assert Cancellation.objects.get().content_version == 2

    def test_an_answer_emptied_is_taken_back(self):
        invitation = InvitationFactory()
        save(invitation, PRICE)
        save(invitation, {"did_well": "Support"}, screen=2)
        response = save(invitation, {"did_well": ""}, screen=2)
        assert "did_well" not in current(response)
        assert response.answers.filter(question__key="did_well", is_current=False).exists()

    def test_the_order_of_several_choices_is_no_change(self):
        invitation = InvitationFactory()
        save(invitation, PRICE)
        save(invitation, {"contributing": ["switched", "unused"]}, screen=2)
        response = save(invitation, {"contributing": ["unused", "switched"]}, screen=2)
        assert response.revision == 2

    @pytest.mark.parametrize(
        ("screen", "answers"),
        [
            (1, {"reason": "<script>"}),
            (1, {"reason": ["price", "unused"]}),
            (1, {"reason": 7}),
            (1, {"nonsense": "price"}),
            (1, {"stuck": "of the other screen"}),
            (1, {"reason": "other", "reason_text": "x" * (TEXT_LIMIT + 1)}),
            (1, {"reason": "other", "reason_text": ["list"]}),
            (2, {"contributing": ["unused", "unknown"]}),
        ],
    )
    def test_what_fits_no_question_is_refused_and_leaves_nothing(self, screen, answers):
        with pytest.raises(AnswerRefusedError):
            save(InvitationFactory(), answers, screen=screen)
        assert not Response.objects.exists()


@pytest.mark.django_db
class TestTextProbe:
    """A probe that a text has called for: asked on the settling screen, kept while it is asked."""

    WRITTEN = {"reason": "other", "reason_text": "Too dear"}

    def test_its_answer_is_an_answer_like_any_other(self, submitted):
        invitation = InvitationFactory()
        save(invitation, self.WRITTEN, text_probe="price_probe")
        response = save(
            invitation, {"price_probe": "way_charged"}, screen=SETTLING,
            displayed={"price_probe": ["way_charged", "budget_cut"]},
        )  # fmt: skip
        assert current(response)["price_probe"] == ["way_charged"]
        answer = response.answers.get(question__key="price_probe")
        assert (answer.displayed, answer.revision) == (["way_charged", "budget_cut"], 2)
        assert len(submitted) == 2
        assert Cancellation.objects.get().content_version == 3

    def test_it_stays_when_later_screens_or_the_same_first_one_are_sent(self):
        invitation = InvitationFactory()
        save(invitation, self.WRITTEN, text_probe="price_probe")
        save(invitation, {"price_probe": "way_charged"}, screen=SETTLING)
        save(invitation, {"comment": "Bye"}, screen=2)
        response = save(invitation, self.WRITTEN, text_probe="price_probe")
        assert current(response)["price_probe"] == ["way_charged"]
        assert response.revision == 3

    @pytest.mark.parametrize("probe", ["", "unused_probe"])
    def test_its_answer_goes_when_it_is_no_longer_asked(self, probe):
        invitation = InvitationFactory()
        save(invitation, self.WRITTEN, text_probe="price_probe")
        save(invitation, {"price_probe": "way_charged"}, screen=SETTLING)
        response = save(invitation, self.WRITTEN | {"reason_text": "Idle"}, text_probe=probe)
        assert set(current(response)) == {"reason", "reason_text"}
        assert response.text_probe == probe

    def test_an_answer_to_another_probe_is_not_taken(self):
        invitation = InvitationFactory()
        save(invitation, self.WRITTEN, text_probe="unused_probe")
        response = save(invitation, {"price_probe": "way_charged"}, screen=SETTLING)
        assert "price_probe" not in current(response)

    def test_under_its_own_choice_the_first_screen_says_it(self):
        invitation = InvitationFactory()
        save(invitation, PRICE, text_probe="price_probe")
        response = save(invitation, {"reason": "price"}, text_probe="price_probe")
        assert current(response) == {"reason": ["price"]}

    def test_a_probe_chosen_late_is_no_revision_and_no_news(self, submitted):
        invitation = InvitationFactory()
        save(invitation, self.WRITTEN)
        response = save(invitation, self.WRITTEN, text_probe="price_probe")
        response.refresh_from_db()
        assert (response.text_probe, response.revision, len(submitted)) == ("price_probe", 1, 1)


@pytest.mark.django_db
class TestCompleting:
    WRITTEN = TestTextProbe.WRITTEN

    def completed(self, screens, *sent):
        invitation = InvitationFactory(survey_version=published(screens))
        found = []
        for screen, answers, probe in sent:
            response = save(invitation, answers, screen=screen, text_probe=probe)
            found.append(response.completed_at is not None)
        return found

    def test_the_last_screen_of_the_own_path_does(self):
        screens = questionnaire(
            question("reason", choices=("price", "other"), role="reason"),
            question("low", "text", screen=4, conditions=[("reason", "price")]),
            question("last", "text", screen=7, conditions=[("reason", "price")]),
        )
        assert self.completed(screens, (1, {"reason": "other"}, None)) == [True]

    def test_a_survey_of_one_screen_and_a_text_ends_with_the_settling_screen(self):
        screens = questionnaire(
            question("reason", choices=("price", "other"), role="reason"),
            question("price_probe", choices="xy", role="probe", conditions=[("reason", "price")]),
            question("reason_text", "text", role="reason_text", conditions=[("reason", "other")]),
        )
        sent = [(1, self.WRITTEN, "price_probe"), (SETTLING, {"price_probe": "x"}, None)]
        assert self.completed(screens, *sent) == [False, True]
        assert Response.objects.get().completed_at == NOW


@pytest.mark.django_db
class TestIntents:
    def test_an_answer_before_the_cancellation_attaches_to_it(self):
        invitation = InvitationFactory(for_intent=True)
        response = save(invitation, {"reason": "unused"})
        assert response.cancellation is None
        assert response.intent == invitation.intent
        cancellation = CancellationFactory(
            subscription=invitation.intent.subscription, intent=invitation.intent
        )

        assert attach_response_to_cancellation(cancellation) == response
        attach_response_to_cancellation(cancellation)

        response.refresh_from_db()
        assert response.cancellation == cancellation
        assert cancellation.content_version == 2
        assert Cancellation.objects.get().content_version == 2

    @pytest.mark.parametrize("answered", [True, False])
    def test_nothing_attaches_where_nothing_was_submitted(self, answered):
        cancellation = CancellationFactory(intent=IntentFactory() if answered else None)
        assert attach_response_to_cancellation(cancellation) is None

    def test_an_answer_after_the_cancellation_withdraws_the_mail_about_it(self):
        invitation = InvitationFactory(for_intent=True)
        cancellation = CancellationFactory(
            subscription=invitation.intent.subscription, intent=invitation.intent
        )
        mail = InvitationFactory(
            cancellation=cancellation, state=InvitationState.SCHEDULED, sent_at=None
        )

        response = save(invitation, {"reason": "unused"})

        mail.refresh_from_db()
        assert mail.state == InvitationState.WITHDRAWN
        assert response.cancellation == cancellation
        cancellation.refresh_from_db()
        assert cancellation.content_version == 2

    def test_the_mailed_survey_withdraws_nothing(self):
        invitation = InvitationFactory()
        save(invitation, PRICE)
        invitation.refresh_from_db()
        assert invitation.state == InvitationState.SENT


@pytest.mark.parametrize(
    ("hours", "editable"), [(0, True), (23.9, True), (24, False), (24 * 365, False)]
)
def test_answers_can_be_edited_for_a_day(hours, editable):
    response = ResponseFactory.build(
        invitation=None, survey_version=None, customer=None, intent=None, cancellation=None,
        started_at=NOW,
    )  # fmt: skip
    assert is_editable(response, NOW + dt.timedelta(hours=hours)) is editable


@pytest.mark.django_db(transaction=True)
def test_twenty_submits_at_once_make_one_response():
    invitation = InvitationFactory()
    choices = Questionnaire.from_definition(invitation.survey_version.definition)
    keys = choices.question("price_probe").choice_keys
    start, failures = threading.Barrier(20), []

    def submit(number):
        try:
            start.wait(timeout=30)
            answers = {"reason": "price", "price_probe": keys[number % len(keys)]}
            save(invitation, answers, now=timezone.now())
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    response = Response.objects.get()
    assert response.answers.current().count() == 2
    assert response.answers.filter(question__key="reason").count() == 1
    probes = response.answers.filter(question__key="price_probe").order_by("revision")
    assert [probe.is_current for probe in probes] == [False] * (len(probes) - 1) + [True]
    assert response.revision == len(probes)
    # Every change was counted, none twice: the first made it 2.
    assert Cancellation.objects.get().content_version == 1 + len(probes)
