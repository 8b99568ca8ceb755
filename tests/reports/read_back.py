#!/usr/bin/env python3
"""Reads what `prw report` writes with programs of others: JSON Schema, junitparser, expat, TAP::Parser."""
import argparse, json, pathlib, subprocess, sys, tempfile, unittest
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "conformance/report/tests/golden"
RESULTS = {name: GOLDEN / name for name in ("results.json", "expectations-results.json")}
PRW = None


def need(module):
    try:
        return __import__(module)
    except ImportError:
        raise unittest.SkipTest(f"Debian package python3-{module} is not on this machine")


def written(path, form):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        subprocess.run([PRW, "report", path, "--report", f"{form}={out}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return out.read_text(encoding="utf-8")


class ReadBack(unittest.TestCase):
    def each(self, form):
        for name, path in RESULTS.items():
            with self.subTest(name):
                yield json.loads(path.read_text()), written(path, form)

    def validate(self, schema, document):
        jsonschema = need("jsonschema")
        validator = jsonschema.Draft202012Validator
        validator.check_schema(schema)
        errors = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator(schema).iter_errors(document)]
        self.assertEqual(errors, [])

    def test_json_is_valid_by_the_published_schema(self):
        schema = json.loads((ROOT / "docs/results.schema.json").read_text())
        for _, text in self.each("json"):
            self.validate(schema, json.loads(text))

    def test_schema_refuses_what_is_not_a_result(self):
        jsonschema = need("jsonschema")
        schema = json.loads((ROOT / "docs/results.schema.json").read_text())
        document = json.loads(RESULTS["results.json"].read_text())
        document["checks"][0]["verdict"] = "green"
        self.assertFalse(jsonschema.Draft202012Validator(schema).is_valid(document))

    def test_sarif_is_valid(self):
        schema = json.loads((pathlib.Path(__file__).parent / "sarif-essential.schema.json").read_text())
        for results, text in self.each("sarif"):
            log = json.loads(text)
            self.validate(schema, log)
            run = log["runs"][0]
            rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
            for result in run["results"]:
                self.assertEqual(rules[result["ruleIndex"]], result["ruleId"])
            fails = [c for c in results["checks"] if c["verdict"] in ("fail", "error")]
            self.assertGreaterEqual(sum(r["level"] == "error" for r in run["results"]), len(fails))

    def test_junit_is_read_by_expat(self):
        for results, text in self.each("junit"):
            root = ElementTree.fromstring(text)
            cases = root.findall(".//testcase")
            self.assertEqual(len(cases), len(results["checks"]))
            self.assertEqual(len({(c.get("classname"), c.get("name")) for c in cases}), len(cases), "names are unique")
            for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                self.assertEqual(int(root.get(kind)), len(root.findall(".//" + tag)), kind)
            for check, broken in ((c, c.get("expectation", {}).get("problem")) for c in results["checks"]):
                met = check.get("expectation", {}).get("state") == "met"
                case = next(c for c in cases if c.get("name") == f"{check['id']} ({check['protobuf_message']})")
                if broken or (check["verdict"] == "fail" and not met):
                    self.assertIsNotNone(case.find("failure"), check["id"])
                else:
                    self.assertIsNone(case.find("failure"), check["id"])

    def test_junit_is_read_by_junitparser(self):
        junitparser = need("junitparser")
        for results, text in self.each("junit"):
            root = ElementTree.fromstring(text)
            xml = junitparser.JUnitXml.fromstring(text.encode())
            self.assertEqual(sum(len(list(suite)) for suite in xml), len(results["checks"]))
            self.assertEqual(sum(suite.failures for suite in xml), int(root.get("failures")))

    def test_tap_is_read_by_prove(self):
        for results, text in self.each("tap"):
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / "run.tap"
                file.write_text(text, encoding="utf-8")
                done = subprocess.run(["prove", str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertIn(f"Tests={len(results['checks'])},", done.stdout)
            self.assertNotIn("Parse errors", done.stdout)
            self.assertEqual(done.returncode != 0, any(
                c["verdict"] in ("fail", "error") and c.get("expectation", {}).get("state") != "met" for c in results["checks"]))

    def test_badge_has_what_shields_reads(self):
        for _, text in self.each("badge"):
            badge = json.loads(text)
            self.assertEqual(badge["schemaVersion"], 1)
            self.assertEqual(set(badge), {"schemaVersion", "label", "message", "color"})

    def test_html_needs_nothing_from_outside(self):
        import html.parser

        class Tags(html.parser.HTMLParser):
            def __init__(self):
                super().__init__()
                self.open, self.bad = [], []

            def handle_starttag(self, tag, attributes):
                if tag in ("script", "link", "img", "iframe") or any(name in ("src", "srcset") for name, _ in attributes):
                    self.bad.append(tag)
                if tag not in ("meta", "br"):
                    self.open.append(tag)

            def handle_endtag(self, tag):
                if not self.open or self.open.pop() != tag:
                    self.bad.append("/" + tag)

        for _, text in self.each("html"):
            tags = Tags()
            tags.feed(text)
            self.assertEqual((tags.bad, tags.open), ([], []))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--prw", required=True)
    arguments, rest = parser.parse_known_args()
    PRW = arguments.prw
    unittest.main(argv=[sys.argv[0], *rest])
