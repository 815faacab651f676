"""A webhook for Microsoft Graph and Outlook, with nothing but Python 3: python3 server.py"""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

CLIENT_STATE = os.environ.get("CLIENT_STATE")

class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        # The handshake: echo the token, decoded, as plain text. Graph waits 10 seconds, Outlook 5.
        query = parse_qs(self.path.partition("?")[2])
        token = query.get("validationToken") or query.get("validationtoken")
        if token:
            return self.answer(200, token[0].encode())
        try:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            items = [dict(item) for item in body["value"] if item]
        except (ValueError, TypeError, KeyError):
            return self.answer(400)
        self.answer(202)  # before any work: after 3 seconds it is late, after 10 it is sent again
        for item in items:  # Outlook has capitals, and the client state in a header
            what = item.get("lifecycleEvent") or item.get("changeType") or item.get("ChangeType")
            resource = item.get("resource") or item.get("Resource")  # lifecycle items have none
            known = CLIENT_STATE in (None, item.get("clientState") or self.headers["ClientState"])
            print("notification" if known else "refused", json.dumps([what, resource]), flush=True)  # your work goes here

    def answer(self, status, text=b""):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass  # it would print the query, where secrets are

server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 3000))), Webhook)
print(f"listening on http://127.0.0.1:{server.server_port}/hook", flush=True)
server.serve_forever()
