#!/usr/bin/env python3
"""The package as its user has it: installed into a prefix, found by find_package(prw), used by a project of its own.

One class is one ctest test; Install must have run before the others. Everything lies under BUILD/package.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import unittest
import xml.etree.ElementTree
from pathlib import Path

OPTIONS = argparse.Namespace()


def root():
    return OPTIONS.build_dir / "package"


def prefix():
    return root() / "prefix"


def run(*command, cwd=None, env=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=580)
    return done.returncode, done.stdout


class Case(unittest.TestCase):
    maxDiff = None

    def done(self, *command, **kwargs):
        code, output = run(*command, **kwargs)
        self.assertEqual(code, 0, output)
        return output

    def configure(self, source, build):
        """CMake over a user's project; a compiler is looked for only where the project needs one."""
        shutil.rmtree(build, ignore_errors=True)
        command = [OPTIONS.cmake, "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix()}",
                   f"-DCMAKE_CXX_COMPILER={OPTIONS.cxx}"]
        if OPTIONS.launcher:
            command.append(f"-DCMAKE_CXX_COMPILER_LAUNCHER={OPTIONS.launcher}")
        return run(*command)

    def project(self, name, text, languages="NONE", configure=True):
        """A project of a few lines that has found prw; where its build folder is."""
        source = root() / name
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        (source / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.19)\nproject({name} LANGUAGES {languages})\nenable_testing()\n"
            + textwrap.dedent(text))
        if configure:
            code, output = self.configure(source, source / "build")
            self.assertEqual(code, 0, output)
        return source / "build"

    def ctest(self, build, *arguments):
        """Exit code, what ctest said, and each test's status (passed, failed, skipped)."""
        junit = build / "junit.xml"
        junit.unlink(missing_ok=True)
        code, output = run(OPTIONS.ctest, "--test-dir", build, "--output-on-failure", "--no-tests=error", "--output-junit", junit,
                           *arguments)
        status = {}
        if junit.exists():
            words = {"run": "passed", "fail": "failed", "notrun": "skipped"}
            for test in xml.etree.ElementTree.parse(junit).iter("testcase"):
                status[test.get("name")] = words.get(test.get("status"), test.get("status"))
        return code, output, status


class Install(Case):
    def test_installs_from_the_build_tree(self):
        shutil.rmtree(root(), ignore_errors=True)
        self.done(OPTIONS.cmake, "--install", OPTIONS.build_dir, "--prefix", prefix())


