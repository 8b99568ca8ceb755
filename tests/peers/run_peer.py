"""Runs `prw test sender`, or `prw test receiver`, on a real program and compares the verdict with what is known to be true of it.

The expectation file lists every check that is not passed on purpose, with the reason; anything else that fails or warns is a false alarm or news, and
fails this test. `must_pass` names checks that have to be judged and right. Exit code 77: the program cannot be had here (ctest: skipped), unless
PRW_REQUIRE_PEERS names its group.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

# Below the time-out of the test in CMakeLists.txt, so that the output is not lost.
LONGEST_RUN_S = 240
LONGEST_START_S = 60


def fail(text: str) -> None:
    print(f"FAIL: {text}")
    sys.exit(1)


@contextlib.contextmanager
def receiver(how: dict, folder: str, path: str):
    """Starts a receiver on any free port and yields the URL of its write endpoint; its log tells when it listens, and where.

    One that does not tell which port it was given is told one that was free just before (@PORT@).
    """
    for name, text in how.get("files", {}).items():
        (pathlib.Path(folder) / name).write_text(text)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [word.replace("@DIR@", folder).replace("@PORT@", str(port)) for word in how["start"]]
    with subprocess.Popen(command, cwd=folder, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        said, listening, ready = [], threading.Event(), []
        listens, is_ready = re.compile(how["listens"]), re.compile(how["ready"])

        def read() -> None:
            for line in program.stdout:
                said.append(line)
                if found := listens.search(line):
                    ready.append(found.group(1))
                if ready and any(is_ready.search(each) for each in said):
                    listening.set()
            listening.set()

        reader = threading.Thread(target=read)
        reader.start()
        try:
            listening.wait(LONGEST_START_S)
            if not ready or program.poll() is not None:
                fail(f"the receiver does not listen:\n{''.join(said)}")
            yield f"http://127.0.0.1:{ready[0]}{how['path']}"
        finally:
            program.terminate()
            reader.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prw", required=True)
    parser.add_argument("--expect", required=True, type=pathlib.Path)
    parser.add_argument("--source-dir", required=True, type=pathlib.Path)
    args = parser.parse_args()
    expect = json.loads(args.expect.read_text())

    peers = pathlib.Path(os.environ.get("PRW_PEERS_DIR") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "prw" / "peers")
    os.environ["PRW_PEERS_DIR"] = str(peers)
    path = os.environ["PATH"] + os.pathsep + str(peers / "bin")
    for program in expect["programs"]:
        if shutil.which(program, path=path) is None:
            reason = f"{program} is not on this machine ({expect['obtain']})"
            if expect["group"] in os.environ.get("PRW_REQUIRE_PEERS", "").split(","):
                fail(reason)
            print(f"SKIP: {reason}")
            sys.exit(77)

    with contextlib.ExitStack() as stack:
        out = stack.enter_context(tempfile.TemporaryDirectory(prefix="prw-peer-"))
        arguments = [a.replace("@SOURCE_DIR@", str(args.source_dir)) for a in expect["arguments"]]
        role = "sender"
        if how := expect.get("receiver"):
            role = "receiver"
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="prw-receiver-", ignore_cleanup_errors=True))
            arguments.append(stack.enter_context(receiver(how, folder, path)))
        command = [args.prw, "test", role, "--out", out, *arguments]
        try:
            run = subprocess.run(
                command, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
                timeout=LONGEST_RUN_S, check=False)
        except subprocess.TimeoutExpired as late:
            # What it said until then tells which scenario it was in; as bytes, whatever the encoding.
            print((late.stdout or b"").decode(errors="replace"))
            fail(f"no verdict within {LONGEST_RUN_S} s; a busy machine makes runs longer")
        print(run.stdout)
        results_file = pathlib.Path(out) / "results.json"
        if not results_file.exists():
            fail(f"no results.json; exit code {run.returncode}")
        results = json.loads(results_file.read_text())

    problems = []
    seen = {(c["id"], c["protobuf_message"]): c for c in results["checks"]}
    known = {(k["check"], message): k for k in expect["known"] for message in k["messages"]}
    for key, check in seen.items():
        if check["verdict"] not in ("fail", "warn", "error"):
            continue
        entry = known.get(key)
        if entry is None:
            problems.append(f"{key[0]} ({key[1]}) is {check['verdict']}, which nothing explains: {check['got'] or check['reason']}")
        elif check["verdict"] != entry["verdict"]:
            problems.append(f"{key[0]} ({key[1]}) is {check['verdict']}, expected {entry['verdict']}")
    for key, entry in known.items():
        check = seen.get(key)
        if entry.get("sometimes"):
            continue
        if check is None or check["verdict"] != entry["verdict"]:
            problems.append(f"{key[0]} ({key[1]}) is {check['verdict'] if check else 'missing'}, expected {entry['verdict']}: {entry['because']}")
    for name in expect["must_pass"]:
        for message in expect["messages"]:
            check = seen.get((name, message))
            if check is None and any(id == name for id, _ in seen):
                continue  # says nothing about this message
            if check is None or check["verdict"] != "pass":
                problems.append(f"{name} ({message}) is {check['verdict'] if check else 'missing'}, must be judged and right: {check['reason'] if check else ''}")
    if run.returncode != expect["exit_code"]:
        problems.append(f"exit code {run.returncode}, expected {expect['exit_code']}")
    if problems:
        fail("the verdict differs from what is known:\n  " + "\n  ".join(problems))
    print(f"as known: {len(seen)} checks, {len(known)} known deviations")


main()
