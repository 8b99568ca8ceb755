#!/usr/bin/env python3
"""Senders that are correct and do something that most do not: no check may trip over them. Standard library only.

  unusual_sender.py VARIANT [OPTION…]      what to send to, what to scrape and which message: PRW_… in the environment
  unusual_sender.py --list                 the variants

Nothing here comes from prw's own encoders, parsers or sender, so that a mistake of theirs is not made twice. All variants
keep what both specifications want of a sender: labels sorted and not empty, one queue for a series and one request at a
time for a queue, another attempt with a growing delay after 5xx, 429 and failed connections, none after any other answer,
stale markers for scraped series that are gone, a name and a version. VARIANTS says in which way each is unusual.

Ends by itself where it has sent what it has (0: everything was accepted, 1: not all of it), else with TERM or INT, when it
sends what it holds.
"""

import argparse
import base64
import collections
import dataclasses
import email.utils
import http.client
import os
import random
import re
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse
import zlib
from typing import Callable, NamedTuple

V1, V2 = "1.0", "2.0"
USER_AGENT = "unusual-sender/1.0.0"
STALE = struct.pack("<Q", 0x7FF0000000000002)
ORDINARY_NAN = struct.pack("<Q", 0x7FF8000000000001)
TYPES = {"counter": 1, "gauge": 2, "histogram": 3, "gaugehistogram": 4, "summary": 5, "info": 6, "stateset": 7}


def log(text):
    print(f"unusual_sender: {text}", file=sys.stderr, flush=True)


def now_ms():
    return time.time_ns() // 1_000_000


# What is sent. Values are the eight bytes of a little-endian float64 from where they are read to the wire.


class Meta(NamedTuple):
    type: int = 0
    help: str = ""
    unit: str = ""


class Exemplar(NamedTuple):
    labels: tuple
    value: bytes
    timestamp: int


class Histogram(NamedTuple):
    """A native histogram of integers; its one span starts at bucket `offset`."""
    schema: int
    sum: float
    zero_threshold: float
    zero_count: int
    offset: int
    buckets: tuple
    custom_bounds: tuple = ()


class Point(NamedTuple):
    labels: tuple  # of (name, value), sorted by the bytes of the names
    timestamp: int
    value: bytes = b""
    histogram: Histogram = None
    start: int = 0
    exemplars: tuple = ()
    meta: Meta = Meta()


def float_bits(value):
    return ORDINARY_NAN if value != value else struct.pack("<d", value)


def sorted_labels(labels):
    """A label without a value is a label that is not there."""
    return tuple(sorted(((name, value) for name, value in labels.items() if value), key=lambda each: each[0].encode()))


# Protobuf and snappy, as their descriptions have them.


def varint(number):
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    return varint(number << 1 ^ number >> 63)


def number_field(field, number):
    return varint(field << 3) + varint(number)


def double_field(field, value):
    return varint(field << 3 | 1) + value