class Installed(Case):
    def test_everything_is_where_it_belongs(self):
        package = next(prefix().glob("lib*/**/cmake/prw"))
        for name in ("prwConfig.cmake", "prwConfigVersion.cmake", "prwTargets.cmake", "PrwConformanceTests.cmake"):
            self.assertTrue((package / name).is_file(), name)
        for name in ("bin/prw", "include/prw/check.h", "include/prw/rules/check.h", "include/prw/testing/matchers.h", "share/prw/profiles/prometheus.yaml",
                     "share/prw/schemas/results.schema.json", "share/doc/prw/LICENSE"):
            self.assertTrue((prefix() / name).is_file(), name)

    def test_internal_headers_stay_at_home(self):
        # What only the suites' own rooms include, and what has no promise of staying as it is.
        names = {str(path.relative_to(prefix() / "include/prw")) for path in (prefix() / "include/prw").rglob("*.h")}
        self.assertIn("sender_suite/sender_suite.h", names)
        for name in ("sender_suite/observation.h", "sender_suite/scrape_target.h", "sender_suite/runner.h", "self_test/self_test.h", "suite/process.h"):
            self.assertNotIn(name, names)

    def test_nothing_of_our_own_build_leaks(self):
        for path in prefix().glob("lib*/**/cmake/prw/*.cmake"):
            text = path.read_text()
            for word in ("-Werror", "-fsanitize", "prw_options", "prw_schema", str(OPTIONS.source_dir), str(OPTIONS.build_dir)):
                self.assertNotIn(word, text, path)

    def test_the_program_finds_its_profiles(self):
        # From elsewhere, and by a name that only the installed folder has.
        profiles = prefix() / "share/prw/profiles"
        (profiles / "only-here.yaml").write_text("version: 1\ntargets:\n  - name: only-here\n    role: sender\n"
                                                 "    protocols: [\"1.0\"]\n    input: none\n"
                                                 "    start: {exec: [/no/such/program]}\n")
        code, output = run(prefix() / "bin/prw", "test", "sender", "--profile", "only-here", "--out", root() / "out", cwd="/")
        (profiles / "only-here.yaml").unlink()
        self.assertNotIn("no profile", output)
        self.assertIn(code, (2, 4), output)
        self.assertIn("only-here.yaml", output)

    def test_each_component_comes_with_what_it_needs(self):
        for component in ("base", "proto", "http", "rules", "exchange", "receiver", "sender", "mutants", "suite", "report", "sender_suite", "testing"):
            self.project("component_" + component, f"""
                find_package(prw REQUIRED COMPONENTS {component})
                file(WRITE ${{CMAKE_CURRENT_BINARY_DIR}}/main.cc "int main() {{}}")
                add_executable(main ${{CMAKE_CURRENT_BINARY_DIR}}/main.cc)
                target_link_libraries(main PRIVATE prw::{component})
                """, "CXX")

    def test_every_library_links(self):
        build = self.project("links", """
            find_package(prw REQUIRED)
            set(CMAKE_CXX_STANDARD 20)
            add_executable(main main.cc)
            target_link_libraries(main PRIVATE prw::sender_suite prw::report prw::mutants)
            """, "CXX", configure=False)
        (build.parent / "main.cc").write_text(
            "#include <prw/sender_suite/sender_suite.h>\n#include <prw/suite/session.h>\n"
            "int main() { return prw::sender_suite::sender_suite().checks.empty() ? 1 : 0; }\n")
        code, output = self.configure(build.parent, build)
        self.assertEqual(code, 0, output)
        self.done(OPTIONS.cmake, "--build", build)

    def test_versions_and_components_that_are_not_there_are_named(self):
        for arguments, words in {"9.0 REQUIRED": "9.0", "REQUIRED COMPONENTS gui": "there is no component gui here"}.items():
            build = self.project("missing", f"find_package(prw {arguments})", configure=False)
            code, output = self.configure(build.parent, build)
            self.assertNotEqual(code, 0)
            self.assertIn(words, output)


