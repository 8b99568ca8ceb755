/// `prw init sender`: writes a commented profile for a sender, to be completed and given to `prw test sender
/// --profile`.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "commands.h"
#include "prw/suite/profile.h"

namespace prw::cli {

namespace {

struct Options {
    std::string name = "my-sender", output;
    bool scrape = false, push = false, from_stdin = false, force = false;
};

/// A name is a word in YAML, on the command line and in the file system.
bool good_name(std::string_view name) {
    const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    return !name.empty() && word(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return word(c) || c == '-' || c == '_' || c == '.'; });
}

/// What the program might be given for a variant: one argument, with the variant's variables.
std::string argument_of(const suite::VariantName& variant) {
    std::string out = "--" + std::string(variant.name) + "=";
    std::string_view rest = variant.variables;
    for (bool first = true; !rest.empty(); first = false) {
        const auto comma = rest.find(", ");
        const auto name = rest.substr(0, comma);
        out += (first ? "${" : ":${") + std::string(name) + "}";
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 2);
        if (rest.starts_with(name)) break;  // the same in another unit
    }
    return out;
}

/// A line that begins with # and a key, or with # and two blanks, is one to take the # from; prose has one blank.
std::string profile_text(const Options& options, suite::Input input) {
    const std::string& name = options.name;
    std::string out =
        "# How prw starts " + name +
        ", and what it may expect of it.\n"
        "#\n"
        "# Every scenario starts it anew, in a work directory of its own, with a receiver and a scrape\n"
        "# target of its own. It finds them in its environment, and ${…} below becomes the same:\n"
        "# - PRW_REMOTE_WRITE_URL: where to send\n"
        "# - PRW_SCRAPE_URL, PRW_SCRAPE_HOSTPORT: what to scrape\n"
        "# - PRW_PROTOBUF_MESSAGE: 1.0 or 2.0, the message that is asked for\n"
        "# - PRW_TMPDIR: the work directory\n"
        "# A literal ${ is written $${. Everything that a profile can say: docs/profiles.md\n"
        "version: 1\n"
        "targets:\n"
        "  - name: " +
        name +
        "\n"
        "    description: what it is, for reports\n"
        "    role: sender\n"
        "    # What it can be asked to send; each is tested. Add \"2.0\" if it can.\n"
        "    protocols: [\"1.0\"]\n"
        "    # - scrape: it scrapes PRW_SCRAPE_URL, and every sample is compared with what was served\n"
        "    # - none: it sends data of its own; what needs ours is not judged\n"
        "    # - stdin: it reads series in the text format from its standard input\n"
        "    input: " +
        std::string(name_of(input)) +
        "\n\n"
        "    # The program and its arguments, one a word, no line for a shell. A relative path is looked\n"
        "    # for beside this file, then where prw is run. Short intervals make short runs: let it ";
    switch (input) {
        case suite::Input::kScrape:
            out += "scrape\n    # and send every second or more often.\n";
            break;
        case suite::Input::kStdin:
            out += "send\n    # at once what it reads.\n";
            break;
        default:
            out += "send\n    # every second or more often.\n";
    }
    out +=
        "    start:\n"
        "      exec: [\"./" +
        name +
        "\"]\n"
        "      #env: {LOG_LEVEL: debug}\n"
        "    # Or, if it wants its URL as an argument or in a file:\n"
        "    #start:\n"
        "    #  exec: [\"./" +
        name +
        "\", \"--config=${PRW_TMPDIR}/sender.yml\", \"--url=${PRW_REMOTE_WRITE_URL}\"]\n"
        "    # Files are written to the work directory before each start.\n"
        "    #files:\n"
        "    #  sender.yml: |\n"
        "    #    send_to: \"${PRW_REMOTE_WRITE_URL}\"\n";
    if (input == suite::Input::kScrape) out += "    #    scrape: [\"${PRW_SCRAPE_HOSTPORT}\"]\n";
    out +=
        "    # The first line that this prints is the version in reports.\n"
        "    #version: {exec: [\"./" +
        name +
        "\", \"--version\"]}\n"
        "    # Other programs that have to be there; without them the run is skipped with the reason.\n"
        "    #requires: [python3]\n\n"
        "    # How it is told to end, and how long it may take: then it is killed.\n"
        "    stop: {signal: TERM, grace: 5s}\n"
        "    # How long it may take until its first request arrives.\n"
        "    settle: 15s\n\n"
        "    # How to configure what is off by default. A check that needs one that is missing is not applicable.\n"
        "    #variants:\n";
    for (const auto& variant : suite::variant_names()) {
        out += "    # It " + std::string(variant.summary) + " (" + std::string(variant.variables) + "):\n    #  " +
               std::string(variant.name) + ": {arguments: [\"" + argument_of(variant) + "\"]}\n";
    }
    out +=
        "\n"
        "    # What it does not have (false), so that its absence is not applicable, and what it has (true, or\n"
        "    # [\"2.0\"]), so that it is waited for. What is not named is judged when it shows.\n"
        "    #features:\n";
    for (const auto& feature : suite::feature_names()) {
        out += "    # It " + std::string(feature.summary) + ":\n    #  " + std::string(feature.name) + ": true\n";
    }
    return out;
}

