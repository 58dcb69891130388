"""An analyst's word: appended, with its author, and kept through every re-reading."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from reasons.corrections import (
    CorrectionRefusedError,
    Judgement,
    correct_classification,
    record_judgement,
)
from reasons.defaults import install_defaults
from reasons.models import Classification, Reading, Reason
from reasons.services import classify_cancellation
from reasons.signals import classification_changed
from surveys.models import Answer, Cancellation
from tests.factories.reasons import SENTENCES, answered, reason, stored_small_model
from tests.factories.surveys import CancellationFactory, CustomerFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _defaults():
    install_defaults()
    stored_small_model()


@pytest.fixture
def analyst():
    return get_user_model().objects.create_user("ana")


@pytest.fixture
def announced():
    heard = []

    def listen(cancellation_ids, **kwargs):
        heard.append(list(cancellation_ids))

    classification_changed.connect(listen)
    yield heard
    classification_changed.disconnect(listen)


def standing(cancellation, perspective="stated"):
    rows = Classification.objects.current().filter(
        cancellation=cancellation, perspective=perspective
    )
    return {(row.role, row.reason.code, row.source) for row in rows.select_related("reason")}


def said(**answers):
    cancellation = CancellationFactory()
    answered(cancellation, **answers)
    classify_cancellation(cancellation.pk)
    return cancellation


def read_again(cancellation):
    Cancellation.objects.filter(pk=cancellation.pk).update(
        content_version=cancellation.content_version + 1
    )
    cancellation.refresh_from_db()
    classify_cancellation(cancellation.pk)


class TestCorrectClassification:
    def test_replaces_the_primary_reason_and_keeps_the_history(self, analyst, announced):
        cancellation = said(reason=["price"])
        assert correct_classification(
            cancellation=cancellation, reason=reason("champion_left"), by=analyst
        )
        assert standing(cancellation) == {("primary", "champion_left", "analyst")}
        before, now = cancellation.classifications.order_by("pk")
        assert (before.reason.code, before.is_current) == ("price_unprobed", False)
        assert (now.created_by, now.confidence, now.response) == (analyst, None, before.response)
        assert announced == [[cancellation.pk]] * 2

    def test_saying_it_twice_changes_nothing(self, analyst, announced):
        cancellation = said(reason=["price"])
        for expected in (True, False):
            changed = correct_classification(
                cancellation=cancellation, reason=reason("champion_left"), by=analyst
            )
            assert changed is expected
        assert cancellation.classifications.count() == 2
        assert len(announced) == 2

    def test_confirming_keeps_the_evidence(self, analyst):
        cancellation = said(reason=["other"], reason_text=SENTENCES["business_closed"])
        read = cancellation.classifications.get()
        correct_classification(cancellation=cancellation, reason=read.reason, by=analyst)
        confirmed = cancellation.classifications.primary().get()
        assert confirmed.source == "analyst"
        assert confirmed.answer == read.answer
        assert (confirmed.evidence_start, confirmed.evidence_end) == (
            read.evidence_start, read.evidence_end,
        )  # fmt: skip

    def test_a_contributing_reason_that_becomes_primary_stands_once(self, analyst):
        cancellation = said(reason=["price"], contributing=["hard_or_no_help"])
        correct_classification(cancellation=cancellation, reason=reason("hard_to_use"), by=analyst)
        assert standing(cancellation) == {("primary", "hard_to_use", "analyst")}

    def test_contributing_reason_confirms_the_primary(self, analyst):
        cancellation = said(reason=["hard_or_no_help"])
        correct_classification(
            cancellation=cancellation,
            reason=reason("support_quality"),
            by=analyst,
            role="contributing",
        )
        assert standing(cancellation) == {
            ("primary", "hard_to_use", "analyst"),
            ("contributing", "support_quality", "analyst"),
        }

    def test_contributing_reason_needs_a_primary(self, analyst):
        with pytest.raises(CorrectionRefusedError):
            correct_classification(
                cancellation=CancellationFactory(),
                reason=reason("support_quality"),
                by=analyst,
                role="contributing",
            )

    def test_internal_reason_stands_beside_the_stated(self, analyst):
        cancellation = said(reason=["price"])
        correct_classification(
            cancellation=cancellation,
            reason=reason("price_unprobed"),
            by=analyst,
            perspective="internal",
        )
        assert standing(cancellation) == {("primary", "price_unprobed", "choice")}
        assert standing(cancellation, "internal") == {("primary", "price_unprobed", "analyst")}

    @pytest.mark.parametrize(("avoidable", "stands"), [("yes", True), ("perhaps", False)])
    def test_avoidable(self, analyst, avoidable, stands):
        cancellation = said(reason=["price"])
        correction = {
            "cancellation": cancellation,
            "reason": reason("champion_left"),
            "by": analyst,
            "avoidable": avoidable,
        }
        if stands:
            correct_classification(**correction)
            assert cancellation.classifications.primary().get().avoidable == avoidable
        else:
            with pytest.raises(CorrectionRefusedError):
                correct_classification(**correction)
            assert standing(cancellation) == {("primary", "price_unprobed", "choice")}

    def test_unread_cancellation_is_read_first(self, analyst):
        cancellation = CancellationFactory()
        answered(cancellation, reason=["price"], contributing=["hard_or_no_help"])
        correct_classification(
            cancellation=cancellation, reason=reason("champion_left"), by=analyst
        )
        assert standing(cancellation) == {
            ("primary", "champion_left", "analyst"),
            ("contributing", "hard_to_use", "choice"),
        }

    def test_settles_the_review(self, analyst):
        cancellation = said(reason=["hard_or_no_help"], comment=SENTENCES["business_closed"])
        assert Reading.objects.get().wants_review
        correct_classification(
            cancellation=cancellation, reason=reason("business_closed"), by=analyst
        )
        assert not Reading.objects.get().wants_review


class TestSurvivesRereading:
    def test_primary(self, analyst):
        cancellation = said(reason=["price"])
        correct_classification(
            cancellation=cancellation, reason=reason("champion_left"), by=analyst
        )
        before = list(cancellation.classifications.values())
        read_again(cancellation)
        assert list(cancellation.classifications.values()) == before

    def test_struck_out_contributing_reasons_stay_struck_out(self, analyst):
        cancellation = said(reason=["price"], contributing=["hard_or_no_help", "unused"])
        record_judgement(
            cancellation=cancellation,
            judgement=Judgement(
                stated=reason("price_unprobed"), contributing=[reason("unused_unprobed")]
            ),
            by=analyst,
        )
        read_again(cancellation)
        assert standing(cancellation) == {
            ("primary", "price_unprobed", "analyst"),
            ("contributing", "unused_unprobed", "choice"),
        }

    def test_what_is_said_later_waits_for_a_person(self, analyst):
        cancellation = said(reason=["price"])
        correct_classification(
            cancellation=cancellation, reason=reason("champion_left"), by=analyst
        )
        Answer.objects.filter(question__key="reason").update(choices=["hard_or_no_help"])
        read_again(cancellation)
        assert standing(cancellation) == {("primary", "champion_left", "analyst")}
        assert Reading.objects.get().wants_review


class TestJudgement:
    def judge(self, cancellation, by, **judgement):
        names = {
            "stated": reason(judgement["stated"]) if judgement.get("stated") else None,
            "internal": reason(judgement["internal"]) if judgement.get("internal") else None,
            "contributing": [reason(code) for code in judgement.get("contributing", ())],
            "avoidable": judgement.get("avoidable", ""),
        }
        return record_judgement(cancellation=cancellation, judgement=Judgement(**names), by=by)

    def test_what_stands_already_is_not_confirmed_by_the_way(self, analyst):
        cancellation = said(reason=["price"], contributing=["unused"])
        assert not self.judge(
            cancellation, analyst, stated="price_unprobed", contributing=["unused_unprobed"]
        )
        assert standing(cancellation) == {
            ("primary", "price_unprobed", "choice"),
            ("contributing", "unused_unprobed", "choice"),
        }

    def test_all_at_once(self, analyst):
        cancellation = said(reason=["price"], contributing=["unused"])
        assert self.judge(
            cancellation,
            analyst,
            stated="champion_left",
            contributing=["unused_unprobed", "hard_to_use"],
            internal="results_not_achieved",
            avoidable="partly",
        )
        assert standing(cancellation) == {
            ("primary", "champion_left", "analyst"),
            ("contributing", "unused_unprobed", "choice"),
            ("contributing", "hard_to_use", "analyst"),
        }
        assert standing(cancellation, "internal") == {
            ("primary", "results_not_achieved", "analyst")
        }
        primaries = Classification.objects.current().filter(role="primary")
        assert set(primaries.values_list("avoidable", flat=True)) == {"partly"}

    def test_internal_alone_where_nothing_was_said(self, analyst):
        cancellation = CancellationFactory()
        assert self.judge(cancellation, analyst, internal="champion_left")
        assert standing(cancellation) == set()
        assert standing(cancellation, "internal") == {("primary", "champion_left", "analyst")}
        assert self.judge(cancellation, analyst)
        assert standing(cancellation, "internal") == set()

    def test_stated_reason_cannot_be_taken_back(self, analyst):
        cancellation = said(reason=["price"])
        with pytest.raises(CorrectionRefusedError):
            self.judge(cancellation, analyst, internal="champion_left")
        assert standing(cancellation, "internal") == set()


class TestPage:
    def address(self, cancellation):
        return reverse("admin:reasons_cancellation_correct", args=[cancellation.pk])

    @pytest.fixture
    def analyst_client(self, client, analyst):
        analyst.is_staff = True
        analyst.save()
        analyst.user_permissions.set(
            Permission.objects.filter(codename__in=["correct_classification", "view_verbatims"])
        )
        client.force_login(analyst)
        return client

    def test_shows_what_was_said_with_its_evidence(self, analyst_client):
        text = f"Hello. {SENTENCES['business_closed']}. Thanks"
        cancellation = said(reason=["other"], reason_text=text)
        page = analyst_client.get(self.address(cancellation)).content.decode()
        assert f"<mark>{SENTENCES['business_closed']}" in page
        assert "Something else" in page
        assert "Business closed" in page

    def test_what_customers_typed_is_inert(self, analyst_client):
        attack = "<script>alert(1)</script>"
        cancellation = CancellationFactory(
            subscription=SubscriptionFactory(customer=CustomerFactory(name=attack)),
            provider_comment=f"{SENTENCES['business_closed']} {attack}",
            provider_reason=attack,
        )
        classify_cancellation(cancellation.pk)
        page = analyst_client.get(self.address(cancellation)).content.decode()
        assert attack not in page
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3

    def test_verbatims_are_kept_from_who_may_not_read_them(self, analyst_client, analyst):
        analyst.user_permissions.set(Permission.objects.filter(codename="correct_classification"))
        cancellation = said(reason=["other"], reason_text=SENTENCES["business_closed"])
        page = analyst_client.get(self.address(cancellation)).content.decode()
        assert "bakery" not in page

    def test_correcting(self, analyst_client, analyst):
        cancellation = said(reason=["price"])
        response = analyst_client.post(
            self.address(cancellation),
            {
                "stated": reason("champion_left").pk,
                "contributing": [reason("hard_to_use").pk],
                "internal": "",
                "avoidable": "no",
            },
        )
        assert (response.status_code, response.url) == (302, self.address(cancellation))
        row = cancellation.classifications.primary().get()
        assert (row.reason.code, row.created_by, row.avoidable) == ("champion_left", analyst, "no")

    @pytest.mark.parametrize(
        "data", [{"stated": "", "internal": ""}, {"stated": "0"}, {"avoidable": "perhaps"}]
    )
    def test_what_cannot_stand_is_said_and_changes_nothing(self, analyst_client, data):
        cancellation = said(reason=["price"])
        response = analyst_client.post(
            self.address(cancellation), {"stated": reason("champion_left").pk} | data
        )
        assert response.status_code == 200
        assert "errorlist" in response.content.decode()
        assert standing(cancellation) == {("primary", "price_unprobed", "choice")}

    def test_retired_reason_is_offered_only_where_it_stands(self, analyst_client):
        Reason.objects.filter(code="price_unprobed").update(is_retired=True)
        standing_there, elsewhere = said(reason=["price"]), said(reason=["hard_or_no_help"])
        for cancellation, offered in ((standing_there, True), (elsewhere, False)):
            page = analyst_client.get(self.address(cancellation))
            choices = str(page.context["form"]["stated"])
            assert ("Price, not probed" in choices) is offered

    def test_get_changes_nothing(self, analyst_client):
        cancellation = said(reason=["price"])
        before = list(Classification.objects.values())
        analyst_client.get(self.address(cancellation), {"stated": reason("champion_left").pk})
        assert list(Classification.objects.values()) == before

    def test_queries(self, analyst_client, django_assert_max_num_queries):
        cancellation = said(
            reason=["other"],
            reason_text=SENTENCES["business_closed"],
            stuck=SENTENCES["hard_to_use"],
            contributing=["price", "unused"],
        )
        with django_assert_max_num_queries(15):
            analyst_client.get(self.address(cancellation))

    @pytest.mark.parametrize(
        ("codename", "status"), [("view_classification", 403), ("correct_classification", 200)]
    )
    def test_who_may(self, client, codename, status):
        user = get_user_model().objects.create_user("somebody", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename=codename))
        client.force_login(user)
        cancellation = CancellationFactory()
        assert client.get(self.address(cancellation)).status_code == status
        assert client.post(self.address(cancellation), {}).status_code in (302, status)

    def test_strangers_are_sent_to_the_log_in(self, client):
        response = client.get(self.address(CancellationFactory()))
        assert response.status_code == 302
        assert "login" in response.url

    def test_unknown_cancellation(self, analyst_client):
        address = reverse("admin:reasons_cancellation_correct", args=[0])
        assert analyst_client.get(address).status_code == 404


@pytest.mark.parametrize(
    "model", ["reason", "choicemapping", "providermapping", "classification", "classifierversion"]
)
def test_lists_open(admin_client, model):
    said(reason=["other"], reason_text=SENTENCES["business_closed"])
    assert admin_client.get(reverse(f"admin:reasons_{model}_changelist")).status_code == 200
    from django.apps import apps

    row = apps.get_model("reasons", model).objects.first()
    page = admin_client.get(reverse(f"admin:reasons_{model}_change", args=[row.pk]))
    assert page.status_code == 200
