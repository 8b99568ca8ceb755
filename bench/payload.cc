#include "payload.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <random>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <snappy.h>

#include "prw/proto/protocol.h"

namespace prw::bench {

namespace {

using proto::MetricType;
using proto::ProtobufMessage;

struct Metric {
    std::string_view name;
    MetricType type;
    std::string_view help;
    std::string_view label;                ///< the label that varies; empty for none
    std::vector<std::string_view> values;  ///< its values
};

const std::vector<std::string_view> kCodes = {"200", "201", "204", "301", "400", "401", "403", "404", "429", "500"};
const std::vector<std::string_view> kBounds = {"0.005", "0.01", "0.025", "0.1",  "0.25",
                                               "0.5",   "1.0",  "2.5",   "10.0", "+Inf"};
const std::vector<std::string_view> kQuantiles = {"0",   "0.05", "0.25", "0.5",   "0.75",
                                                  "0.9", "0.95", "0.99", "0.999", "1"};
const std::vector<std::string_view> kQueues = {
    "deployment", "replicaset", "daemonset",      "job",    "namespace",
    "node",       "service",    "serviceaccount", "volume", "garbage_collector"};
const std::vector<std::string_view> kMethods = {"GET",  "POST",  "PUT",  "PATCH",   "DELETE",
                                                "LIST", "WATCH", "HEAD", "OPTIONS", "CONNECT"};
const std::vector<std::string_view> kDevices = {"eth0", "eth1",      "lo",      "veth5e1c2a7b", "veth90d1f3aa",
                                                "cni0", "flannel.1", "docker0", "sda",          "nvme0n1"};

// 40 metrics of ten series each: 400 series a target.
const std::vector<Metric> kKubernetesMetrics = {
    {"apiserver_request_total", MetricType::kCounter, "Counter of requests broken out for each verb and response code.",
     "code", kCodes},
    {"apiserver_request_duration_seconds_bucket", MetricType::kHistogram, "Response latency distribution in seconds.",
     "le", kBounds},
    {"apiserver_current_inflight_requests", MetricType::kGauge, "Number of currently used inflight requests.",
     "request_kind", kMethods},
    {"container_network_receive_bytes_total", MetricType::kCounter, "Cumulative count of bytes received.", "interface",
     kDevices},
    {"container_network_transmit_bytes_total", MetricType::kCounter, "Cumulative count of bytes transmitted.",
     "interface", kDevices},
    {"container_network_receive_errors_total", MetricType::kCounter, "Cumulative count of errors while receiving.",
     "interface", kDevices},
    {"container_network_transmit_errors_total", MetricType::kCounter, "Cumulative count of errors while transmitting.",
     "interface", kDevices},
    {"container_fs_reads_bytes_total", MetricType::kCounter, "Cumulative count of bytes read.", "device", kDevices},
    {"container_fs_writes_bytes_total", MetricType::kCounter, "Cumulative count of bytes written.", "device", kDevices},
    {"container_fs_usage_bytes", MetricType::kGauge, "Number of bytes consumed by the container on this filesystem.",
     "device", kDevices},
    {"container_fs_limit_bytes", MetricType::kGauge, "Number of bytes that the container can consume.", "device",
     kDevices},
    {"go_gc_duration_seconds", MetricType::kSummary, "A summary of the pause duration of garbage collection cycles.",
     "quantile", kQuantiles},
    {"grpc_server_handled_total", MetricType::kCounter, "Total number of RPCs completed on the server.", "grpc_code",
     kCodes},
    {"grpc_server_msg_received_total", MetricType::kCounter, "Total number of RPC stream messages received.",
     "grpc_method", kMethods},
    {"grpc_server_msg_sent_total", MetricType::kCounter, "Total number of gRPC stream messages sent.", "grpc_method",
     kMethods},
    {"http_requests_total", MetricType::kCounter, "Total number of HTTP requests.", "code", kCodes},
    {"http_request_duration_seconds_bucket", MetricType::kHistogram, "Latency of HTTP requests.", "le", kBounds},
    {"http_response_size_bytes_bucket", MetricType::kHistogram, "Size of HTTP responses.", "le", kBounds},
    {"http_requests_in_flight", MetricType::kGauge, "Requests being served.", "method", kMethods},
    {"kubelet_runtime_operations_total", MetricType::kCounter, "Cumulative number of runtime operations.",
     "operation_type", kMethods},
    {"kubelet_runtime_operations_errors_total", MetricType::kCounter, "Cumulative number of runtime operation errors.",
     "operation_type", kMethods},
    {"process_io_bytes_total", MetricType::kCounter, "Bytes moved by the process.", "mode", kMethods},
    {"rest_client_requests_total", MetricType::kCounter, "Number of HTTP requests by status code and host.", "code",
     kCodes},
    {"rest_client_request_duration_seconds_bucket", MetricType::kHistogram, "Request latency in seconds.", "le",
     kBounds},
    {"rest_client_rate_limiter_duration_seconds_bucket", MetricType::kHistogram, "Client side rate limiter latency.",
     "le", kBounds},
    {"workqueue_adds_total", MetricType::kCounter, "Total number of adds handled by workqueue.", "name", kQueues},
    {"workqueue_depth", MetricType::kGauge, "Current depth of workqueue.", "name", kQueues},
    {"workqueue_retries_total", MetricType::kCounter, "Total number of retries handled by workqueue.", "name", kQueues},
    {"workqueue_unfinished_work_seconds", MetricType::kGauge, "How many seconds of work is in progress.", "name",
     kQueues},
    {"workqueue_longest_running_processor_seconds", MetricType::kGauge, "Seconds the longest running processor runs.",
     "name", kQueues},
    {"workqueue_queue_duration_seconds_bucket", MetricType::kHistogram, "Time an item stays in the workqueue.", "le",
     kBounds},
    {"workqueue_work_duration_seconds_bucket", MetricType::kHistogram, "Time that processing an item takes.", "le",
     kBounds},
    {"etcd_request_duration_seconds_bucket", MetricType::kHistogram, "Etcd request latency in seconds.", "le", kBounds},
    {"etcd_db_total_size_in_bytes", MetricType::kGauge, "Total size of the etcd database file.", "endpoint_kind",
     kMethods},
    {"storage_operation_duration_seconds_bucket", MetricType::kHistogram, "Storage operation duration.", "le", kBounds},
    {"scheduler_pending_pods", MetricType::kGauge, "Number of pending pods by queue.", "queue", kQueues},
    {"scheduler_schedule_attempts_total", MetricType::kCounter, "Number of attempts to schedule pods.", "result",
     kMethods},
    {"coredns_dns_responses_total", MetricType::kCounter, "Counter of response status codes.", "rcode", kCodes},
    {"coredns_dns_request_duration_seconds_bucket", MetricType::kHistogram, "Time each request took.", "le", kBounds},
    {"coredns_cache_entries", MetricType::kGauge, "The number of elements in the cache.", "type", kMethods},
};

const std::vector<std::string_view> kModes = {"idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"};
const std::vector<std::string_view> kMounts = {"/", "/boot/efi", "/run", "/run/lock", "/var/lib/docker", "/data"};
const std::vector<std::string_view> kCollectors = {"arp",     "cpu",    "diskstats", "filesystem", "loadavg",
                                                   "meminfo", "netdev", "stat",      "time",       "uname"};

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Series {
    Labels labels;
    const Metric* metric;
    std::int64_t start = 0;
    std::uint64_t number = 0;
};

void put_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80U) {
        out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
        value >>= 7U;
    }
    out.push_back(static_cast<char>(value));
}

