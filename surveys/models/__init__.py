"""From a cancellation to a submitted response: the tables."""

from surveys.models.cancellations import (
    Cancellation,
    CancellationKind,
    Intent,
    IntentOutcome,
)
from surveys.models.customers import (
    CUSTOMER_ATTRIBUTES,
    Contact,
    Customer,
    CustomerAttributes,
    Subscription,
)
from surveys.models.intake import ApiKey, WebhookEvent
from surveys.models.invitations import (
    Invitation,
    InvitationChannel,
    InvitationState,
    Reminder,
    Suppression,
    address_digest,
)
from surveys.models.losses import Contraction, Loss, PaidSpan
from surveys.models.money import ExchangeRate
from surveys.models.questionnaires import (
    Choice,
    ChoiceText,
    Condition,
    ConditionTest,
    Question,
    QuestionKind,
    QuestionRole,
    QuestionText,
    RoutingRule,
    Survey,
    SurveyMoment,
    SurveyVersion,
    VersionText,
)
from surveys.models.responses import Answer, Response
from surveys.models.throttling import UnknownLinkCount

__all__ = [
    "CUSTOMER_ATTRIBUTES",
    "Answer",
    "ApiKey",
    "Cancellation",
    "CancellationKind",
    "Choice",
    "ChoiceText",
    "Condition",
    "ConditionTest",
    "Contact",
    "Contraction",
    "Customer",
    "CustomerAttributes",
    "ExchangeRate",
    "Intent",
    "IntentOutcome",
    "Invitation",
    "InvitationChannel",
    "InvitationState",
    "Loss",
    "PaidSpan",
    "Question",
    "QuestionKind",
    "QuestionRole",
    "QuestionText",
    "Reminder",
    "Response",
    "RoutingRule",
    "Subscription",
    "Suppression",
    "Survey",
    "SurveyMoment",
    "SurveyVersion",
    "UnknownLinkCount",
    "VersionText",
    "WebhookEvent",
    "address_digest",
]
