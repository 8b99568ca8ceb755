#!/usr/bin/env python3
"""Which room may include which: the table of ARCHITECTURE.md, held against the sources.

For every source: what it includes of other rooms is allowed to its room by the table; its namespace is its room's; public headers include public headers
only; and each room's CMakeLists.txt links to no room that it may not include. Tests may include what they like.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])


def rooms():
    """Folder, namespace and the rooms that may be included, from the rows `| `folder/` | `prw::name` | … | needs |`."""
    table = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| `([\w/]+)/` \| `prw::(\w+)` \|.*\| ([^|]*) \|$", line)
        if row:
            table[row.group(2)] = (row.group(1), [name.strip() for name in row.group(3).split(",") if name.strip() not in ("", "–")])
    return table


def closure(table, name, seen=None):
    seen = set() if seen is None else seen
    for needed in table[name][1]:
        if needed not in seen:
            seen.add(needed)
            closure(table, needed, seen)
    return seen


def complaints(table):
    order = list(table)
    for name, (folder, needs) in table.items():
        for needed in needs:
            if needed not in table:
                yield f"ARCHITECTURE.md: {name} needs {needed}, which is no room"
            elif order.index(needed) > order.index(name):
                yield f"ARCHITECTURE.md: {name} needs {needed}, which stands below it"
        if not (ROOT / folder).is_dir():
            yield f"ARCHITECTURE.md: there is no folder {folder}"
            return
    for name, (folder, _) in table.items():
        allowed = closure(table, name) | {name}
        sources = [p for part in ("include", "src") for p in sorted((ROOT / folder / part).rglob("*")) if p.suffix in (".h", ".cc")]
        if not sources:
            yield f"{folder}: a room without sources"
        for path in sources:
            text, where = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
            public = "include" in path.relative_to(ROOT / folder).parts
            for number, line in enumerate(text.splitlines(), 1):
                include = re.match(r'#include "([^"]+)"', line)
                space = re.match(r"namespace prw::(\w+)", line)
                if include:
                    of = re.match(r"prw/(\w+)/", include.group(1))
                    if of and of.group(1) not in allowed:
                        yield f"{where}:{number}: {name} may not include {include.group(1)}"
                    if public and not include.group(1).startswith("prw/"):
                        yield f"{where}:{number}: a public header includes {include.group(1)}"
                # How GoogleTest shows a type has to stand in the type's own namespace.
                if space and space.group(1) != name and name != "testing":
                    yield f"{where}:{number}: namespace prw::{space.group(1)} in the room of prw::{name}"
        cmake = (ROOT / folder / "CMakeLists.txt").read_text(encoding="utf-8")
        for linked in re.findall(r"prw::(\w+)", cmake):
            if linked not in allowed:
                yield f"{folder}/CMakeLists.txt: {name} may not link to prw::{linked}"


def main():
    table = rooms()
    if len(table) < 10:
        print(f"ARCHITECTURE.md: {len(table)} rooms found; the table is not as expected")
        return 1
    found = list(complaints(table))
    print("\n".join(found) if found else f"{len(table)} rooms, each includes what it may")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