def bytes_field(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def packed_field(field, numbers, encode=varint):
    return bytes_field(field, b"".join(map(encode, numbers))) if numbers else b""


def snappy(data):
    """The block format with literals alone, each as long as its length's bytes allow."""
    out = [varint(len(data))]
    for at in range(0, len(data), 1 << 24):
        literal = data[at:at + (1 << 24)]
        size = len(literal) - 1
        if size < 60:
            out.append(bytes([size << 2]))
        else:
            width = (size.bit_length() + 7) // 8
            out.append(bytes([59 + width << 2]) + size.to_bytes(width, "little"))
        out.append(literal)
    return b"".join(out)


def by_series(points):
    """Points of one series together, in the order of their times, none twice."""
    out = {}
    for point in points:
        of_series = out.setdefault((point.labels, point.histogram is not None), [])
        if point not in of_series:
            of_series.append(point)
    return out.values()


def write_request(points, shuffled):
    """prometheus.WriteRequest. It has no place for histograms, exemplars and metadata."""
    out = []
    for series in by_series(points):
        body = []
        for name, value in series[0].labels:
            body.append(bytes_field(1, bytes_field(1, name.encode()) + bytes_field(2, value.encode())))
        for point in series:
            body.append(bytes_field(2, double_field(1, point.value) + number_field(2, point.timestamp)))
        out.append(bytes_field(1, b"".join(body)))
    return b"".join(out)


def histogram_field(point):
    histogram, out = point.histogram, []
    deltas = [each - before for each, before in zip(histogram.buckets, (0, *histogram.buckets))]
    out.append(number_field(1, histogram.zero_count + sum(histogram.buckets)))
    out.append(double_field(3, float_bits(histogram.sum)))
    out.append(varint(4 << 3) + zigzag(histogram.schema))
    out.append(double_field(5, float_bits(histogram.zero_threshold)))
    out.append(number_field(6, histogram.zero_count))
    out.append(bytes_field(11, varint(1 << 3) + zigzag(histogram.offset) + number_field(2, len(histogram.buckets))))
    out.append(packed_field(12, deltas, zigzag))
    out.append(number_field(15, point.timestamp))
    out.append(packed_field(16, histogram.custom_bounds, lambda bound: struct.pack("<d", bound)))
    out.append(number_field(17, point.start))
    return bytes_field(3, b"".join(out))


def request_v2(points, shuffled):
    """io.prometheus.write.v2.Request. The symbols come as they are met or, shuffled, in any order: only the first is fixed."""
    texts = dict.fromkeys([""])
    for point in points:
        for labels in (point.labels, *(each.labels for each in point.exemplars)):
            texts.update(dict.fromkeys(text for pair in labels for text in pair))
        texts.update(dict.fromkeys(point.meta[1:]))
    symbols = list(texts)
    if shuffled:
        rest = symbols[1:]
        random.shuffle(rest)
        symbols[1:] = rest
    ref = {text: index for index, text in enumerate(symbols)}
    refs = lambda labels: packed_field(1, [ref[text] for pair in labels for text in pair])

    out = [bytes_field(4, text.encode()) for text in symbols]
    for series in by_series(points):
        body = [refs(series[0].labels)]
        for point in series:
            if point.histogram:
                body.append(histogram_field(point))
            else:
                sample = double_field(1, point.value) + number_field(2, point.timestamp)
                body.append(bytes_field(2, sample + (number_field(3, point.start) if point.start else b"")))
        for exemplar in (each for point in series for each in point.exemplars):
            value_and_time = double_field(2, exemplar.value) + number_field(3, exemplar.timestamp)
            body.append(bytes_field(4, refs(exemplar.labels) + value_and_time))
        kind, help_text, unit = series[-1].meta
        body.append(bytes_field(5, number_field(1, kind) + number_field(3, ref[help_text]) + number_field(4, ref[unit])))
        out.append(bytes_field(5, b"".join(body)))
    return b"".join(out)


# HTTP/1.1, as far as a sender needs it.


class Answer(NamedTuple):
    status: int
    fields: dict  # name in lower case → value
    text: str = ""  # how the body begins, for the log and for nothing else


class Failure(Exception):
    """There is no answer: nothing says whether the data was taken."""


class Connection:
    """Kept for the next request, unless the answer says or shows that it cannot be. `timeout` bounds a whole exchange."""

    def __init__(self, host, port, timeout):
        self.host, self.port, self.timeout = host, port, timeout
        self.socket, self.buffer, self.deadline = None, b"", 0.0

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def post(self, target, fields, body):
        self.deadline = time.monotonic() + self.timeout
        try:
            if self.socket is None:
                self.socket = socket.create_connection((self.host, self.port), self.left())
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines = [f"POST {target} HTTP/1.1", f"Host: {self.host}:{self.port}", f"Content-Length: {len(body)}"]
            lines += [f"{name}: {value}" for name, value in fields]
            self.socket.settimeout(self.left())
            self.socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            answer = self.head()
            while 100 <= answer.status < 200:
                answer = self.head()
            return answer._replace(text=self.skip_body(answer))
        except (OSError, ValueError) as error:
            self.close()
            raise Failure(str(error) or type(error).__name__) from error

    def left(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no answer within {self.timeout} s")
        return left

    def more(self):
        self.socket.settimeout(self.left())
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the connection was closed before the answer was complete")
        self.buffer += data

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > 65536:
                raise ValueError("the answer's head does not end")
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] ([1-5][0-9][0-9])( .*)?", first)
        if match is None:
            raise ValueError("the answer is no HTTP/1.1")
        pairs = (line.partition(":") for line in lines)
        return Answer(int(match[1]), {name.strip().lower(): value.strip() for name, _, value in pairs})

    def skip_body(self, answer):
        """The body is for the log alone: a short one is read so that the connection can stay, a long one is not."""
        length = answer.fields.get("content-length", "")
        if answer.status in (204, 304):
            length = "0"
        stays = answer.fields.get("connection", "").lower() != "close" and "transfer-encoding" not in answer.fields
        if stays and length.isdecimal() and int(length) <= 65536:
            try:
                while len(self.buffer) < int(length):
                    self.more()
                text, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
                return text[:1024].decode("utf-8", "replace").strip()
            except OSError:
                pass  # The head has said what there was to say.
        text = self.buffer[:1024].decode("utf-8", "replace").strip()
        self.close()
        return text


# Delivering.


def doubling(base, highest, attempt):
    """Between half of the bound and all of it."""
    return min(highest, base * 2**attempt) * random.uniform(0.5, 1)


def full_jitter(base, highest, attempt):
    """Anything up to the bound, nothing at all included."""
    return random.uniform(0, min(highest, base * 2**attempt))


class Target:
    """The receiver, and how to talk to it."""

    RESERVED = {"content-encoding", "content-type", "user-agent", "x-prometheus-remote-write-version", "content-length", "host",
                "transfer-encoding", "connection"}

    def __init__(self, url, message, timeout, headers, authorization):
        self.parts, self.message, self.timeout = urllib.parse.urlsplit(url), message, timeout
        self.fields = [("Content-Encoding", "snappy"), ("User-Agent", USER_AGENT)]
        if message == V2:
            self.fields.append(("Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"))
            self.fields.append(("X-Prometheus-Remote-Write-Version", "2.0.0"))
        else:
            self.fields.append(("Content-Type", "application/x-protobuf"))
            self.fields.append(("X-Prometheus-Remote-Write-Version", "0.1.0"))
        self.fields += headers
        self.authorization = [("Authorization", authorization)] if authorization else []

    def connect(self, parts=None):
        parts = parts or self.parts
        return Connection(parts.hostname, parts.port or 80, self.timeout)

    def post(self, connection, body):
        """Follows 307 and 308, which keep method and body, and no other redirect."""
        place, answer = self.parts, connection.post(self.target_of(self.parts), self.fields + self.authorization, body)
        for _ in range(5):
            if answer.status not in (307, 308) or "location" not in answer.fields:
                break
            place = urllib.parse.urlsplit(urllib.parse.urljoin(place.geturl(), answer.fields["location"]))
            if place.scheme != "http":
                break
            same = place[:2] == self.parts[:2]
            other = connection if same else self.connect(place)
            answer = other.post(self.target_of(place), self.fields + (self.authorization if same else []), body)
            if not same:
                other.close()
        return answer

    @staticmethod
    def target_of(parts):
        return (parts.path or "/") + ("?" + parts.query if parts.query else "")


def wanted_pause(fields):
    """Retry-After in seconds; 0 when it is absent or neither a number nor a date. At most a minute."""
    text = fields.get("retry-after", "")
    if text.isdecimal():
        return min(60.0, float(text))
    try:
        return min(60.0, max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time()))
    except (TypeError, ValueError):
        return 0.0


