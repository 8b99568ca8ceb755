"""Runs `prw test sender` on a real program and compares the verdict with what is known to be true of it.

The expectation file lists every check that is not passed on purpose, with the reason; anything else that fails or warns is a false alarm or news, and
fails this test. `must_pass` names checks that have to be judged and right. Exit code 77: the program cannot be had here (ctest: skipped), unless
PRW_REQUIRE_PEERS names its group.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# Below the time-out of the test in CMakeLists.txt, so that the output is not lost.
LONGEST_RUN_S = 240


def fail(text: str) -> None:
    print(f"FAIL: {text}")
    sys.exit(1)


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

    with tempfile.TemporaryDirectory(prefix="prw-peer-") as out:
        arguments = [a.replace("@SOURCE_DIR@", str(args.source_dir)) for a in expect["arguments"]]
        command = [args.prw, "test", "sender", "--out", out, *arguments]
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
