"""Rows of the app reasons, and a customer's answers ready to be read."""

from functools import cache

import factory

from reasons import models
from reasons.classify import Example, TrainedModel
from reasons.defaults import install_defaults
from reasons.model_store import store
from tests.factories.surveys import AnswerFactory, InvitationFactory, ResponseFactory

# One clear sentence a reason, several times over with other words around it: enough for a model
# that tells these few apart, trained in well under a second.
SENTENCES = {
    "business_closed": "we closed the bakery and shut down the firm",
    "bugs_or_reliability": "it crashes with an error on every save and loses data",
    "support_quality": "support never answered our tickets and nobody helped",
    "missing_feature": "there is no export to pdf, that feature is missing",
    "price_or_value_fit": "the price doubled and it is not worth that much to us",
    "hard_to_use": "far too complicated and confusing, too many clicks",
    "unclear": "bye",
}
SURROUNDINGS = ("", "sadly ", "well, ", "in the end ", "to be honest ", "this year ")


@cache
def small_model() -> TrainedModel:
    return TrainedModel.train(
        [
            Example(f"{before}{sentence}", code, context=before)
            for code, sentence in SENTENCES.items()
            for before in SURROUNDINGS
        ],
        seed=0,
    )


def stored_small_model() -> models.ClassifierVersion:
    return store(small_model(), figures={})


class ClassificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Classification

    class Params:
        code = "need_ended"

    cancellation = factory.SubFactory("tests.factories.surveys.CancellationFactory")
    reason = factory.LazyAttribute(lambda o: reason(o.code))
    role = models.Role.PRIMARY
    perspective = models.Perspective.STATED
    source = models.Source.CHOICE


def reason(code: str) -> models.Reason:
    """The reason of that code; installs the defaults where there are none."""
    if not models.Reason.objects.exists():
        install_defaults()
    return models.Reason.objects.get(code=code)


def answered(cancellation, *, language="en", **answers):
    """A submitted response to the exit survey: choices by question key as lists, texts as text."""
    invitation = InvitationFactory(cancellation=cancellation)
    response = ResponseFactory(invitation=invitation, language=language)
    for key, value in answers.items():
        said = {"choices": value} if isinstance(value, list) else {"text": value}
        AnswerFactory(response=response, key=key, **said)
    return response