WRITTEN = re.compile("x-prometheus-remote-write-(samples|histograms|exemplars)-written")


class Shard(threading.Thread):
    """A queue and its connection. One request is in flight at a time, and nothing passes it."""

    CAPACITY = 50_000

    def __init__(self, target, variant, stop):
        super().__init__(daemon=True)
        self.target, self.variant, self.stop = target, variant, stop
        self.changed = threading.Condition()
        self.waiting = collections.deque()  # of (point, when it came)
        self.give_up_at = None  # set: whatever is there goes out now, until then
        self.accepted = self.lost = 0

    def push(self, points):
        with self.changed:
            while len(self.waiting) >= self.CAPACITY and not self.stop.is_set():
                self.changed.wait(0.5)
            came = time.monotonic()
            self.waiting.extend((point, came) for point in points)
            self.changed.notify_all()

    def close(self, give_up_at):
        with self.changed:
            self.give_up_at = give_up_at
            self.changed.notify_all()

    def run(self):
        connection = self.target.connect()
        while batch := self.next_batch():
            self.deliver(connection, batch)
        if not self.variant.leaves_at_once:
            connection.close()

    def next_batch(self):
        size, patience = self.variant.batch, self.variant.flush
        with self.changed:
            while not self.give_up_at and len(self.waiting) < size:
                left = self.waiting[0][1] + patience - time.monotonic() if self.waiting else None
                if left is not None and left <= 0:
                    break
                self.changed.wait(left)
            batch = [self.waiting.popleft()[0] for _ in range(min(size, len(self.waiting)))]
            self.changed.notify_all()
            return batch

    def deliver(self, connection, batch):
        encode = request_v2 if self.target.message == V2 else write_request
        body, attempt = snappy(encode(batch, self.variant.shuffled_symbols)), 0
        if self.variant.metadata_between:
            self.send_metadata(connection, batch)
        while True:
            pause = 0.0
            try:
                answer = self.target.post(connection, body)
                if self.settled(answer, batch):
                    return
                pause = wanted_pause(answer.fields)
                problem = f"answered {answer.status}"
            except Failure as failure:
                problem = str(failure)
            jitter = random.uniform(0, self.variant.jitter) if pause else 0.0
            pause = max(pause + jitter, self.variant.backoff(0.1, 2.0, attempt))
            attempt += 1
            if self.give_up_at and time.monotonic() + pause >= self.give_up_at:
                log(f"gave {len(batch)} samples up at the end: {problem}")
                self.lost += len(batch)
                return
            time.sleep(pause)
            if self.variant.batches_anew:
                batch = self.batch_anew(batch)
                body = snappy(encode(batch, self.variant.shuffled_symbols))

    def batch_anew(self, batch):
        """What was refused, and behind it whatever has come meanwhile."""
        with self.changed:
            newer = [self.waiting.popleft()[0] for _ in range(min(self.variant.batch, len(self.waiting)))]
            self.changed.notify_all()
        return batch + newer

    def send_metadata(self, connection, batch):
        """In a request of its own, as good as the way allows."""
        names = {dict(point.labels)["__name__"]: point.meta for point in batch}
        fields = [bytes_field(3, number_field(1, meta.type) + bytes_field(2, name.encode()) + bytes_field(4, meta.help.encode()))
                  for name, meta in names.items()]
        try:
            self.target.post(connection, snappy(b"".join(fields)))
        except Failure as failure:
            log(f"metadata was not taken: {failure}")

    def settled(self, answer, batch):
        """Whether this answer is the last word on the batch."""
        if answer.status == 429 or answer.status >= 500:
            return False
        written = [name for name in answer.fields if WRITTEN.fullmatch(name)]
        # A receiver that knows 1.0 alone may take 2.0 for an empty request: as good as a 415.
        if answer.status < 300 and (self.target.message == V1 or written):
            self.accepted += len(batch)
        else:
            unsure = " without Written headers" if answer.status < 300 else ""
            log(f"{len(batch)} samples were refused: {answer.status}{unsure} {answer.text}")
            self.lost += len(batch)
        return True


