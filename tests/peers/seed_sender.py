#!/usr/bin/env python3
"""A sender of a few lines: posts one series once to $PRW_REMOTE_WRITE_URL, as 1.0, and never tries again.

What is wrong with it, and nothing else is: it does not retry, and its User-Agent has no version. The bytes are made by
hand (protobuf, then snappy's block format with a single literal), so that it needs nothing but Python.
"""

import http.client
import os
import struct
import sys
import time
from urllib.parse import urlsplit


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def label(name, value):
    return field(1, field(1, name.encode()) + field(2, value.encode()))


def write_request(value, timestamp_ms):
    labels = label("__name__", "test_metric") + label("key1", "val1") + label("key2", "val2")
    sample = varint(1 << 3 | 1) + struct.pack("<d", value) + varint(2 << 3 | 0) + varint(timestamp_ms)
    return field(1, labels + field(2, sample))


def snappy_literal(data):
    """`data` as one literal, for 61 to 256 bytes: the tag 60 says that one byte of length minus one follows."""
    assert 60 < len(data) <= 256
    return varint(len(data)) + bytes([60 << 2, len(data) - 1]) + data


def main():
    if "PRW_REMOTE_WRITE_URL" not in os.environ:
        print("seed_sender: PRW_REMOTE_WRITE_URL is not set", file=sys.stderr)
        return 2
    url = urlsplit(os.environ["PRW_REMOTE_WRITE_URL"])
    connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=10)
    # putrequest and not request: that one adds headers of its own.
    connection.putrequest("POST", (url.path or "/") + ("?" + url.query if url.query else ""), skip_accept_encoding=True)
    body = snappy_literal(write_request(1.0, time.time_ns() // 1_000_000))
    connection.putheader("Content-Encoding", "snappy")
    connection.putheader("Content-Type", "application/x-protobuf")
    connection.putheader("User-Agent", "seed-sender")
    connection.putheader("X-Prometheus-Remote-Write-Version", "0.1.0")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    print("seed_sender: answered", connection.getresponse().status)
    return 0


if __name__ == "__main__":
    sys.exit(main())
