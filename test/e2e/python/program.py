"""What a user of the generated client may write. Prints what it saw, as JSON."""

import json
import sys
import time
from datetime import datetime, timezone

from desist_client import Client
from desist_client.api.commands import send_commands
from desist_client.api.events import send_events
from desist_client.api.operation import get_summary
from desist_client.api.recipients import check_recipients, explain_recipient, list_recipient_changes
from desist_client.api.suppressions import list_changes, list_suppressions
from desist_client.models import CheckRecipientsBody, DeliveryEvent, OperatorCommand

ADDRESS = "alice@example.com"
client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
occurred_at = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
event = DeliveryEvent.from_dict(
    {
        "version": 1,
        "type": "bounced",
        "recipient": ADDRESS,
        "occurredAt": occurred_at,
        "smtp": {"code": 550, "text": "550 5.1.1 no such user"},
    }
)
accepted = send_events.sync(client=client, body=[event])


def check():
    return check_recipients.sync(client=client, body=CheckRecipientsBody(recipients=[ADDRESS, "bob@example.com"]))


deadline = time.monotonic() + 60
while check().results[0].allowed:
    if time.monotonic() > deadline:
        sys.exit("the bounce was not folded")
    time.sleep(0.2)
listed = list_suppressions.sync(client=client, address=ADDRESS)
history = list_recipient_changes.sync(ADDRESS, client=client)
feed = list_changes.sync(client=client)
released = send_commands.sync(
    client=client,
    body=[OperatorCommand.from_dict({"type": "release", "recipient": ADDRESS, "by": "python"})],
    idempotency_key="from-python",
)
while not check().results[0].allowed:
    if time.monotonic() > deadline:
        sys.exit("the release was not folded")
    time.sleep(0.2)
print(
    json.dumps(
        {
            "accepted": accepted.accepted,
            "listed": [one.reason for one in listed.items],
            "history": [one.type_ for one in history.items],
            "feed": [one.type_ for one in feed.items],
            "released": released.accepted,
            "allowed": [one.allowed for one in check().results],
            "summary": get_summary.sync(client=client).to_dict()["suppressions"],
            "why": explain_recipient.sync(ADDRESS, client=client).state,
        }
    )
)
