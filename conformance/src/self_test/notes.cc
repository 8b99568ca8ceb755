#include "self_test/notes.h"

#include "checks/table.h"

namespace prw::conformance {

std::span<const MutantNote> mutant_notes() {
    static const std::vector<MutantNote> kNotes = {
        {.mutant = "head/no-content-type", .also = {"sender/wire/message-matches-content-type"}},
        {.mutant = "wire/other-message",
         .also = {"sender/fidelity/native-histograms", "sender/fidelity/exemplars", "sender/fidelity/start-timestamps",
                  "sender/headers/version-newest", "sender/metadata/type-provided", "sender/wire/v1-custom-buckets",
                  "sender/negotiation/message-as-asked"}},
        {.mutant = "wire/otlp", .also = {"sender/fidelity/no-duplicates"}},
        {.mutant = "wire/timestamp-fixed64",
         .also = {"sender/samples/timestamp-plausible", "sender/fidelity/every-sample-bit-exact",
                  "sender/fidelity/no-duplicates", "sender/ordering/per-series", "sender/ordering/unique-timestamps"}},
        {.mutant = "wire/value-float", .also = {"sender/fidelity/every-sample-bit-exact"}},
        {.mutant = "symbols/none",
         .also = {"sender/symbols/series-refs-in-range", "sender/symbols/exemplar-refs-in-range",
                  "sender/symbols/metadata-refs-in-range", "sender/ordering/per-series",
                  "sender/ordering/unique-timestamps"}},
        {.mutant = "symbols/exemplar-ref-outside", .also = {"sender/fidelity/exemplars"}},
        {.mutant = "symbols/exemplar-refs-odd", .also = {"sender/fidelity/exemplars"}},
        {.mutant = "symbols/help-ref-outside", .also = {"sender/fidelity/metadata"}},
        {.mutant = "symbols/series-ref-outside",
         .also = {"sender/labels/complete-set", "sender/labels/job-instance-consistent"}},
        {.mutant = "symbols/series-refs-odd",
         .also = {"sender/labels/complete-set", "sender/labels/job-instance-consistent"}},
        {.mutant = "labels/quantile-not-a-number", .v1_says = Verdict::kWarn},
        {.mutant = "samples/no-start-timestamp", .v2_says = Verdict::kInfo},
        {.mutant = "samples/timestamp-in-seconds", .also = {"sender/fidelity/no-duplicates"}},
        {.mutant = "samples/timestamp-zero", .also = {"sender/fidelity/no-duplicates"}},
        {.mutant = "samples/newest-first", .also = {"sender/ordering/per-series"}},
        {.mutant = "samples/two-values", .also = {"sender/ordering/unique-timestamps"}},
        {.mutant = "histograms/no-start-timestamp", .v2_says = Verdict::kInfo},
        {.mutant = "histograms/zero-count-float", .also = {"sender/histograms/count-equals-buckets"}},
        {.mutant = "histograms/exponential-with-bounds", .also = {"sender/wire/v1-custom-buckets"}},
        {.mutant = "exemplars/trace-id-spelling", .v2_says = Verdict::kInfo},
        {.mutant = "metadata/no-help", .also = {"sender/fidelity/metadata"}, .v2_says = Verdict::kInfo},
        {.mutant = "metadata/help-is-name", .v2_says = Verdict::kInfo},
        {.mutant = "metadata/total-is-gauge", .v2_says = Verdict::kInfo},
        {.mutant = "scrape/unsigned-zero", .v1_says = Verdict::kWarn, .v2_says = Verdict::kWarn},
        {.mutant = "scrape/timestamps-in-whole-seconds",
         .also = {"sender/fidelity/every-sample-bit-exact", "sender/fidelity/no-duplicates",
                  "sender/samples/unique-timestamps", "sender/samples/start-not-after-timestamp",
                  "sender/samples/timestamp-unit", "sender/fidelity/native-histograms",
                  "sender/fidelity/start-timestamps", "sender/samples/classic-histograms-cumulative"}},
        {.mutant = "scrape/custom-buckets", .also = {"sender/fidelity/exemplars"}},
        {.mutant = "series/exemplars-only", .also = {"sender/ordering/samples-before-exemplars"}},
        {.mutant = "scrape/exemplars-ahead", .also = {"sender/series/not-exemplars-only"}},
        {.mutant = "scrape/per-bucket",
         .also = {"sender/fidelity/every-sample-bit-exact", "sender/samples/classic-cumulative"}},
        {.mutant = "samples/buckets-fall", .also = {"sender/samples/classic-histograms-cumulative"}},
        {.mutant = "scrape/drops-a-label",
         .also = {"sender/fidelity/every-sample-bit-exact", "sender/fidelity/exemplars"}},
        {.mutant = "scrape/labels-once", .also = {"sender/labels/job-instance-consistent"}},
        {.mutant = "stale/explicit-timestamps", .v1_says = Verdict::kWarn, .v2_says = Verdict::kWarn},
        {.mutant = "stale/none", .also = {"sender/stale/all-series-of-target"}},
        {.mutant = "stale/mangled",
         .also = {"sender/stale/all-series-of-target", "sender/samples/stale-marker-bits",
                  "sender/samples/canonical-nan"}},
        {.mutant = "stale/plain-nan", .also = {"sender/stale/all-series-of-target", "sender/samples/counter-not-nan"}},
        {.mutant = "stale/not-for-buckets", .v1_says = Verdict::kWarn, .v2_says = Verdict::kWarn},
        {.mutant = "delivery/fixed-interval", .v1_says = Verdict::kWarn, .v2_says = Verdict::kWarn},
        {.mutant = "delivery/restamps",
         .also = {"sender/retry/no-loss-after-recovery", "sender/retry/order-kept", "sender/retry/newer-data-waits",
                  "sender/samples/unique-timestamps"}},
        {.mutant = "delivery/alters-on-retry", .also = {"sender/retry/on-5xx", "sender/retry/no-loss-after-recovery"}},
        {.mutant = "delivery/no-retry-501", .also = {"sender/retry/on-5xx"}},
        {.mutant = "delivery/retries-twice", .also = {"sender/retry/on-5xx"}},
        {.mutant = "delivery/side-queue", .also = {"sender/retry/newer-data-waits", "sender/retry/backoff"}},
        {.mutant = "delivery/newer-first", .also = {"sender/retry/order-kept", "sender/retry/backoff"}},
        {.mutant = "delivery/reorders", .also = {"sender/fidelity/every-sample-bit-exact"}},
        {.mutant = "delivery/hammers-after-429", .also = {"sender/retry/retry-after-on-429"}},
        {.mutant = "retry-after/ignored", .also = {"sender/retry/retry-after-date", "sender/retry/retry-after-on-429"}},
        {.mutant = "fallback/always-v1", .also = {"sender/exemplars/provided", "sender/fidelity/native-histograms"}},
        {.mutant = "fallback/version-stays", .also = {"sender/negotiation/fallback-complete"}},
        // What was decoded from 1.0 has no metadata any more.
        {.mutant = "fallback/headers-only",
         .also = {"sender/negotiation/415-not-repeated", "sender/wire/message-matches-content-type",
                  "sender/headers/version-newest", "sender/metadata/type-provided"}},
        {.mutant = "fallback/flaps", .also = {"sender/metadata/type-provided"}},
        {.mutant = "fallback/infers-version", .also = {"sender/metadata/type-provided"}},
        {.mutant = "config/no-custom-headers", .v1_says = Verdict::kWarn, .v2_says = Verdict::kWarn},
        {.mutant = "config/reserved-headers", .also = {"sender/headers/reserved-once"}},
    };
    return kNotes;
}

std::span<const CheckNote> check_notes() {
    constexpr const char* kBare1 =
        "the reference sends 1.0 as it is specified, without metadata, exemplars and native histograms";
    constexpr const char* kNoCustom = "the reference sends classic histograms as they are";
    static const std::vector<CheckNote> kNotes = {
        {.check = "sender/headers/version-1x-receiver", .scenario = kUnsupported},
        {.check = "sender/negotiation/content-type-1x-receiver", .scenario = kUnsupported},
        {.check = "sender/metadata/v1-family-name", .unseen = kBare1},
        {.check = "sender/wire/v1-extension-shape", .unseen = kBare1},
        {.check = "sender/wire/v1-custom-buckets", .unseen = kBare1},
        {.check = "sender/histograms/v1-schema", .unseen = kBare1},
        {.check = "sender/histograms/v1-buckets-of-kind", .unseen = kBare1},
        {.check = "sender/histograms/custom-values-increasing", .unseen = kNoCustom},
        {.check = "sender/histograms/custom-no-negative-buckets", .unseen = kNoCustom},
        {.check = "sender/histograms/custom-no-zero-bucket", .unseen = kNoCustom},
        {.check = "sender/histograms/custom-no-inf-bound", .unseen = kNoCustom},
        {.check = "sender/histograms/custom-bounds-finite", .unseen = kNoCustom},
        {.check = "sender/histograms/custom-spans-within-bounds", .unseen = kNoCustom},
        {.check = "sender/histograms/count-covers-buckets", .unseen = "no histogram of the input has a NaN sum"},
        {.check = "sender/exemplars/labels-sorted", .unseen = "the exemplars of the input have one label"},
        {.check = "sender/fidelity/custom-buckets", .unseen = kNoCustom},
    };
    return kNotes;
}

}  // namespace prw::conformance
