#!/usr/bin/env python3
"""Runs `prw self-test` in full, as its user does, and holds its JSON against the published schema."""

import argparse
import json
import os
import shutil
import subprocess
import sys

import validate

# Of one run of one program, in which a machine that is busy with something else may have had its part.
RUNS = {"survived", "other-verdict", "alarm", "false-alarm", "evidence", "not-judged"}
MOST = 3  # More of them are no accident.


def alone(arguments, problems):
    """Whether what went wrong goes right twice when it is run alone. A fault of the suite is there every time."""
    subjects = sorted({problem["subject"] for problem in problems if problem["kind"] in RUNS})
    if not subjects or len(subjects) > MOST:
        return False
    # A check without a kill follows from its mutants.
    if any(problem["kind"] not in RUNS | {"no-kill"} for problem in problems):
        return False
    print(f"\nAgain, alone and twice: {', '.join(subjects)}", flush=True)
    command = [arguments.prw, "self-test", "--out", os.path.join(arguments.out, "alone")]
    for subject in subjects:
        command += ["--run", subject]
    return all(subprocess.run(command, check=False).returncode == 0 for _ in range(2))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prw", required=True)
    parser.add_argument("--schema", required=True)
    parser.add_argument("--out", required=True, help="folder for the JSON and the captures of what went wrong")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.out, ignore_errors=True)
    os.makedirs(arguments.out)
    matrix_path = os.path.join(arguments.out, "matrix.json")
    done = subprocess.run([arguments.prw, "self-test", "--json", matrix_path, "--out", arguments.out], check=False)
    found = validate.problems(arguments.schema, matrix_path)
    print("\n".join(found))
    with open(matrix_path, encoding="utf-8") as file:
        matrices = {matrix["party"]: matrix for matrix in json.load(file)}
    if sorted(matrices) != ["receiver", "sender"]:
        found.append(f"matrices of {sorted(matrices)}")
    if max(matrix["exit_code"] for matrix in matrices.values()) != done.returncode:
        found.append(f"exit code {done.returncode}, the JSON says otherwise")
    # What a run that looked at nothing could not say.
    for party, least in (("sender", 200), ("receiver", 40)):
        matrix = matrices.get(party, {"complete": False})
        if not matrix["complete"] or matrix["selected"] or len(matrix["mutants"]) < least or len(matrix["nulls"]) < 5:
            found.append(f"the matrix of the {party} is not whole")
    if found:
        print("\n".join(found), file=sys.stderr)
    problems = [problem for matrix in matrices.values() for problem in matrix["problems"]]
    if done.returncode == 1 and not found and alone(arguments, problems):
        print(f"{len(problems)} problems of the whole run (above) were not there when run alone: taken for the machine's")
        return 0
    return done.returncode or (1 if found else 0)


if __name__ == "__main__":
    sys.exit(main())