void put_bytes(std::string& out, char tag, std::string_view bytes) {
    out.push_back(tag);
    put_varint(out, bytes.size());
    out.append(bytes);
}

void put_fixed64(std::string& out, char tag, std::uint64_t value) {
    out.push_back(tag);
    for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
}

void put_int(std::string& out, char tag, std::int64_t value) {
    out.push_back(tag);
    put_varint(out, static_cast<std::uint64_t>(value));
}

std::string hex_digits(std::mt19937_64& random, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out.push_back("0123456789abcdef"[random() % 16]);
    return out;
}

void add_series(std::vector<Series>& out, Labels labels, const Metric& metric, std::int64_t start) {
    std::sort(labels.begin(), labels.end());
    out.push_back({std::move(labels), &metric, start, out.size()});
}

std::vector<Series> kubernetes_series(std::size_t wanted, std::int64_t now_ms) {
    static constexpr std::string_view kApps[] = {"checkout",       "payments-api", "inventory",  "frontend",
                                                 "recommendation", "shipping",     "auth-proxy", "search"};
    std::mt19937_64 random(7);
    std::vector<Series> out;
    for (std::size_t target = 0; out.size() < wanted; ++target) {
        const std::string app(kApps[target % std::size(kApps)]);
        const std::string ip = "10." + std::to_string(40 + target / 200) + "." + std::to_string(random() % 250) + "." +
                               std::to_string(random() % 250);
        const std::string pod = app + "-" + hex_digits(random, 10) + "-" + hex_digits(random, 5);
        const std::int64_t start = now_ms - static_cast<std::int64_t>(3'600'000 + random() % 1'000'000'000);
        for (const Metric& metric : kKubernetesMetrics) {
            for (const std::string_view value : metric.values) {
                add_series(out,
                           {{"__name__", std::string(metric.name)},
                            {"cluster", "prod-eu-central-1"},
                            {"container", app},
                            {"endpoint", "http-metrics"},
                            {"instance", ip + ":8080"},
                            {"job", "shop/" + app},
                            {"namespace", "shop-production"},
                            {"pod", pod},
                            {"service", app},
                            {std::string(metric.label), std::string(value)}},
                           metric, start);
                if (out.size() == wanted) return out;
            }
        }
    }
    return out;
}

std::vector<Metric> node_metrics() {
    return {
        {"node_cpu_seconds_total", MetricType::kCounter, "Seconds the CPUs spent in each mode.", "mode", kModes},
        {"node_filesystem_avail_bytes", MetricType::kGauge, "Filesystem space available to non-root users in bytes.",
         "mountpoint", kMounts},
        {"node_filesystem_size_bytes", MetricType::kGauge, "Filesystem size in bytes.", "mountpoint", kMounts},
        {"node_filesystem_files_free", MetricType::kGauge, "Filesystem total free file nodes.", "mountpoint", kMounts},
        {"node_filesystem_readonly", MetricType::kGauge, "Filesystem read-only status.", "mountpoint", kMounts},
        {"node_network_receive_bytes_total", MetricType::kCounter, "Network device statistic receive_bytes.", "device",
         kDevices},
        {"node_network_transmit_bytes_total", MetricType::kCounter, "Network device statistic transmit_bytes.",
         "device", kDevices},
        {"node_network_receive_drop_total", MetricType::kCounter, "Network device statistic receive_drop.", "device",
         kDevices},
        {"node_network_transmit_drop_total", MetricType::kCounter, "Network device statistic transmit_drop.", "device",
         kDevices},
        {"node_network_up", MetricType::kGauge, "Value is 1 if operstate is 'up', 0 otherwise.", "device", kDevices},
        {"node_disk_io_time_seconds_total", MetricType::kCounter, "Total seconds spent doing I/Os.", "device",
         kDevices},
        {"node_disk_read_bytes_total", MetricType::kCounter, "The total number of bytes read successfully.", "device",
         kDevices},
        {"node_scrape_collector_duration_seconds", MetricType::kGauge, "Duration of a collector scrape.", "collector",
         kCollectors},
        {"node_scrape_collector_success", MetricType::kGauge, "Whether a collector succeeded.", "collector",
         kCollectors},
        {"node_load1", MetricType::kGauge, "1m load average.", "", {}},
        {"node_load5", MetricType::kGauge, "5m load average.", "", {}},
        {"node_memory_MemAvailable_bytes", MetricType::kGauge, "Memory information field MemAvailable_bytes.", "", {}},
        {"node_memory_MemFree_bytes", MetricType::kGauge, "Memory information field MemFree_bytes.", "", {}},
        {"node_memory_Cached_bytes", MetricType::kGauge, "Memory information field Cached_bytes.", "", {}},
        {"node_context_switches_total", MetricType::kCounter, "Total number of context switches.", "", {}},
        {"node_intr_total", MetricType::kCounter, "Total number of interrupts serviced.", "", {}},
        {"node_time_seconds", MetricType::kGauge, "System time in seconds since epoch.", "", {}},
    };
}

std::vector<Series> node_exporter_series(std::size_t wanted, std::int64_t now_ms) {
    static const std::vector<Metric> metrics = node_metrics();
    std::mt19937_64 random(11);
    std::vector<Series> out;
    for (std::size_t target = 0; out.size() < wanted; ++target) {
        const std::string instance = "node-" + std::to_string(100 + target) + ".example.com:9100";
        const std::int64_t start = now_ms - static_cast<std::int64_t>(3'600'000 + random() % 1'000'000'000);
        for (const Metric& metric : metrics) {
            Labels base = {{"__name__", std::string(metric.name)},
                           {"instance", instance},
                           {"job", "node-exporter"},
                           {"datacenter", "fra1"}};
            if (metric.label == "mode") {
                for (int cpu = 0; cpu < 32; ++cpu) {
                    for (const std::string_view mode : metric.values) {
                        Labels labels = base;
                        labels.insert(labels.end(),
                                      {{"cpu", std::to_string(cpu)}, {"mode", std::string(mode)}, {"rack", "r12"}});
                        add_series(out, std::move(labels), metric, start);
                    }
                }
            } else if (metric.label.empty()) {
                add_series(out, std::move(base), metric, start);
            } else {
                for (const std::string_view value : metric.values) {
                    Labels labels = base;
                    labels.emplace_back(metric.label, value);
                    if (metric.label == "mountpoint")
                        labels.insert(labels.end(),
                                      {{"device", "/dev/mapper/vg0-root"}, {"fstype", "ext4"}, {"rack", "r12"}});
                    add_series(out, std::move(labels), metric, start);
                }
            }
        }
    }
    out.resize(wanted);
    return out;
}

// A quarter of the values is zero (and so omitted), one in a thousand a stale marker, the rest counts or measurements.
std::uint64_t value_bits(const Series& series, std::size_t round, std::mt19937_64& random) {
    // Ten buckets are a histogram: they come to zero together and do not fall with le.
    if (series.metric->name.ends_with("_bucket")) {
        const std::uint64_t histogram = series.number / 10, bucket = series.number % 10;
        if ((histogram * 2654435761U) % 1000 < 250) return 0;
        const auto count = (histogram * 7919U) % 1'000'003U + bucket * 977U + round * (1 + histogram % 50);
        return std::bit_cast<std::uint64_t>(static_cast<double>(count));
    }
    const std::uint64_t kind = (series.number * 2654435761U) % 1000;
    if (kind < 250) return 0;
    if (kind == 999) return proto::kStaleNanBits;
    double value =
        static_cast<double>((series.number * 7919U) % 1'000'003U) + static_cast<double>(round * (1 + random() % 50));
    if (series.metric->type == MetricType::kGauge)
        value = value / 128.0 + static_cast<double>(random() % 1000) / 1000.0;
    return std::bit_cast<std::uint64_t>(value);
}

std::string encode_v1(const std::vector<const Series*>& batch, const std::vector<std::uint64_t>& values,
                      const std::vector<std::int64_t>& times) {
    std::string out, series, field;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        series.clear();
        for (const auto& [name, value] : batch[i]->labels) {
            field.clear();
            put_bytes(field, 0x0a, name);
            put_bytes(field, 0x12, value);
            put_bytes(series, 0x0a, field);
        }
        field.clear();
        if (values[i] != 0) put_fixed64(field, 0x09, values[i]);
        put_int(field, 0x10, times[i]);
        put_bytes(series, 0x12, field);
        put_bytes(out, 0x0a, series);
    }
    return out;
}

std::string encode_v2(const std::vector<const Series*>& batch, const std::vector<std::uint64_t>& values,
                      const std::vector<std::int64_t>& times) {
    std::vector<std::string_view> symbols = {""};
    std::unordered_map<std::string_view, std::uint32_t> index = {{"", 0}};
    const auto ref = [&](std::string_view text) {
        const auto [found, added] = index.try_emplace(text, static_cast<std::uint32_t>(symbols.size()));
        if (added) symbols.push_back(text);
        return found->second;
    };
    std::string all, series, field;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        series.clear();
        field.clear();
        for (const auto& [name, value] : batch[i]->labels) {
            put_varint(field, ref(name));
            put_varint(field, ref(value));
        }
        put_bytes(series, 0x0a, field);
        field.clear();
        if (values[i] != 0) put_fixed64(field, 0x09, values[i]);
        put_int(field, 0x10, times[i]);
        const MetricType type = batch[i]->metric->type;
        if (type == MetricType::kCounter || type == MetricType::kHistogram || type == MetricType::kSummary)
            put_int(field, 0x18, batch[i]->start);
        put_bytes(series, 0x12, field);
        field.clear();
        put_int(field, 0x08, static_cast<std::int64_t>(type));
        put_int(field, 0x18, ref(batch[i]->metric->help));
        put_bytes(series, 0x2a, field);
        put_bytes(all, 0x2a, series);
    }
    std::string out;
    for (const std::string_view symbol : symbols) put_bytes(out, 0x22, symbol);
    return out + all;
}

}  // namespace