int run_init(const Options& options, Io& io) {
    const auto refuse = [&io](const std::string& text, int code) {
        io.err << "prw init sender: " << text << "\n";
        return code;
    };
    if (!good_name(options.name))
        return refuse(
            "a name has letters, digits, dashes, underscores and points, and begins with a letter or a digit, not \"" +
                options.name + "\"",
            kUsage);
    const auto input = options.push         ? suite::Input::kNone
                       : options.from_stdin ? suite::Input::kStdin
                                            : suite::Input::kScrape;
    const auto text = profile_text(options, input);
    if (options.output == "-") {
        io.out << text;
        return kConforms;
    }
    const std::string path = options.output.empty() ? options.name + ".yaml" : options.output;
    std::error_code error;
    if (std::filesystem::exists(path, error) && !options.force)
        return refuse(path + " exists; --force overwrites it", kUsage);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) return refuse("cannot write " + path, kInternalError);
    io.out << "wrote " << path
           << "\n"
              "next: say under start how it is run, then\n"
              "  prw test sender --profile "
           << (path.find('/') == std::string::npos ? "./" : "") << path << "\n";
    return kConforms;
}

}  // namespace

void add_init(CLI::App& app, Io& io, int& exit_code) {
    auto* init = app.add_subcommand("init", "Write a profile to begin with");
    init->require_subcommand(1);
    auto* sub = init->add_subcommand("sender", "Write a commented profile for prw test sender --profile");
    auto options = std::make_shared<Options>();
    sub->add_option("name", options->name, "What the sender is called")->capture_default_str();
    auto* scrape = sub->add_flag("--scrape", options->scrape, "It scrapes (the default)");
    auto* push = sub->add_flag("--push", options->push, "It sends data of its own")->excludes(scrape);
    sub->add_flag("--stdin", options->from_stdin, "It reads the text format from its standard input")
        ->excludes(scrape)
        ->excludes(push);
    sub->add_option("-o,--output", options->output, "File to write; - prints it (default: NAME.yaml)");
    sub->add_flag("--force", options->force, "Overwrite a file that exists");
    sub->footer(
        "Examples:\n"
        "  prw init sender                               writes my-sender.yaml for a sender that scrapes\n"
        "  prw init sender batch-job --push              batch-job.yaml for one that sends data of its own\n"
        "  prw init sender my-agent --output -           prints it\n"
        "  prw test sender --profile ./my-sender.yaml    what it is for");
    sub->callback([options, &io, &exit_code] { exit_code = run_init(*options, io); });
}

}  // namespace prw::cli
