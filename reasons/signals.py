"""News for upper rooms.

``classification_changed``: ``cancellation_ids`` (list of int). Their reasons have changed.
"""

from django.dispatch import Signal

classification_changed = Signal()
