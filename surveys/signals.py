"""News for upper rooms. Receivers run inside the transaction: they mark a row or enqueue, no more.

``response_submitted``: ``response`` (Response). A first submission, a revision, a second screen.
``cancellation_changed``: ``cancellation`` (Cancellation). Recorded, merged, taken back, corrected.
``losses_changed``: ``days`` (set of dates), ``customer_ids`` (set of int). Losses of these days
came, went or changed; of these customers, who have cancellations, losses, contractions or spans
did.
"""

from django.dispatch import Signal

response_submitted = Signal()
cancellation_changed = Signal()
losses_changed = Signal()