class Release(Case):
    """What the documented install brings: the preset release builds no tests, and prw::testing all the same."""

    def configured(self, name, *arguments):
        build = root() / name
        shutil.rmtree(build, ignore_errors=True)
        self.done(OPTIONS.cmake, "-S", OPTIONS.source_dir, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                  f"-DCMAKE_CXX_COMPILER={OPTIONS.cxx}", *self.preset(), *arguments)
        return build

    def preset(self):
        presets = json.loads((OPTIONS.source_dir / "CMakePresets.json").read_text())["configurePresets"]
        release = next(preset for preset in presets if preset["name"] == "release")
        return [f"-D{name}={value}" for name, value in release["cacheVariables"].items()]

    def test_has_the_component_testing(self):
        self.assertIn("-DPRW_BUILD_TESTS=OFF", self.preset())
        build = self.configured("release")
        self.assertRegex((build / "prwConfig.cmake").read_text(), r"set\(_prw_installed [^)]*\btesting\b")
        targets = self.done(OPTIONS.cmake, "--build", build, "--target", "help")
        self.assertIn("prw_testing", targets)
        self.assertNotIn("conformance_tests", targets)

    def test_without_googletest_says_what_to_install(self):
        build = self.configured("release_without", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON")
        package = root() / "without/lib/cmake/prw"
        package.mkdir(parents=True, exist_ok=True)
        for name in ("prwConfig.cmake", "prwConfigVersion.cmake"):
            shutil.copy(build / name, package)
        user = self.project("without_testing", "find_package(prw REQUIRED COMPONENTS testing)", configure=False)
        code, output = run(OPTIONS.cmake, "-S", user.parent, "-B", user, "-G", "Ninja", f"-Dprw_DIR={package}")
        self.assertNotEqual(code, 0)
        said = re.sub(r"\s+", " ", output)
        self.assertIn("there is no component testing here", said)
        self.assertIn("install libgtest-dev and libgmock-dev", said)


class Example(Case):
    def test_builds_and_passes(self):
        build = root() / "example"
        # The installed one, against its own prefix.
        code, output = self.configure(prefix() / "share/doc/prw/examples/my_sender", build)
        self.assertEqual(code, 0, output)
        self.done(OPTIONS.cmake, "--build", build)
        code, output, status = self.ctest(build, "-j2")
        self.assertEqual(code, 0, output)
        self.assertEqual(status["MySender.TriesAgainAfterServerErrors"], "passed")
        self.assertEqual(status["my_sender.run"], "passed")
        for check in ("labels/sorted", "retry/on-5xx"):
            self.assertEqual(status[f"my_sender.sender/{check}.1.0"], "passed")
        checks = json.loads(self.done(prefix() / "bin/prw", "list", "checks", "--json"))
        checks = [check for check in checks if check["id"].startswith("sender/")]
        asked = {f"my_sender.{check['id']}.1.0" for check in checks if "1.0" in check["protobuf_messages"]}
        self.assertLess(len(asked), len(checks))
        self.assertEqual(asked, {name for name in status if name.startswith(("my_sender.sender/", "my_sender.receiver/"))},
                         "one test for each check on the message that is asked for")
        self.assertNotIn("my_sender.sender/symbols/first-empty.1.0", status)
        # One test of a check brings the run with it.
        code, output, status = self.ctest(build, "-R", "sender/labels/sorted")
        self.assertEqual(code, 0, output)
        self.assertEqual(status, {"my_sender.run": "passed", "my_sender.sender/labels/sorted.1.0": "passed"})
        # Labels select by level, and every level is one.
        _, output = run(OPTIONS.ctest, "--test-dir", build, "--print-labels")
        for label in ("must", "should", "protobuf-1.0", "sender", "steady", "conformance"):
            self.assertRegex(output, rf"(?m)^  {label}$")

    def test_the_readme_shows_tested_code(self):
        readme = (OPTIONS.source_dir / "README.md").read_text()
        code = "".join(path.read_text() for path in sorted((OPTIONS.source_dir / "examples/my_sender").glob("*.cc")))
        known = {" ".join(line.split()) for line in code.splitlines()}
        blocks = re.findall(r"```cpp\n(.*?)```", readme, re.S)
        self.assertTrue(blocks)
        for block in blocks:
            for line in block.splitlines():
                self.assertIn(" ".join(line.split()), known | {""})


class Conformance(Case):
    SEED = "tests/peers/seed_sender.py"

    def test_a_failure_is_one_test_with_its_reason_and_two_senders_go_side_by_side(self):
        seed = OPTIONS.source_dir / self.SEED
        build = self.project("two", f"""
            find_package(prw REQUIRED COMPONENTS prw)
            prw_add_conformance_tests(COMMAND python3 {seed} NAME seed RUN sender/retry/on-5xx sender/headers/* LABELS mine)
            prw_add_conformance_tests(COMMAND python3 {seed} NAME strict FAIL_ON should RUN sender/headers/*)
            """)
        code, output, status = self.ctest(build, "-j2")
        self.assertNotEqual(code, 0)
        self.assertEqual((status["seed.run"], status["strict.run"]), ("passed", "passed"), output)
        self.assertEqual(status["seed.sender/retry/on-5xx.1.0"], "failed")
        self.assertEqual(status["seed.sender/headers/user-agent-version.1.0"], "passed", "a warning")
        self.assertEqual(status["strict.sender/headers/user-agent-version.1.0"], "failed", "FAIL_ON should")
        failed = [name for name, word in status.items() if word == "failed"]
        self.assertEqual(len(failed), 2, failed)
        self.assertNotIn("seed.sender/labels/sorted.1.0", status, "RUN leaves it out")
        for word in ("prw1.retries.retry-5xx", "want ", "got ", "fix ", ".prwcap"):
            self.assertIn(word, output)
        # What it says to type can be typed, wherever the reader stands.
        command = re.search(r"(\S+) inspect (\S+\.prwcap)", output)
        self.assertTrue(command, output)
        self.done(command[1], "inspect", command[2], cwd="/")
        code, output, status = self.ctest(build, "-L", "mine", "-E", "on-5xx")
        self.assertEqual(code, 0, output)

    def test_a_shipped_profile(self):
        build = self.project("profile", """
            find_package(prw REQUIRED)
            prw_add_conformance_tests(PROFILE reference PROTOBUF_MESSAGES 2.0 RUN sender/labels/* sender/symbols/*)
            """)
        code, output, status = self.ctest(build)
        self.assertEqual(code, 0, output)
        self.assertEqual(status["reference.sender/labels/sorted.2.0"], "passed")

    def test_a_profile_that_starts_a_target(self):
        build = self.project("started", f"""
            find_package(prw REQUIRED COMPONENTS prw)
            add_executable(seed IMPORTED)
            set_target_properties(seed PROPERTIES IMPORTED_LOCATION {OPTIONS.source_dir / self.SEED})
            prw_add_conformance_tests(TARGET seed PROFILE ./seed.yaml RUN sender/labels/*)
            """, configure=False)
        (build.parent / "seed.yaml").write_text(
            'version: 1\ntargets:\n  - name: seed\n    role: sender\n    protocols: ["1.0"]\n    input: none\n'
            '    start: {exec: ["${PRW_TARGET_FILE}"]}\n')
        code, output = self.configure(build.parent, build)
        self.assertEqual(code, 0, output)
        code, output, status = self.ctest(build)
        self.assertEqual(code, 0, output)
        self.assertEqual(status["seed.sender/labels/sorted.1.0"], "passed")
        self.assertNotIn("seed.sender/labels/sorted.2.0", status, "the profile does not offer 2.0")


class Mistakes(Case):
    def test_are_named_when_configuring(self):
        for arguments, words in {
            "TARGET no_such_target": 'there is no target "no_such_target"',
            "": "say what to test: TARGET, COMMAND or PROFILE",
            "PROFILE ./none.yaml": "there is no profile ",
            "COMMAND true PROTOBUF_MESSAGES 3.0": 'PROTOBUF_MESSAGES are 1.0 and 2.0, not "3.0"',
            "COMMAND true FAIL_ON maybe": "FAIL_ON is must, should or may",
            "COMMAND true NAME": "NAME has no value",
            "COMMAND true)\nprw_add_conformance_tests(COMMAND true": "the name true is taken",
        }.items():
            build = self.project("mistake", f"find_package(prw REQUIRED COMPONENTS prw)\nprw_add_conformance_tests({arguments})\n",
                                 configure=False)
            code, output = self.configure(build.parent, build)
            self.assertNotEqual(code, 0, arguments)
            self.assertIn(words, re.sub(r"\s+", " ", output))

    def run_fails(self, call, words):
        build = self.project("fails", f"find_package(prw REQUIRED COMPONENTS prw)\nprw_add_conformance_tests({call})\n")
        code, output, status = self.ctest(build)
        self.assertNotEqual(code, 0)
        self.assertIn("failed", [word for name, word in status.items() if name.endswith(".run")], output)
        self.assertNotIn("passed", status.values())
        self.assertIn(words, re.sub(r"\s+", " ", output))

    def test_a_misspelt_check_fails_the_run(self):
        self.run_fails("COMMAND true RUN sender/labels/sortd", "no check of this run matches sender/labels/sortd")

    def test_a_check_on_a_message_that_is_not_asked_for_fails_the_run(self):
        self.run_fails("COMMAND true RUN sender/symbols/*", "no check of this run matches sender/symbols/*")

    def test_an_unknown_profile_fails_the_run(self):
        self.run_fails("PROFILE prometheuss RUN sender/labels/*", "prometheus")

    def test_a_program_that_is_not_there_fails_the_run(self):
        self.run_fails("COMMAND /no/such/program NAME gone RUN sender/labels/*", "could not be judged")

    def test_a_sender_that_sends_nothing_fails_the_run(self):
        self.run_fails("COMMAND true RUN sender/labels/* PRW_ARGS --timeout 5s", "could not be judged")

    def test_a_message_that_is_never_sent_fails_the_run(self):
        seed = OPTIONS.source_dir / Conformance.SEED
        self.run_fails(f"COMMAND python3 {seed} NAME seed PROTOBUF_MESSAGES 2.0 RUN sender/labels/*", "None of the checks")


def main():
    parser = argparse.ArgumentParser()
    for name in ("--build-dir", "--source-dir"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--cmake", "--ctest", "--cxx"):
        parser.add_argument(name, required=True)
    parser.add_argument("--launcher", default="")
    parser.parse_known_args(namespace=OPTIONS)
    _, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
