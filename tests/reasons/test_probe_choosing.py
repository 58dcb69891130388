"""Which follow-up settles a text, and that its answer is the reason that counts."""

import pytest
from django.test import Client

from reasons.classify.probes import UNPROBED_LEAF
from reasons.classify.result import Reading
from reasons.decision import decide
from reasons.defaults import CHOICE_MEANINGS, install_defaults
from reasons.models import ChoiceMapping, Classification, Source
from reasons.probe_choosing import Meaning, choose_probe, meanings_of, probe_for
from reasons.services import classify_unread
from reasons.statements import Heard
from reasons.taxonomy import CATEGORY_OF
from surveys import probing
from surveys.default_surveys.content import default_questionnaire
from surveys.models import Response
from tests.factories.questionnaires import question, questionnaire
from tests.factories.reasons import stored_small_model
from tests.factories.surveys import InvitationFactory
from tests.reasons.test_decision import BARE_PRICE, MEANINGS, reading, response

EXIT = default_questionnaire("exit")
SHIPPED = {
    (key, choice): Meaning(code, CATEGORY_OF[code].value)
    for key, choices in CHOICE_MEANINGS.items()
    for choice, code in choices.items()
}
OTHER = {"reason": ["other"]}


@pytest.mark.parametrize(
    ("leaf", "probe"),
    [
        ("price_or_value_fit", "price_probe"),
        ("not_adopted", "unused_probe"),
        ("need_ended", "not_needed_probe"),
        ("switched_to_competitor_capability", "switched_probe"),
    ],
)
def test_a_bare_word_gets_the_probe_of_the_choice_that_means_it(leaf, probe):
    assert probe_for(EXIT, reading(leaf, needs_probe=True), SHIPPED) == probe
    assert leaf in UNPROBED_LEAF


def test_no_key_is_known_beforehand():
    """Other keys, other order: the meanings of the choices lead to the probe."""
    asked = questionnaire(
        question("why", choices=("too_dear", "idle"), role="reason"),
        question("idle_how", choices="xy", role="probe", conditions=[("why", "idle")]),
        question("dear_how", choices="xy", role="probe", conditions=[("why", "too_dear")]),
        question("dear_text", "text", conditions=[("why", "too_dear")]),
    )
    meanings = {("why", "too_dear"): Meaning("price_unprobed", "unresolved")}
    assert probe_for(asked, BARE_PRICE, meanings) == "dear_how"
    assert probe_for(asked, reading("not_adopted", needs_probe=True), meanings) == ""
    assert probe_for(asked, BARE_PRICE, {}) == ""


@pytest.mark.parametrize(
    ("said", "probe"),
    [
        # Between a budget that was cut and value that did not come: the price probe tells.
        (reading("budget_or_cash_flow", "price_or_value_fit", confidence=0.45), "price_probe"),
        (reading("budget_or_cash_flow", "price_or_value_fit", confidence=0.5), ""),
        # Two reasons of one category leave nothing open; others no probe tells apart.
        (reading("need_ended", "champion_left", confidence=0.4), ""),
        (reading("bugs_or_reliability", "support_quality", confidence=0.4), ""),
        (reading("price_or_value_fit", confidence=0.4), ""),
        (reading("price_or_value_fit"), ""),
        (Reading("unclear", "unresolved", (), 0.2, False, None, True), ""),
    ],
)
def test_a_text_that_wavers_gets_the_probe_that_tells(said, probe):
    assert probe_for(EXIT, said, SHIPPED) == probe


@pytest.mark.django_db
class TestChoosing:
    @pytest.fixture(autouse=True)
    def _defaults(self):
        install_defaults()

    def test_meanings_are_the_surveys_own(self):
        price = Meaning("price_unprobed", "unresolved")
        assert meanings_of("exit")["reason", "price"] == price
        assert meanings_of("no such survey") == {}

    def test_without_a_model_nothing_is_asked(self):
        assert choose_probe(EXIT, OTHER, "too expensive", "en") == ""

    @pytest.mark.parametrize(
        ("text", "language", "probe"),
        [
            ("too expensive", "en", "price_probe"),
            ("Too expensive.", "", "price_probe"),
            ("太贵了", "zh-hans", "price_probe"),
            ("we never used it", "en", "unused_probe"),
            ("it crashes with an error on every save and loses data", "en", ""),
            ("", "en", ""),
        ],
    )
    def test_texts(self, text, language, probe):
        stored_small_model()
        assert choose_probe(EXIT, OTHER, text, language) == probe

    def test_a_choice_with_a_meaning_has_said_it_already(self, django_assert_num_queries):
        stored_small_model()
        assert choose_probe(EXIT, {"reason": ["price"]}, "too expensive", "en") == ""
        choose_probe(EXIT, OTHER, "too expensive", "en")
        with django_assert_num_queries(2):
            choose_probe(EXIT, OTHER, "too expensive", "en")

    def test_a_team_that_took_the_meaning_away_is_asked_nothing(self):
        stored_small_model()
        ChoiceMapping.objects.filter(choice_key="price").delete()
        assert choose_probe(EXIT, OTHER, "too expensive", "en") == ""


def decided(**said):
    found = decide(Heard(answers=tuple(response(**said))), MEANINGS)
    return [
        (each.role, each.statement.reason, each.statement.source) for each in found.proposed
    ], found.wants_review


class TestWhatCounts:
    """The probe's answer is primary, though the choice that opens it was never taken."""

    def test_the_probe_settles_the_text(self):
        said, review = decided(reason=["other"], reason_text=BARE_PRICE, price_probe=["budget_cut"])
        assert said == [("primary", "budget_or_cash_flow", Source.PROBE)]
        assert not review

    def test_unanswered_it_stays_open(self):
        said, _ = decided(reason=["other"], reason_text=BARE_PRICE)
        assert said == [("primary", "price_unprobed", Source.TEXT)]

    def test_what_else_was_written_barely_is_not_settled_by_it(self):
        unused = reading("not_adopted", needs_probe=True)
        said, _ = decided(
            reason=["other"], reason_text=BARE_PRICE, price_probe=["budget_cut"], comment=unused
        )
        assert said == [
            ("primary", "budget_or_cash_flow", Source.PROBE),
            ("contributing", "unused_unprobed", Source.TEXT),
        ]

    def test_a_probe_under_its_choice_settles_the_choice_alone(self):
        said, _ = decided(reason=["unused"], unused_probe=["no_time"], comment=BARE_PRICE)
        assert ("contributing", "price_unprobed", Source.TEXT) in said


@pytest.mark.django_db(transaction=True)
def test_from_a_text_to_the_settled_reason(monkeypatch):
    """The real chooser in its thread, through the pages, to the classification."""
    monkeypatch.setattr(probing, "DEADLINE_SECONDS", 60)  # a busy machine gets the time it needs
    install_defaults()
    stored_small_model()
    invitation = InvitationFactory()
    browser, start = Client(), f"/s/{invitation.token}/"

    sent = browser.post(start, {"q-reason": "other", "q-reason_text": "too expensive"})

    assert Response.objects.get().text_probe == "price_probe"
    assert sent["Location"] == f"{start}settle/"
    browser.post(sent["Location"], {"q-price_probe": "budget_cut"})
    classify_unread()
    primary = Classification.objects.primary().select_related("reason").get()
    assert (primary.reason.code, primary.source) == ("budget_or_cash_flow", Source.PROBE)
    assert not Classification.objects.current().filter(reason__code="price_unprobed").exists()
