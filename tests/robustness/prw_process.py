"""Runs `prw receive` as a process of its own and speaks to it over bare sockets. Every wait has a deadline."""

import ctypes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

DEADLINE = 30.0
IN_MOVED_TO = 0x80


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def snappy(message):
    """One literal: the simplest block there is."""
    return varint(len(message)) + b"\xf4" + struct.pack("<H", len(message) - 1) + message


def series(labels, value=1.0, at_ms=None):
    at_ms = int(time.time() * 1000) if at_ms is None else at_ms
    text = b"".join(field(1, field(1, n.encode()) + field(2, v.encode())) for n, v in labels)
    return field(1, text + field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at_ms)))


def request(number=0, body=None, count=1, headers=""):
    if body is None:
        body = snappy(b"".join(series([("__name__", "up"), ("n", "%06d" % number), ("s", "%03d" % i)]) for i in range(count)))
    head = (
        "POST /api/v1/write HTTP/1.1\r\nHost: prw\r\nUser-Agent: robustness/1.0\r\nContent-Type: application/x-protobuf\r\n"
        "Content-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\nX-Number: %d\r\n%sContent-Length: %d\r\n\r\n"
    )
    return (head % (number, headers, len(body))).encode() + body


class Connection:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=DEADLINE)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def response(self):
        """Status and body of the next response."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, value = line.split(b":", 1)
            if name.lower() == b"content-length":
                length = int(value)
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(head.split()[1]), body

    def exchange(self, data):
        self.send(data)
        return self.response()

    def _more(self):
        got = self.socket.recv(65536)
        if not got:
            raise ConnectionError("closed by prw, after %r" % self.buffer)
        self.buffer += got


class Directory:
    """Tells when a file was moved into it, without polling."""

    def __init__(self, path):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_CLOEXEC)
        if self.fd < 0 or self.libc.inotify_add_watch(self.fd, os.fsencode(path), IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def wait(self, deadline):
        return bool(select.select([self.fd], [], [], deadline)[0])

    def close(self):
        os.close(self.fd)


class Prw:
    """`prw receive` on a free port. Its standard output is read by a thread, so that it never blocks."""

    def __init__(self, binary, *arguments):
        self.binary = binary
        self.scratch = tempfile.TemporaryDirectory()
        self.address_file = os.path.join(self.scratch.name, "address")
        watch = Directory(self.scratch.name)
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "receive", "--web.listen-address", "127.0.0.1:0", "--address-file", self.address_file, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        self.arrived = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        there = watch.wait(DEADLINE)
        self.start_seconds = time.monotonic() - begin
        watch.close()
        if not there:
            self.process.kill()
            raise AssertionError("prw receive wrote no address file: " + self.process.communicate()[1])
        with open(self.address_file, encoding="ascii") as file:
            self.address = file.read().strip()

    def _read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(line)
                self.arrived.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()
        self.scratch.cleanup()

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def connect(self):
        return Connection(self.address)

    def get(self, target):
        with self.connect() as connection:
            return connection.exchange(b"GET " + target.encode() + b" HTTP/1.1\r\nHost: prw\r\n\r\n")

    def wait_lines(self, count):
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.lines) >= count, DEADLINE):
                raise AssertionError("wanted %d lines, got %r" % (count, self.lines))
            return list(self.lines)

    def wait_json(self, count):
        """The first `count` exchanges, with --json."""
        return [json.loads(line) for line in self.wait_lines(count)[:count]]

    def resident_kib(self):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            return int(next(line for line in file if line.startswith("VmRSS:")).split()[1])

    def stop(self, with_signal=signal.SIGTERM):
        """Exit code, standard output, standard error."""
        self.process.send_signal(with_signal)
        return self.wait()

    def wait(self):
        code = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        return code, "".join(self.lines), self.process.stderr.read()


def run(binary, *arguments):
    """A run that ends by itself: exit code, standard output, standard error."""
    done = subprocess.run([binary, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)
    return done.returncode, done.stdout, done.stderr