Payload make_payload(const PayloadOptions& options) {
    const bool kubernetes = options.shape == Shape::kKubernetes;
    const std::vector<Series> all = kubernetes ? kubernetes_series(options.active_series, options.now_ms)
                                               : node_exporter_series(options.active_series, options.now_ms);
    std::mt19937_64 random(42);
    Payload out;
    out.now_ms = options.now_ms;
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Scrapes are apart by 15 s; targets of one scrape by some milliseconds each. Batch edges shift, as they do between
    // a sender's shards.
    for (std::size_t round = 0; round < options.rounds; ++round) {
        if (options.shuffled) {
            for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
        }
        const std::size_t shift = (round * 37) % all.size();
        const std::int64_t scrape = options.now_ms - static_cast<std::int64_t>((options.rounds - round) * 15'000);
        for (std::size_t at = 0; at < all.size(); at += options.series_per_request) {
            std::vector<const Series*> batch;
            std::vector<std::uint64_t> values;
            std::vector<std::int64_t> times;
            for (std::size_t i = at; i < std::min(at + options.series_per_request, all.size()); ++i) {
                const Series& series = all[order[(i + shift) % all.size()]];
                batch.push_back(&series);
                values.push_back(value_bits(series, round, random));
                times.push_back(scrape + static_cast<std::int64_t>(series.number / 400 % 10'000));
                out.labels += series.labels.size();
            }
            out.messages.push_back(options.message == ProtobufMessage::kV1 ? encode_v1(batch, values, times)
                                                                           : encode_v2(batch, values, times));
            std::string body;
            snappy::Compress(out.messages.back().data(), out.messages.back().size(), &body);
            out.series += batch.size();
            out.raw_bytes += out.messages.back().size();
            out.wire_bytes += body.size();
            out.bodies.push_back(std::move(body));
        }
    }
    return out;
}

std::string make_head(ProtobufMessage message, std::size_t body_size) {
    const bool v1 = message == ProtobufMessage::kV1;
    std::string head =
        "POST /api/v1/write HTTP/1.1\r\nHost: 127.0.0.1:9201\r\nUser-Agent: Prometheus/3.14.0\r\nContent-Length: ";
    head += std::to_string(body_size) + "\r\nContent-Encoding: snappy\r\nContent-Type: ";
    head += v1 ? proto::kContentTypeV1 : proto::kContentTypeV2;
    head += v1 ? "\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n\r\n"
               : "\r\nX-Prometheus-Remote-Write-Version: 2.0.0\r\n\r\n";
    return head;
}

}  // namespace prw::bench