class Shards:
    def __init__(self, target, variant, stop):
        self.all = [Shard(target, variant, stop) for _ in range(variant.connections)]
        for shard in self.all:
            shard.start()

    def push(self, points):
        parts = [[] for _ in self.all]
        for point in points:
            parts[zlib.crc32(repr(point.labels).encode()) % len(parts)].append(point)
        for shard, part in zip(self.all, parts):
            if part:
                shard.push(part)

    def finish(self, within):
        """Whether everything was accepted."""
        end = time.monotonic() + within
        for shard in self.all:
            shard.close(end)
        for shard in self.all:
            shard.join()
        return not any(shard.lost for shard in self.all)


# Scraping: text 0.0.4 and OpenMetrics 1.0.

ESCAPED = re.compile(r"\\(.)", re.DOTALL)
LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|(?=\}))')
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SUFFIXES = {"counter": ("_total", "_created"), "summary": ("_sum", "_count", "_created"),
            "histogram": ("_bucket", "_sum", "_count", "_created"), "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
            "info": ("_info",)}
CUMULATIVE = {"counter": ("", "_total"), "summary": ("_sum", "_count"), "histogram": ("_bucket", "_sum", "_count")}


def unescaped(text):
    return ESCAPED.sub(lambda match: {"n": "\n", "\\": "\\", '"': '"'}.get(match[1], match[0]), text)


