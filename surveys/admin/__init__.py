"""The admin's pages of this room, a file a model."""

from surveys.admin import (  # noqa: F401  (each registers its models)
    api_keys,
    cancellations,
    customers,
    exchange_rates,
    intents,
    invitations,
    losses,
    responses,
    routing,
    subscriptions,
    suppressions,
    surveys,
    versions,
    webhook_events,
)
