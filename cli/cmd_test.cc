/// `prw test sender` and `prw test receiver`: their flags.
#include <CLI/CLI.hpp>

#include <memory>

#include "prw/receiver_suite/receiver_suite.h"
#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/profile.h"
#include "report_options.h"
#include "suite_test.h"

namespace prw::cli {

namespace {

using Shared = std::shared_ptr<TestOptions>;

void repeatable(CLI::App& sub, const char* name, std::vector<std::string>& into, const char* text) {
    sub.add_option(name, into, text)->allow_extra_args(false);
}

/// What is the same for every role: what to select, how to run it, what to write. Returns --out.
CLI::Option* add_common(CLI::App& sub, const Shared& options) {
    auto* out = sub.add_option("--out", options->out, "Folder for results.json, report.html, captures and logs")
                    ->capture_default_str();
    repeatable(sub, "--run", options->run,
               "Only checks whose id matches: * in a segment, ** across, or the front of an id");
    repeatable(sub, "--skip", options->skip,
               "Not these; for known failures --expect is better: it notices when they pass");
    repeatable(sub, "--level", options->levels, "Only must, should or may, repeatable or with commas");
    sub.add_flag("--failed", options->failed, "Only what failed in the last run in --out");
    sub.add_flag("--list", options->list, "Say what would be run, and run nothing");
    sub.add_flag("--json", options->list_json, "With --list: as JSON");
    sub.add_option("--expect", options->expect, "YAML file of known failures that have to go on failing");
    sub.add_flag("--update-expect", options->update_expect, "Write the file of --expect so that it holds for this run");
    repeatable(sub, "--report", options->reports,
               "FORMAT[=PATH]: text, markdown, tap, sarif, github, ndjson, badge, … (docs/reports.md)");
    sub.add_option("--repeat", options->repeat, "Run everything N times; verdicts that differ are flaky")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    sub.add_option("--until-fail", options->until_fail, "Run everything until it is not right, at most N times")
        ->check(CLI::Range(1U, 1000U));
    sub.add_option("--budget", options->budget,
                   "Longest time of the whole run, e.g. 2m; what does not fit is inconclusive");
    sub.add_flag("--trace", options->trace, "Print the exchanges of each check that is not right");
    add_fail_on(sub, options->fail_on)->capture_default_str();
    sub.add_flag("-v,--verbose", options->verbose, "Show every check");
    sub.add_flag("-q,--quiet", options->quiet, "Only the summary");
    add_colour(sub, options->colour);
    sub.add_flag("--skip-exit-code", options->skip_exit_code,
                 "77 when the target is not on this machine or nothing applies (for ctest)");
    return out;
}

void add_sender(CLI::App& test, Io& io, int& exit_code) {
    auto* sub = test.add_subcommand("sender",
                                    "Start a sender in several scenarios, judge all that it sends, and write a report");
    auto options = std::make_shared<TestOptions>();
    auto* profile = sub->add_option("--profile", options->profile, "Name of a shipped profile, or a YAML file")
                        ->capture_default_str();
    sub->add_option("--target", options->target, "Target of a profile that holds several");
    sub->add_flag("--attach", options->attach, "Start nothing: print a URL and judge what comes");
    sub->add_option("--for", options->listen_for,
                    "With --attach: how long to listen, e.g. 30s (default: until Ctrl-C)");
    sub->add_option("--listen", options->listen,
                    "With --attach: HOST:PORT where requests are taken (default: any free port of 127.0.0.1)");
    sub->add_option("--protobuf-message,--protobuf_message", options->messages,
                    "1.0 or 2.0, repeatable (default: what the profile says; 1.0 for a command)")
        ->allow_extra_args(false);
    sub->add_option("--scenario", options->scenarios,
                    "Only this scenario, repeatable: steady, large-scrape, 5xx-then-success, 4xx, …")
        ->allow_extra_args(false);
    sub->add_option("--source", options->source,
                    "File of further series for the target to scrape: OpenMetrics, text or JSON (docs/profiles.md)");
    repeatable(*sub, "--without", options->without,
               "Do not offer this for scraping, as the target cannot take it: subnormal, colons, … (docs/profiles.md)");
    sub->add_flag("--wait-for-debugger", options->debugger,
                  "Start each program stopped, print its process id, and wait for a debugger, SIGCONT or Enter");
    sub->add_option("--seed", options->seed,
                    "Shuffle the order of the scenarios; PRW_SEED in the environment of the target");
    sub->add_option("-j,--jobs", options->jobs, "Scenarios at a time (default: five a core)")
        ->check(CLI::Range(1U, 64U));
    sub->add_option(
        "--timeout", options->timeout,
        "Longest time of one scenario (default: 60s; more for a target that sends less than once a second)");
    sub->add_option("--patience", options->patience,
                    "Wait so many times as long for everything, e.g. 4 (default: what the profile says, or 1)")
        ->check(CLI::Range(suite::kLeastPatience, suite::kMostPatience));
    sub->add_flag("--keep", options->keep, "Keep the work directories of the target");
    auto* out = add_common(*sub, options);
    sub->add_option("command", options->command,
                    "After --: the sender and its arguments; the URLs are in its environment");
    sub->footer(
        "Environment of the command: PRW_REMOTE_WRITE_URL, PRW_SCRAPE_URL, PRW_SCRAPE_HOSTPORT,\n"
        "PRW_PROTOBUF_MESSAGE, PRW_SCENARIO, PRW_TMPDIR\n\n"
        "Examples:\n"
        "  prw test sender                                   the reference sender, with nothing else installed\n"
        "  prw test sender -- ./my-sender --flag             your own, once per scenario\n"
        "  prw test sender -- sh -c './my-sender --url \"$PRW_REMOTE_WRITE_URL\"'\n"
        "  prw test sender --profile prometheus              a shipped profile\n"
        "  prw test sender --profile ./my-agent.yaml --protobuf-message 2.0\n"
        "  prw test sender --attach --for 30s                a sender that runs already\n"
        "  prw test sender --attach --listen 127.0.0.1:9201 --scenario 5xx-then-success\n"
        "  prw test sender --run 'retry/**' --trace -- ./my-sender\n"
        "  prw test sender --expect known.yaml --report sarif=prw.sarif -- ./my-sender\n"
        "  prw test sender --failed -- ./my-sender           again, only what failed\n"
        "  prw test sender --until-fail 20 --run 'retry/**' -- ./my-sender\n"
        "  prw test sender --wait-for-debugger --scenario 4xx -- ./my-sender");
    sub->callback([options, profile, out, &io, &exit_code] {
        options->profile_given = profile->count() > 0;
        options->out_given = out->count() > 0;
        exit_code = run_suite_test(sender_suite::sender_suite(), *options, io);
    });
}

void add_receiver(CLI::App& test, Io& io, int& exit_code) {
    auto* sub =
        test.add_subcommand("receiver", "Write good, bad and odd requests to a URL, and judge what is answered");
    auto options = std::make_shared<TestOptions>();
    sub->add_option("url", options->url, "Where the receiver takes requests, e.g. http://127.0.0.1:9090/api/v1/write")
        ->required();
    sub->add_option("--protobuf-message,--protobuf_message", options->messages,
                    "1.0 or 2.0, repeatable (default: both; a receiver that answers 415 to one is not judged by it)")
        ->allow_extra_args(false);
    repeatable(*sub, "--header", options->headers, "Further header of every request, \"NAME: VALUE\"; repeatable");
    sub->add_option("--ca-file", options->ca_file, "PEM file that an https receiver is verified with");
    sub->add_flag("--insecure", options->insecure, "Do not verify an https receiver");
    repeatable(*sub, "--scenario", options->scenarios,
               "Only this scenario, repeatable: valid, unsupported, malformed, invalid, mixed, policies, recovery");
    sub->add_option("-j,--jobs", options->jobs, "Scenarios at a time, a connection each (default: two a core)")
        ->check(CLI::Range(1U, 64U));
    sub->add_option("--timeout", options->timeout, "Longest time of one answer (default: 10s)");
    sub->add_option("--patience", options->patience, "Wait so many times as long for everything, e.g. 4")
        ->check(CLI::Range(suite::kLeastPatience, suite::kMostPatience));
    auto* out = add_common(*sub, options);
    sub->footer(
        "What is written has names of its own in each run (prw_1a2b3c4_…), a label run, and timestamps near now.\n"
        "Verdicts are those of answers only: whether what was accepted is stored is not asked.\n\n"
        "Examples:\n"
        "  prw receive & prw test receiver http://127.0.0.1:9201/api/v1/write    the mock receiver\n"
        "  prw test receiver http://127.0.0.1:9090/api/v1/write\n"
        "  prw test receiver --protobuf-message 2.0 http://127.0.0.1:9090/api/v1/write\n"
        "  prw test receiver --header 'X-Scope-OrgID: test' http://user:password@mimir.example/api/v1/push\n"
        "  prw test receiver --run 'written/**' --trace http://127.0.0.1:9090/api/v1/write\n"
        "  prw test receiver --expect known.yaml --report junit=prw.xml http://127.0.0.1:9090/api/v1/write");
    sub->callback([options, out, &io, &exit_code] {
        options->out_given = out->count() > 0;
        exit_code = run_suite_test(receiver_suite::receiver_suite(), *options, io);
    });
}

}  // namespace

void add_test(CLI::App& app, Io& io, int& exit_code) {
    auto* test = app.add_subcommand("test", "Test a program that speaks Remote Write");
    test->require_subcommand(1);
    add_sender(*test, io, exit_code);
    add_receiver(*test, io, exit_code);
}

}  // namespace prw::cli
