#!/usr/bin/env python3
"""A fake of the Kubernetes events API, enough for kube-eventer to have events to send. Standard library only.

  GET /api/v1/events?limit=1             an empty EventList with a resourceVersion
  GET /api/v1/events?watch=true&…        a chunked stream of {"type": "ADDED", "object": Event}, one a line

The stream repeats EVENTS in order, --rate of them a second, so that each flush has data. What they are there for is said
beside each. An event keeps its count when it comes again: the sample that kube-eventer makes of it has the flush's
time and the event's count, and a changed count would give two values to one series and time, which is not under test here.

Listens on 127.0.0.1 alone. Prints `listening HOST:PORT` once connections are accepted. Ends with code 0 on TERM or INT,
and by itself when the process that started it is gone.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PARENT_POLL_SECONDS = 0.25

# (type, namespace, kind, name, reason, message, count); None leaves the field out.
EVENTS = [
    ("Normal", "shop", "Pod", "cart-5d8f", "Scheduled", "Successfully assigned shop/cart-5d8f to node-1", 1),
    ("Warning", "shop", "Pod", "cart-5d8f", "BackOff", "Back-off restarting failed container", 4),
    # No reason: an empty label value in the series.
    ("Warning", "shop", "Pod", "cart-7c1b", None, "container reported an error without a reason", 2),
    # Twice in a row: the same series and sample twice in one request.
    ("Normal", "billing", "Pod", "invoice-0", "Pulled", "Container image already present on machine", 3),
    ("Normal", "billing", "Pod", "invoice-0", "Pulled", "Container image already present on machine", 3),
    # Not ASCII: a label value that is UTF-8.
    ("Warning", "billing", "Pod", "invoice-1", "FailedMount", "Volume “données” non monté: délai dépassé", 1),
    # An object of the cluster has no namespace: an empty label value again.
    ("Normal", None, "Node", "node-1", "NodeReady", "Node node-1 status is now: NodeReady", 1),
]


def event_object(number):
    """Event `number` of the endless stream, as the API would show it; `number` is its resourceVersion too."""
    kind_of, namespace, kind, name, reason, message, count = EVENTS[number % len(EVENTS)]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    involved = {"kind": kind, "name": name, "apiVersion": "v1"}
    if namespace is not None:
        involved["namespace"] = namespace
    event = {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{name}.{number:016x}",
            "namespace": namespace or "default",
            "uid": f"00000000-0000-4000-8000-{number:012x}",
            "resourceVersion": str(number + 2),
            "creationTimestamp": now,
        },
        "involvedObject": involved,
        "message": message,
        "source": {"component": "fake"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": count,
        "type": kind_of,
    }
    if reason is not None:
        event["reason"] = reason
    return event


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake-kubernetes"

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path != "/api/v1/events":
            self.send_json(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404,
                                 "reason": "NotFound", "message": f"the fake serves no {url.path}"})
        elif query.get("watch", ["false"])[0] in ("true", "1"):
            self.send_stream()
        else:
            self.send_json(200, {"kind": "EventList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"},
                                 "items": []})

    def send_json(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        stop = self.server.stopping
        try:
            number = 0
            while not stop.is_set():
                line = json.dumps({"type": "ADDED", "object": event_object(number)}).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                number += 1
                # One round at once, so that the first flush shows every kind of event however soon it comes.
                if number >= len(EVENTS):
                    stop.wait(1 / self.server.rate)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # The watcher went away, which is how a watch ends.
        self.close_connection = True

    def log_message(self, pattern, *arguments):
        if self.server.verbose:
            print(pattern % arguments, file=sys.stderr, flush=True)


def write_whole(path, text):
    """Writes `path` in one step, so that a reader who waits for the file never sees half of it."""
    with open(path + ".part", "w", encoding="ascii") as file:
        file.write(text)
    os.replace(path + ".part", path)


def main():
    parser = argparse.ArgumentParser(description="A fake of the Kubernetes events API on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: 0, any free one)")
    parser.add_argument("--address-file", metavar="FILE", help="write HOST:PORT there once connections are accepted")
    parser.add_argument("--rate", type=float, default=5.0, help="events a second (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="log requests to standard error")
    arguments = parser.parse_args()
    if not arguments.rate > 0:
        parser.error("--rate: must be more than 0")

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    parent = os.getppid()

    try:
        server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Api)
    except OSError as error:
        print(f"fake_kubernetes: 127.0.0.1:{arguments.port}: {error.strerror}", file=sys.stderr)
        return 1
    server.stopping, server.rate, server.verbose = stopping, arguments.rate, arguments.verbose
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    address = "%s:%d" % server.server_address
    if arguments.address_file:
        write_whole(arguments.address_file, address)
    print(f"listening {address}", flush=True)

    # Asking for a signal at the parent's death would follow the *thread* that started us, which may end sooner.
    while not stopping.wait(PARENT_POLL_SECONDS):
        if os.getppid() != parent:
            break
    stopping.set()
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
