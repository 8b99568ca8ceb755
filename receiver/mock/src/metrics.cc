#include "metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

namespace prw::receiver {

struct Metrics::Impl {
    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& requests =
        prometheus::BuildCounter()
            .Name("prw_receiver_requests_total")
            .Help("Requests to the write endpoint by message and status.")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& findings = prometheus::BuildCounter()
                                                            .Name("prw_receiver_findings_total")
                                                            .Help("Findings by rule and severity.")
                                                            .Register(registry);
    prometheus::Family<prometheus::Counter>& elements = prometheus::BuildCounter()
                                                            .Name("prw_receiver_elements_total")
                                                            .Help("Elements in requests that decoded, by kind.")
                                                            .Register(registry);
    prometheus::Counter& bytes = prometheus::BuildCounter()
                                     .Name("prw_receiver_body_bytes_total")
                                     .Help("Bytes of bodies as they came over the socket.")
                                     .Register(registry)
                                     .Add({});
    prometheus::Gauge& in_flight = prometheus::BuildGauge()
                                       .Name("prw_receiver_requests_in_flight")
                                       .Help("Requests being answered.")
                                       .Register(registry)
                                       .Add({});
    prometheus::Histogram& duration =
        prometheus::BuildHistogram()
            .Name("prw_receiver_request_duration_seconds")
            .Help("From the last byte of the request to the first byte of the response.")
            .Register(registry)
            .Add({}, prometheus::Histogram::BucketBoundaries{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5});
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const exchange::Exchange& e) {
    const std::string message = e.check.declared ? std::string(proto::short_name(*e.check.declared)) : "none";
    impl_->requests.Add({{"message", message}, {"status", std::to_string(e.status)}}).Increment();
    for (const auto& f : e.check.findings)
        impl_->findings.Add({{"rule", f.rule}, {"severity", std::string(name_of(f.severity))}})
            .Increment(static_cast<double>(f.count));
    const std::pair<const char*, std::uint64_t> kinds[] = {{"series", e.check.series},
                                                           {"sample", e.check.samples},
                                                           {"histogram", e.check.histograms},
                                                           {"exemplar", e.check.exemplars}};
    for (const auto& [kind, count] : kinds) impl_->elements.Add({{"kind", kind}}).Increment(static_cast<double>(count));
    impl_->bytes.Increment(static_cast<double>(e.raw_body.size()));
    if (e.response_start_us >= e.last_byte_us)
        impl_->duration.Observe(static_cast<double>(e.response_start_us - e.last_byte_us) / 1e6);
}

void Metrics::in_flight(int change) { impl_->in_flight.Increment(change); }

std::string Metrics::text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, impl_->registry.Collect());
    return out.str();
}

}  // namespace prw::receiver
