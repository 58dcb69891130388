import pytest

from surveys.delivery.routing import choose_survey, goes_on_with_another
from surveys.models import RoutingRule, Survey, SurveyMoment, SurveyVersion
from tests.factories.surveys import CancellationFactory, SubscriptionFactory, published_version

pytestmark = pytest.mark.django_db

LEFT, CANCELLING = SurveyMoment.LEFT, SurveyMoment.CANCELLING


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"moment": LEFT, "kind": "voluntary"}, "exit"),
        ({"moment": LEFT, "kind": "voluntary", "trial": True}, "exit"),
        ({"moment": LEFT, "kind": "involuntary"}, None),
        ({"moment": LEFT, "kind": "administrative"}, None),
        ({"moment": CANCELLING}, "cancellation"),
        ({"moment": CANCELLING, "kind": "administrative"}, None),
    ],
)
def test_the_default_table(asked, key):
    published_version()

    version = choose_survey(**asked)

    assert (version and version.survey.key) == key


@pytest.mark.parametrize(
    ("rule", "asked", "fits"),
    [
        ({}, {}, True),
        ({"kind": "voluntary"}, {"kind": "voluntary"}, True),
        ({"kind": "voluntary"}, {"kind": "involuntary"}, False),
        ({"kind": ""}, {"kind": "involuntary"}, True),
        ({"kind": ""}, {"kind": "administrative"}, False),
        ({"kind": "administrative"}, {"kind": "administrative"}, False),
        ({"trial": True}, {"trial": True}, True),
        ({"trial": True}, {"trial": False}, False),
        ({"trial": False}, {"trial": True}, False),
        ({"trial": None}, {"trial": True}, True),
        ({"segment": "Enterprise"}, {"segment": "enterprise"}, True),
        ({"segment": "enterprise"}, {"segment": "small"}, False),
        ({"segment": "enterprise"}, {"segment": ""}, False),
        ({"language": "zh-hans"}, {"language": "zh-hans"}, True),
        ({"language": "zh-hans"}, {"language": "zh_CN"}, True),
        ({"language": "zh-hans"}, {"language": "de"}, False),
        ({"language": "zh-hans"}, {"language": ""}, False),
        ({"language": "en"}, {"language": "en-GB"}, True),
        ({"moment": CANCELLING}, {}, False),
    ],
)
def test_a_rule_fits_what_it_says(rule, asked, fits):
    survey = published_version().survey
    RoutingRule.objects.all().delete()
    RoutingRule.objects.create(position=1, survey=survey, **{"moment": LEFT, **rule})

    version = choose_survey(**{"moment": LEFT, "kind": "voluntary", **asked})

    assert (version is not None) is fits


def test_the_first_rule_that_fits_wins_also_where_it_says_none():
    survey = published_version().survey
    RoutingRule.objects.all().delete()
    RoutingRule.objects.create(position=2, moment=LEFT, survey=survey)
    RoutingRule.objects.create(position=1, moment=LEFT, segment="partner", survey=None)

    assert choose_survey(moment=LEFT, kind="voluntary", segment="partner") is None
    assert choose_survey(moment=LEFT, kind="voluntary", segment="small") is not None


def test_the_newest_published_version_is_offered():
    first = published_version()
    second = SurveyVersion.objects.create(
        survey=first.survey, number=2, definition=first.definition, published_at=first.published_at
    )
    SurveyVersion.objects.create(survey=first.survey, number=3)

    assert choose_survey(moment=LEFT, kind="voluntary") == second


@pytest.mark.parametrize("problem", ["archived", "never published"])
def test_a_survey_that_cannot_be_offered_is_none(problem):
    survey = published_version().survey
    if problem == "archived":
        Survey.objects.filter(pk=survey.pk).update(is_archived=True)
    else:
        RoutingRule.objects.filter(survey=survey).update(
            survey=Survey.objects.create(key="own", name="Our own", moment=LEFT)
        )

    assert choose_survey(moment=LEFT, kind="voluntary") is None


def test_it_costs_two_queries(django_assert_num_queries):
    published_version()
    with django_assert_num_queries(2):
        choose_survey(moment=LEFT, kind="voluntary")


@pytest.mark.parametrize(
    ("wanted", "keeps", "fits"),
    [(None, True, True), (True, True, True), (True, False, False), (False, True, False)],
)
def test_a_rule_for_those_who_keep_something_else(wanted, keeps, fits):
    survey = published_version().survey
    RoutingRule.objects.all().delete()
    RoutingRule.objects.create(position=1, moment=LEFT, keeps_paying=wanted, survey=survey)
    asked = []

    version = choose_survey(moment=LEFT, keeps_paying=lambda: asked.append(1) or keeps)

    assert (version is not None) == fits
    assert bool(asked) == (wanted is not None)


@pytest.mark.parametrize(
    ("other", "goes_on"),
    [
        (None, False),
        ({}, True),
        ({"is_trial": True}, False),
        ({"mrr": 0}, False),
        ({"ends_with_it": True}, False),
    ],
)
def test_who_keeps_something_else(other, goes_on):
    cancellation = CancellationFactory()
    if other is not None:
        ends = cancellation.effective_on if other.pop("ends_with_it", False) else None
        SubscriptionFactory(customer=cancellation.customer, ended_on=ends, **other)

    assert goes_on_with_another(cancellation) == goes_on
