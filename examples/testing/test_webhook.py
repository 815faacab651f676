# outlocal exec --http -- pytest
import json
import os
from datetime import datetime, timedelta, timezone
from urllib.error import HTTPError
from urllib.request import Request, urlopen

GRAPH, CONTROL = os.environ["OUTLOCAL_GRAPH_URL"], os.environ["OUTLOCAL_CONTROL_URL"]
WEBHOOK = os.environ.get("WEBHOOK_URL", "http://localhost:3000/hook")


def call(method, url, body=None):
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        return json.load(urlopen(Request(url, data, headers, method=method)))
    except HTTPError as error:
        raise AssertionError(error.read().decode()) from None  # says what was there instead


def test_webhook_handles_new_mail():
    subscription = call("POST", f"{GRAPH}/v1.0/subscriptions", {  # your app does this
        "resource": "me/messages", "changeType": "created", "notificationUrl": WEBHOOK,
        "expirationDateTime": (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat(),
    })
    call("POST", f"{CONTROL}/changes", {"collection": "message", "change": "created", "count": 2})

    handled = call("GET", f"{CONTROL}/handled?count=2&subscription={subscription['id']}")
    assert [n["status"] for n in handled["notifications"]] == [202, 202]