def labels_at(line, at):
    """The labels in braces at `at`, and where they end."""
    labels = {}
    if at >= len(line) or line[at] != "{":
        return labels, at
    at += 1
    while line[at:at + 1] != "}":
        match = LABEL.match(line, at)
        if match is None:
            if line[at:].lstrip().startswith("}"):
                return labels, line.index("}", at) + 1
            raise ValueError(f"no label in {line[at:at + 40]!r}")
        labels[match[1]] = unescaped(match[2])
        at = match.end()
    return labels, at + 1


class Sample(NamedTuple):
    name: str
    labels: dict
    value: bytes
    timestamp: int
    start: int
    exemplar: tuple
    meta: Meta


def parse_exposition(text, openmetrics):
    kinds, helps, units, rows, created = {}, {}, {}, [], {}
    to_ms = (lambda word: round(float(word) * 1000)) if openmetrics else int
    for line in text.split("\n"):
        if line.startswith("#"):
            words = line.split(" ", 3)
            if len(words) == 4 and words[1] in ("TYPE", "HELP", "UNIT"):
                {"TYPE": kinds, "HELP": helps, "UNIT": units}[words[1]][words[2]] = unescaped(words[3])
            continue
        if not line.strip():
            continue
        name = NAME.match(line)[0]
        labels, at = labels_at(line, len(name))
        rest, _, extra = line[at:].partition(" # ")
        words = rest.split()
        exemplar = ()
        if extra:
            exemplar_labels, end = labels_at(extra, 0)
            numbers = extra[end:].split()
            exemplar = (exemplar_labels, float_bits(float(numbers[0])), to_ms(numbers[1]) if len(numbers) > 1 else None)
        family, suffix = name, ""
        for end in ("_total", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_created", "_info"):
            if name.endswith(end) and name not in kinds and end in SUFFIXES.get(kinds.get(name[:-len(end)]), ()):
                family, suffix = name[:-len(end)], end
        own = frozenset(pair for pair in labels.items() if pair[0] not in ("le", "quantile"))
        if openmetrics and suffix == "_created":
            created[family, own] = to_ms(words[0]) or 1
        else:
            rows.append((name, labels, words, exemplar, family, suffix, own))
    for name, labels, words, exemplar, family, suffix, own in rows:
        kind = kinds.get(family, "")
        start = created.get((family, own), 0) if suffix in CUMULATIVE.get(kind, ()) else 0
        meta = Meta(TYPES.get(kind, 0), helps.get(family, ""), units.get(family, ""))
        timestamp = to_ms(words[1]) if len(words) > 1 else None
        yield Sample(name, labels, float_bits(float(words[0])), timestamp, start, exemplar, meta)


class Scraper:
    def __init__(self, url, message, variant):
        self.parts, self.variant, self.message = urllib.parse.urlsplit(url), variant, message
        self.connection = http.client.HTTPConnection(self.parts.hostname, self.parts.port or 80, timeout=5)
        self.alive = {}  # labels → metadata of the last scrape's series whose times are ours
        self.last = 0
        self.began = now_ms()

    def scrape(self):
        """The points of one scrape, with the markers of what was in the one before and is not in this one."""
        timestamp = self.last = max(now_ms(), self.last + 1)
        points, alive = [], {}
        try:
            for sample in self.fetch():
                labels = self.labels_of(sample)
                exemplars = ()
                if sample.exemplar and self.message == V2:
                    own, value, at = sample.exemplar
                    exemplars = (Exemplar(sorted_labels(own), value, timestamp if at is None else at),)
                if sample.timestamp is None:
                    alive[labels] = sample.meta
                points.append(Point(labels, timestamp if sample.timestamp is None else sample.timestamp, sample.value,
                                    start=min(sample.start, timestamp), exemplars=exemplars, meta=sample.meta))
        except (OSError, http.client.HTTPException, ValueError, TypeError, IndexError) as error:
            log(f"the scrape failed: {error}")
            self.connection.close()
            points, alive = [], {}
        points += [Point(labels, timestamp, STALE, meta=meta) for labels, meta in self.alive.items() if labels not in alive]
        self.alive = alive
        if self.variant.constant_info:
            labels = sorted_labels({"__name__": "unusual_build_info", "version": "1.0.0"})
            points.append(Point(labels, self.began, float_bits(1.0), meta=Meta(TYPES["gauge"], "What was built.")))
        return points

    def fetch(self):
        headers = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
                   "User-Agent": USER_AGENT}
        self.connection.request("GET", Target.target_of(self.parts), headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise ValueError(f"answered {response.status}")
        return list(parse_exposition(body.decode(), "openmetrics" in response.getheader("Content-Type", "")))

    def labels_of(self, sample):
        labels = dict(sample.labels, __name__=sample.name)
        if self.variant.job_and_instance:
            for name, value in (("job", "unusual"), ("instance", self.parts.netloc)):
                if name in labels:
                    labels["exported_" + name] = labels[name]
                labels[name] = value
        return sorted_labels(labels)


# Data of its own.


class Own:
    """Counters, gauges and, in 2.0, native histograms with exemplars, of a program that began when this one did."""

    def __init__(self, message, variant):
        self.message, self.variant, self.step, self.start = message, variant, 0, now_ms() - 60_000
        self.last = 0
        # What was counted in the last full hour: its time is known, and stays the same until the next hour.
        self.hour = now_ms() // 3_600_000 * 3_600_000

    def points(self):
        self.step += 1
        now = self.last = max(now_ms(), self.last + 1)
        out = []
        counter = Meta(TYPES["counter"], "Jobs that were done.")
        for queue in range(self.variant.own_series):
            labels = sorted_labels({"__name__": "unusual_jobs_total", "queue": str(queue), "Zone": "a", "status": "done"})
            exemplars = ()
            if self.message == V2 and queue % 16 == 0:
                exemplars = (Exemplar((("trace_id", f"{self.step:08x}{queue:08x}"),), float_bits(1.0), now - 1),)
            value = float_bits(float(1000 * queue + self.step))
            out.append(Point(labels, now, value, start=self.start, exemplars=exemplars, meta=counter))
        gauge = Meta(TYPES["gauge"], "Temperature of the “core”.", "celsius")
        for name, value in (("normal", 40.0 + self.step / 8), ("nothing", -0.0), ("none", float("nan")), ("all", float("inf"))):
            labels = sorted_labels({"__name__": "unusual_temperature_celsius", "kind": name})
            out.append(Point(labels, now, float_bits(value), meta=gauge))
        for name, labels, value in (
                ("unusual_wait_seconds_bucket", {"le": "0.5"}, 2), ("unusual_wait_seconds_bucket", {"le": "+Inf"}, 3),
                ("unusual_wait_seconds_sum", {}, 1.5), ("unusual_wait_seconds_count", {}, 3)):
            out.append(Point(sorted_labels({"__name__": name, **labels}), now, float_bits(float(value * self.step)),
                             start=self.start, meta=Meta(TYPES["histogram"], "How long jobs waited.", "seconds")))
        labels = sorted_labels({"__name__": "unusual_size_bytes", "quantile": "0.5"})
        out.append(Point(labels, now, float_bits(512.0), meta=Meta(TYPES["summary"], "How large jobs are.", "bytes")))
        if self.variant.repeats_explicit:
            labels = sorted_labels({"__name__": "unusual_jobs_last_hour"})
            out.append(Point(labels, self.hour, float_bits(4711.0), meta=Meta(TYPES["gauge"], "Jobs of the last full hour.")))
        if self.message == V2:
            meta = Meta(TYPES["histogram"], "How long jobs took.", "seconds")
            for kind, histogram in (
                    ("exponential", Histogram(3, 12.5 * self.step, 1e-128, self.step, -2, (self.step, 0, 3 * self.step))),
                    ("custom", Histogram(-53, 3.0 * self.step, 0.0, 0, 0, (self.step, 2 * self.step), (0.5, 2.5)))):
                labels = sorted_labels({"__name__": "unusual_job_seconds", "kind": kind})
                out.append(Point(labels, now, histogram=histogram, start=self.start, meta=meta))
        return out


# The variants.


@dataclasses.dataclass(frozen=True)
class Variant:
    summary: str
    scrapes: bool = True
    interval: float = 0.25  # seconds between two scrapes, or between two rounds of own data
    flush: float = 0.05  # seconds that a point waits for others
    batch: int = 2000  # points in one request at most
    connections: int = 1
    backoff: Callable = doubling
    rounds: int = 0  # of own data, then it ends; 0: never
    own_series: int = 8
    job_and_instance: bool = True
    shuffled_symbols: bool = False
    repeats_explicit: bool = False
    constant_info: bool = False  # among what was scraped, with the time at which this program began
    jitter: float = 0.0  # seconds at most on top of a Retry-After
    batches_anew: bool = False  # after a refusal
    metadata_between: bool = False  # in requests of their own; 1.0 only
    last_round: bool = False  # takes data once more when told to stop
    leaves_at_once: bool = False  # without closing its connections


VARIANTS = {
    "full-jitter": Variant("waits anything from nothing to a bound that doubles before each further attempt",
                           backoff=full_jitter),
    "flush-every-second": Variant("scrapes four times a second and sends once: a series has several samples in a request",
                                  flush=1.0),
    "one-big-request": Variant("sends 10,000 series in one request, and ends",
                               scrapes=False, rounds=1, own_series=10_000, batch=1_000_000),
    "many-small-requests": Variant("sends each sample in a request of its own", interval=1.0, flush=0.0, batch=1),
    "last-flush": Variant("sends every second and, told to stop, takes data once more and sends all that is left",
                          flush=1.0, last_round=True),
    "no-job-instance": Variant("adds neither job nor instance to what it scrapes", job_and_instance=False),
    "fifty-connections": Variant("spreads series over 50 connections", connections=50),
    "unsorted-symbols": Variant("has the symbols of 2.0 in another order in each request", shuffled_symbols=True),
    "explicit-timestamps": Variant("sends, among new data, one sample again and again, whose time is that of the last full hour",
                                   scrapes=False, repeats_explicit=True),
    "constant-build-info": Variant("sends, with each scrape, a constant of its own, always with the time at which it began",
                                   constant_info=True),
    "delivers-every-15s": Variant("scrapes once a second and sends what it has every 15 seconds",
                                  interval=1.0, flush=15.0, batch=100_000),
    "retry-after-and-jitter": Variant("waits for what Retry-After names and up to a second more", jitter=1.0),
    "batches-anew": Variant("sends what was refused again together with what has come meanwhile", batches_anew=True),
    "metadata-between": Variant("sends metadata in requests of their own, before each request with samples",
                                scrapes=False, metadata_between=True),
    "exit-after-acknowledgement": Variant("ends at the last acknowledgement, without closing anything",
                                          scrapes=False, interval=0.02, flush=0.0, batch=12, rounds=30, leaves_at_once=True),
    "every-second": Variant("sends its own data once a second", scrapes=False, interval=1.0),
    "every-ten-seconds": Variant("scrapes and sends once in ten seconds", interval=10.0),
    "own-every-ten-seconds": Variant("sends its own data once in ten seconds", scrapes=False, interval=10.0),
}


def run(variant, target, scrape_url):
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    source = Scraper(scrape_url, target.message, variant).scrape if variant.scrapes else Own(target.message, variant).points
    shards = Shards(target, variant, stop)
    rounds, due = 0, time.monotonic()
    while not stop.is_set():
        shards.push(source())
        rounds += 1
        if rounds == variant.rounds:
            break
        due = max(due + variant.interval, time.monotonic())
        stop.wait(due - time.monotonic())
    if not stop.is_set():
        # Its work is done when its data is there, however long that takes; when it is told to stop meanwhile, soon.
        finished = []
        waiter = threading.Thread(target=lambda: (finished.append(shards.finish(3600)), stop.set()), daemon=True)
        waiter.start()
        stop.wait()
        if finished:
            return finished[0]
    elif variant.last_round:
        shards.push(source())
    return shards.finish(3)


def main():
    parser = argparse.ArgumentParser(description="Correct senders that are unusual in one way each.")
    parser.add_argument("variant", nargs="?", choices=VARIANTS, metavar="VARIANT", help="one of --list")
    parser.add_argument("--list", action="store_true", help="print the variants")
    parser.add_argument("--header", action="append", default=[], metavar="NAME:VALUE", help="send this one, too")
    parser.add_argument("--basic-auth", metavar="USER:PASSWORD")
    parser.add_argument("--bearer-token", metavar="TOKEN")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="of one request (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.list:
        for name, variant in VARIANTS.items():
            print(f"{name:28} {variant.summary}")
        return 0
    if arguments.variant is None:
        parser.error("which variant? --list prints them")
    headers = []
    for text in arguments.header:
        name, colon, value = text.partition(":")
        if not colon or not re.fullmatch(r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+", name):
            parser.error(f"--header {text!r}: want NAME:VALUE")
        if name.lower() in Target.RESERVED:
            parser.error(f"--header {name}: the protocol reserves it")
        headers.append((name, value.strip()))
    authorization = None
    if arguments.basic_auth:
        authorization = "Basic " + base64.b64encode(arguments.basic_auth.encode()).decode()
    elif arguments.bearer_token:
        authorization = "Bearer " + arguments.bearer_token
    variant = VARIANTS[arguments.variant]
    for name in ("PRW_REMOTE_WRITE_URL", "PRW_SCRAPE_URL") if variant.scrapes else ("PRW_REMOTE_WRITE_URL",):
        if not os.environ.get(name):
            parser.error(f"{name} is not set")
    message = os.environ.get("PRW_PROTOBUF_MESSAGE", V1)
    target = Target(os.environ["PRW_REMOTE_WRITE_URL"], message, arguments.timeout, headers, authorization)
    status = 0 if run(variant, target, os.environ.get("PRW_SCRAPE_URL")) else 1
    if variant.leaves_at_once:
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
