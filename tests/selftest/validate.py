#!/usr/bin/env python3
"""validate.py SCHEMA FILE: holds a JSON file against its published schema, with a validator that is not ours."""

import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("validate.py: no module jsonschema; install the Debian package python3-jsonschema")


def problems(schema_path, file_path):
    """What is wrong, each with its place; nothing when the file is as published."""
    with open(schema_path, encoding="utf-8") as schema_file, open(file_path, encoding="utf-8") as file:
        schema, instance = json.load(schema_file), json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{file_path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(instance)]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: validate.py SCHEMA FILE")
    found = problems(sys.argv[1], sys.argv[2])
    print("\n".join(found) if found else f"{sys.argv[2]}: as published")
    sys.exit(1 if found else 0)
