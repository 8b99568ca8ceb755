#include "checks.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "allocations.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"

namespace prw::bench {

namespace {

using proto::ProtobufMessage;

constexpr ProtobufMessage kMessages[] = {ProtobufMessage::kV1, ProtobufMessage::kV2};

const char* word_of(ProtobufMessage message) { return message == ProtobufMessage::kV1 ? "RW1" : "RW2"; }

void print_shape(const char* title, const Payload& payload) {
    const auto series = static_cast<double>(payload.series);
    std::printf("\n%s: %zu requests, %.1f labels, %.1f B raw, %.1f B on the wire a series (%.1f : 1)\n", title,
                payload.bodies.size(), static_cast<double>(payload.labels) / series,
                static_cast<double>(payload.raw_bytes) / series, static_cast<double>(payload.wire_bytes) / series,
                static_cast<double>(payload.raw_bytes) / static_cast<double>(payload.wire_bytes));
}

void print_measured(const std::vector<Measured>& measured) {
    for (const Measured& m : measured) {
        std::printf("  %-24.*s %8.1f ns/series %8.2f x S\n", static_cast<int>(m.name.size()), m.name.data(),
                    m.ns_per_series, ratio_of(m, measured[0]));
    }
}

Kernel judged_kernel(const RunOptions& options, const Payload& payload, ProtobufMessage message) {
    return options.with_checker ? check_kernel(payload, message) : accept_kernel(payload, message);
}

}  // namespace

bool run_ratios(const RunOptions& options, Verdicts& verdicts) {
    struct Case {
        const char* title;
        Shape shape;
        bool shuffled;
    };
    constexpr Case kCases[] = {{"10 labels, scrape order", Shape::kKubernetes, false},
                               {"10 labels, shuffled", Shape::kKubernetes, true},
                               {"node_exporter, scrape order", Shape::kNodeExporter, false},
                               {"node_exporter, shuffled", Shape::kNodeExporter, true}};
    for (const ProtobufMessage message : kMessages) {
        for (const Case& c : kCases) {
            const Payload payload = make_payload({.message = message, .shape = c.shape, .shuffled = c.shuffled});
            std::vector<Kernel> kernels = {snappy_kernel(payload), memcpy_kernel(payload),
                                           libprotobuf_kernel(payload, message), walk_kernel(payload, message),
                                           accept_kernel(payload, message)};
            if (options.with_checker) {
                kernels.push_back(check_kernel(payload, message));
                kernels.push_back(slow_kernel(payload, message));
            }
            const auto measured = measure(kernels, options.rounds);
            if (measured.empty()) return false;
            print_shape((std::string(word_of(message)) + ", 2,000 series, " + c.title).c_str(), payload);
            print_measured(measured);
            // The bounds are for ten labels in scrape order; the others are for information.
            if (&c != &kCases[0]) continue;
            const Measured& judged = measured[options.with_checker ? 5 : 4];
            const std::string what =
                std::string(word_of(message)) + (options.with_checker ? " check(head, body)" : " uncompress + walk");
            if (message == ProtobufMessage::kV1) {
                verdicts.add(what + " / S", ratio_of(judged, measured[0]), 5.5, 4.5);
                verdicts.add(what + " / libprotobuf arena parse", ratio_of(judged, measured[2]), 0.35, 0.20);
            } else {
                verdicts.add(what + " / S", ratio_of(judged, measured[0]), 3.5, 2.7);
            }
        }
    }
    return true;
}

bool run_growth(const RunOptions& options, Verdicts& verdicts) {
    std::printf("\nGrowth, ns/series (and x S) at 500, 2,000, 10,000 series a request\n");
    struct Case {
        const char* title;
        Shape shape;
        bool shuffled;
    };
    constexpr Case kCases[] = {{"10 labels, scrape order", Shape::kKubernetes, false},
                               {"10 labels, shuffled", Shape::kKubernetes, true},
                               {"node_exporter", Shape::kNodeExporter, false}};
    constexpr std::size_t kSizes[] = {500, 2000, 10000};
    for (const ProtobufMessage message : kMessages) {
        for (const Case& c : kCases) {
            // All sizes in the same rounds, so that a busy machine disturbs them alike.
            std::vector<Payload> payloads;
            for (const std::size_t size : kSizes) {
                payloads.push_back(make_payload(
                    {.message = message, .shape = c.shape, .series_per_request = size, .shuffled = c.shuffled}));
            }
            std::vector<Kernel> kernels;
            for (const Payload& payload : payloads) {
                kernels.push_back(snappy_kernel(payload));
                kernels.push_back(judged_kernel(options, payload, message));
            }
            const auto m = measure(kernels, options.rounds);
            if (m.empty()) return false;
            std::printf("  %s %-26s", word_of(message), c.title);
            for (std::size_t i = 0; i < m.size(); i += 2)
                std::printf(" %7.1f (%.2f)", m[i + 1].ns_per_series, ratio_of(m[i + 1], m[i]));
            std::printf("\n");
            if (!c.shuffled)
                verdicts.add(std::string(word_of(message)) + " " + c.title + ": ns/series at 10,000 / at 500",
                             ratio_of(m[5], m[1]), 1.5);
        }
    }
    return true;
}

bool run_allocations(const RunOptions& options, Verdicts& verdicts) {
    std::printf("\nHeap allocations a request, warm (operator new counted)\n");
    for (const ProtobufMessage message : kMessages) {
        std::vector<double> counts;
        for (const std::size_t size : {std::size_t{500}, std::size_t{10000}}) {
            const Payload payload = make_payload({.message = message, .series_per_request = size});
            for (const bool walk_only : {true, false}) {
                if (!walk_only && !options.with_checker) continue;
                const Kernel kernel = walk_only ? accept_kernel(payload, message) : check_kernel(payload, message);
                // The first pass grows the scratch memory.
                for (std::size_t i = 0; i < payload.bodies.size(); ++i) {
                    if (!kernel.run(i)) return false;
                }
                const std::uint64_t before = allocations();
                for (std::size_t i = 0; i < payload.bodies.size(); ++i) {
                    if (!kernel.run(i)) return false;
                }
                counts.push_back(static_cast<double>(allocations() - before) /
                                 static_cast<double>(payload.bodies.size()));
                std::printf("  %s %-24.*s %6zu series: %6.2f\n", word_of(message), static_cast<int>(kernel.name.size()),
                            kernel.name.data(), size, counts.back());
            }
        }
        const std::size_t half = counts.size() / 2;
        verdicts.add(std::string(word_of(message)) + " uncompress + walk: allocations a request", counts[half], 0);
        if (options.with_checker) {
            verdicts.add(std::string(word_of(message)) + " check(head, body): allocations a further series",
                         std::max(0.0, counts[3] - counts[1]) / 9500.0, 0);
        }
    }
    return true;
}

namespace {

std::string repeat(std::string_view part, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += part;
    return out;
}

/// Input that no sender sends: the fast walk gives up late, or every element is a finding.
std::vector<std::pair<std::string, std::string>> malformed_messages(ProtobufMessage message, std::size_t bytes) {
    const bool v1 = message == ProtobufMessage::kV1;
    const std::size_t series = v1 ? bytes / 284 : bytes / 50;
    const std::string clean =
        make_payload({.message = message, .series_per_request = series, .active_series = series, .rounds = 1})
            .messages[0];
    using namespace std::string_literals;
    std::vector<std::pair<std::string, std::string>> out;
    out.emplace_back("last byte missing", clean.substr(0, clean.size() - 1));
    out.emplace_back("field of number 0 at the end", clean + "\0\0"s);
    out.emplace_back("unknown field in every other place", repeat("\x78\x01", bytes));
    out.emplace_back("empty series only", v1 ? repeat("\x0a\0"s, bytes) : "\x22\0"s + repeat("\x2a\0"s, bytes));
    out.emplace_back("groups inside groups", std::string(bytes, '\x1b'));
    if (v1) {
        out.emplace_back("one series over and over",
                         repeat("\x0a\x1a\x0a\x0d\x0a\x08__name__\x12\x01u\x12\x09\x09\0\0\0\0\0\0\xf0\x3f"s, bytes));
        out.emplace_back("labels without name and value", repeat("\x0a\x04\x0a\0\x0a\0"s, bytes));
    } else {
        out.emplace_back("one symbol over and over", "\x22\0"s + repeat("\x22\x01u", bytes));
        out.emplace_back("references outside the table", "\x22\0"s + repeat("\x2a\x04\x0a\x02\x7f\x7f", bytes));
        out.emplace_back("no reference at all", "\x22\0"s + repeat("\x2a\x02\x0a\0"s, bytes));
    }
    return out;
}

}  // namespace

bool run_malformed(const RunOptions& options, Verdicts& verdicts) {
    if (!options.with_checker) return true;
    constexpr std::size_t kSmall = 250'000, kLarge = 1'000'000;
    std::printf(
        "\nRejecting malformed or hostile messages, CPU ns a byte of 0.25 MB and of 1 MB; and the growth, 4 where "
        "linear\n");
    double worst_growth = 0;
    for (const ProtobufMessage message : kMessages) {
        const auto small = malformed_messages(message, kSmall), large = malformed_messages(message, kLarge);
        for (std::size_t k = 0; k < small.size(); ++k) {
            rules::CheckOptions check_options;
            check_options.now_ms = PayloadOptions{}.now_ms;
            rules::Checker checker(check_options);
            // Negative when nothing was found.
            const auto time = [&](const std::string& head, const std::string& body) {
                const double start = thread_cpu_ns();
                const auto result = checker.check(head, body);
                const double took = thread_cpu_ns() - start;
                return result.findings.empty() ? -1.0 : took;
            };
            const std::string small_body = proto::compress_snappy(small[k].second),
                              large_body = proto::compress_snappy(large[k].second);
            const std::string small_head = make_head(message, small_body.size()),
                              large_head = make_head(message, large_body.size());
            const double bytes = static_cast<double>(small[k].second.size()),
                         more_bytes = static_cast<double>(large[k].second.size());
            std::vector<double> a, b, growth;
            for (std::size_t round = 0; round <= 7; ++round) {
                const double first = time(small_head, small_body), second = time(large_head, large_body);
                if (first < 0 || second < 0) {
                    std::fprintf(stderr, "prw_bench: nothing found in \"%s\" (%s)\n", small[k].first.c_str(),
                                 word_of(message));
                    return false;
                }
                if (round == 0) continue;
                a.push_back(first / bytes);
                b.push_back(second / more_bytes);
                growth.push_back(4 * b.back() / a.back());
            }
            worst_growth = std::max(worst_growth, median(growth));
            std::printf("  %s %-38s %7.2f %7.2f   x %.2f\n", word_of(message), small[k].first.c_str(), median(a),
                        median(b), median(growth));
        }
    }
    verdicts.add("malformed input: time of 4 times the bytes / time, worst case", worst_growth, 8);
    return true;
}

}  // namespace prw::bench
