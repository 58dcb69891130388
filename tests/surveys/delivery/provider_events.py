"""What mail providers post about a mail, by shape like theirs; addresses and IDs are made up."""

import base64
import hashlib
import hmac
import json
import time

SECRET = "mail:kept-between-us"
SIGNING_KEY = "key-of-the-account"


def authorised(secret=SECRET):
    return {"HTTP_AUTHORIZATION": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def postmark(kind="HardBounce", *, email="ann@mail.localhost", message_id="", **changes):
    return {
        "RecordType": "SpamComplaint" if kind == "SpamComplaint" else "Bounce",
        "ID": 692560173,
        "Type": kind,
        "TypeCode": 1,
        "MessageID": message_id or "2706ee8a-737c-4285-b032-ccd317af53ed",
        "Description": "The server was unable to deliver your message.",
        "Details": "smtp;550 5.1.1 The email account does not exist.",
        "Email": email,
        "From": "surveys@vendor.dev",
        "BouncedAt": "2026-06-10T16:33:54.9070259Z",
        "Inactive": True,
        **changes,
    }


def postmark_unsubscribed(email="ann@mail.localhost"):
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": email,
        "ChangedAt": "2026-06-10T10:53:34.416071Z",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "Origin": "Recipient",
    }


def mailgun(kind="failed", *, email="ann@mail.localhost", message_id="", key=SIGNING_KEY, **data):
    """Signed as Mailgun does; its ``message-id`` is our own header without the brackets."""
    timestamp, token = str(int(time.time())), "t" * 50
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {
            "id": "G9Bn5sl1TC6nu79C8C0bwg",
            "event": kind,
            "severity": "permanent",
            "reason": "bounce",
            "timestamp": time.time(),
            "recipient": email,
            "message": {"headers": {"message-id": message_id or "unknown@elsewhere.dev"}},
            "delivery-status": {"code": 550, "message": "5.1.1 No such user", "description": ""},
            **data,
        },
    }


def sparkpost(kind="bounce", *, email="ann@mail.localhost", bounce_class="10", **changes):
    """One of the events that come as a list; ``bounce_class`` 10: no such recipient."""
    event = {
        "type": kind,
        "bounce_class": bounce_class,
        "error_code": "550",
        "event_id": "92356927693813856",
        "message_id": "000443ee14578172be22",
        "transmission_id": "65832150921904138",
        "raw_rcpt_to": email,
        "rcpt_to": email.lower(),
        "raw_reason": "550 5.1.1 No such user",
        "timestamp": str(int(time.time())),
        **changes,
    }
    if kind != "bounce":
        del event["bounce_class"]
    return {"msys": {"message_event": event}}


class Provider:
    """Posts to the address that belongs to a provider."""

    def __init__(self, client, name, *, secret=SECRET):
        self.client, self.name, self.secret = client, name, secret

    def post(self, payload, **headers):
        body = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)
        return self.client.post(
            f"/webhooks/mail/{self.name}/tracking/",
            body,
            content_type="application/json",
            **({**authorised(self.secret), **headers} if self.secret else headers),
        )
