"""clauses.json → clauses_data.inc, one initializer per clause in catalogue order."""
import json
import sys

LEVEL = {"MUST": "kMust", "MUST NOT": "kMustNot", "SHOULD": "kShould", "SHOULD NOT": "kShouldNot", "MAY": "kMay"}
PARTY = {"sender": "kSender", "receiver": "kReceiver", "both": "kBoth"}
OBSERVABLE = {"request": "kRequest", "sequence": "kSequence", "response": "kResponse", "readback": "kReadback",
              "config": "kConfig", "no": "kNo"}

MESSAGES = {"1.0": "true, false", "2.0": "false, true", "both": "true, true"}


def literal(text: str) -> str:
    out = "".join(c if 32 <= b < 127 and c not in '"\\?' else "".join(f"\\{x:03o}" for x in c.encode())
                  for c, b in ((c, ord(c)) for c in text))
    return f'"{out}"sv'


def main() -> None:
    source, target = sys.argv[1:3]
    with open(source, encoding="utf-8") as file:
        clauses = json.load(file)
    ids = [c["id"] for c in clauses]
    duplicates = {i for i in ids if ids.count(i) > 1}
    if duplicates:
        sys.exit(f"{source}: duplicate ids: {', '.join(sorted(duplicates))}")
    for c in clauses:
        if c.get("message") not in MESSAGES:
            sys.exit(f'{source}: {c["id"]}: "message" must be one of {", ".join(MESSAGES)}')
    with open(target, "w", encoding="utf-8") as out:
        for c in clauses:
            texts = ", ".join(literal(c[key]) for key in ("section", "url", "summary", "violation", "notes"))
            out.write(f'{{{literal(c["id"])}, Level::{LEVEL[c["level"]]}, Party::{PARTY[c["party"]]}, '
                      f'Observable::{OBSERVABLE[c["observable"]]}, {MESSAGES[c["message"]]}, {texts}}},\n')


main()
