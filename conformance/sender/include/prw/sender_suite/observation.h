/// What came out of a target in one scenario, decoded and put in relation to what it was fed. Judges read this and
/// nothing else, so that each of them can be tested without a network.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "prw/exchange/exchange.h"
#include "prw/proto/model.h"
#include "prw/proto/types.h"
#include "prw/proto/view.h"
#include "prw/sender_suite/scrape_target.h"
#include "prw/suite/profile.h"

namespace prw::sender_suite {

inline constexpr std::uint32_t kNoSource = 0xffffffffU;

struct ObservedSeries {
    std::string text;  ///< metric{a="b"}
    std::string metric;
    LabelPairs labels;                 ///< sorted, without __name__
    std::uint32_t source = kNoSource;  ///< the scraped series that it is; kNoSource for the sender's own
};

/// One sample or native histogram as sent. Two are the same datum when all members are equal.
struct ObservedSample {
    std::uint32_t series = 0;
    std::int64_t timestamp = 0;
    /// Of the value. For histograms a digest of the message, or the stale marker where the sum is that.
    std::uint64_t bits = 0;
    bool histogram = false;
    friend auto operator<=>(const ObservedSample&, const ObservedSample&) = default;
};

struct ObservedExemplar {
    std::uint32_t series = 0;
    LabelPairs labels;  ///< in the order of the wire
    std::uint64_t value_bits = 0;
    std::int64_t timestamp = 0;
};

/// Type, help and unit as sent for a series (2.0) or a family (1.0).
struct ObservedMetadata {
    std::uint64_t exchange = 0;  ///< that said it first
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    std::uint32_t series = 0;  ///< 2.0
    std::string family;        ///< 1.0
    std::uint32_t type = 0;    ///< as sent
    std::string help, unit;
};

/// One write request.
struct Delivery {
    std::uint64_t id = 0;  ///< of the exchange
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    std::optional<proto::ProtobufMessage> declared;  ///< by Content-Type; `message` is what the body is
    bool decoded = false;
    int status = 0;  ///< 0: no response was sent
    std::uint64_t connection = 0;
    std::int64_t first_byte_us = 0, response_start_us = 0, response_end_us = 0;
    std::vector<ObservedSample> samples;         ///< in message order
    std::vector<std::int64_t> start_timestamps;  ///< of the samples, ms; empty when none has one
    std::vector<ObservedExemplar> exemplar_list;
    std::uint64_t exemplars = 0, metadata = 0, histograms = 0, series = 0;
    std::string user_agent;
    std::string target;  ///< path and query as sent
    std::string step;    ///< of the script that answered; kResetInBody for a connection that was reset within the body
    std::string head;    ///< verbatim, where the observation keeps heads
    bool provoked = false;  ///< a trial made it deviate: its own check judges it, request rules do not
    [[nodiscard]] bool acknowledged() const { return status >= 200 && status < 300; }
};

inline constexpr std::string_view kResetInBody = "reset in the body";

/// In the body of every refusal: a sender that logs the receiver's text logs this.
inline constexpr std::string_view kErrorMarker = "prw-refusal-4711";

/// A request without data: GET and the like, as a redirect makes of a POST.
struct ObservedProbe {
    std::uint64_t id = 0;  ///< of the exchange
    int status = 0;
    std::string target;
};

/// What a sender does by itself, without any provocation, so that no judge takes it for an answer to one. The scenario
/// steady shows it; what the others show of it themselves is in Observation::habits().
struct Baseline {
    std::string scenario;      ///< that showed it; empty: none was played before this one is judged
    bool repeats_all = false;  ///< Habits::repeats_all
    /// By Observation::name_of_habit(): Habits::repeats and Habits::fixed.
    std::set<std::string> repeating, fixed;
    std::set<std::string> absent;  ///< SourceIdentity::text() of those of which nothing came under its name and labels
    std::uint64_t expected = 0, lost = 0;  ///< samples of whole scrapes; absent series are not among them
};

/// What series do by habit, by their index.
struct Habits {
    std::vector<bool> repeats;  ///< a sample came again that had been accepted without ado
    std::vector<bool> fixed;    ///< its time stands still while others go on, as of a constant with its first timestamp
    /// Nearly every series comes again: the sender repeats, not a series.
    bool repeats_all = false;
    /// A repeat of this series says nothing about what was repeated for another reason.
    [[nodiscard]] bool comes_again(std::uint32_t series) const {
        return fixed[series] || (repeats[series] && !repeats_all);
    }
};

/// Turns exchanges into deliveries. Not thread-safe.
class Observation {
public:
    Observation() = default;
    explicit Observation(std::vector<SourceIdentity> sources);

    /// Probes (GET and the like) are no deliveries.
    void add(const exchange::Exchange& exchange);
    /// For tests of judges: a series by its labels.
    std::uint32_t intern(const std::string& metric, LabelPairs labels);
    void add(Delivery delivery);
    void add(ObservedProbe probe);
    void add(ObservedMetadata metadata);
    [[nodiscard]] ObservedSample sample_of(std::uint32_t series, const proto::Histogram& histogram);
    /// What another scenario showed of this sender.
    void know(Baseline baseline);
    [[nodiscard]] const Baseline& known() const { return known_; }
    /// As far as known() and what came so far tell; computed when it is asked for.
    [[nodiscard]] const Habits& habits() const;
    /// By which a series is found again in another scenario.
    [[nodiscard]] std::string name_of_habit(std::uint32_t series) const;
    /// Requests to this path, or below it, are provoked to deviate. To be said before they come.
    void leave_to_trial(std::string path) { left_to_trials_.push_back(std::move(path)); }
    /// Deliveries keep their request heads from now on.
    void keep_heads() { keep_heads_ = true; }

    /// True once there is more than any verdict needs: a sender in a tight loop must not fill the memory. What comes
    /// after is not looked at.
    [[nodiscard]] bool full() const {
        return deliveries_.size() >= kMaxDeliveries || samples_ >= kMaxSamples ||
               histograms_.size() >= kMaxHistograms || exemplars_ >= kMaxHistograms;
    }
    static constexpr std::size_t kMaxDeliveries = 50'000, kMaxSamples = 2'000'000, kMaxHistograms = 200'000;

    [[nodiscard]] const std::vector<Delivery>& deliveries() const { return deliveries_; }
    [[nodiscard]] const std::vector<ObservedProbe>& probes() const { return probes_; }  ///< the first thousand
    [[nodiscard]] const std::vector<ObservedSeries>& series() const { return series_; }
    /// What a sample that is a histogram holds; nullptr for a stale marker, and for what is no histogram.
    [[nodiscard]] const proto::Histogram* histogram(const ObservedSample& sample) const;
    /// What was said of each series or family, in order, and again only where it differs from what was said last.
    [[nodiscard]] const std::vector<ObservedMetadata>& metadata() const { return metadata_; }
    [[nodiscard]] const std::vector<SourceIdentity>& sources() const { return sources_; }
    /// Findings of all requests, with the exchange that each is from; at most a few of each rule, `rule_counts` counts
    /// them all.
    struct SeenFinding {
        std::uint64_t exchange = 0;
        proto::ProtobufMessage message{};
        rules::Finding finding;
    };
    [[nodiscard]] const std::vector<SeenFinding>& findings() const { return findings_; }
    struct RuleCount {
        std::uint64_t findings = 0, requests = 0;
    };
    [[nodiscard]] const std::map<std::pair<std::string, proto::ProtobufMessage>, RuleCount>& rule_counts() const {
        return rule_counts_;
    }
    /// What the rules looked at in all requests with this message.
    [[nodiscard]] const rules::SubjectCounts& subjects(proto::ProtobufMessage message) const {
        return subjects_[static_cast<std::size_t>(message)];
    }
    /// Metric names of 2.0: `typed` had a type in some request, `untyped` had none in a request in which nothing had
    /// one.
    struct MetricTypes {
        std::set<std::string, std::less<>> typed, untyped;
        bool described = false;  ///< something had a help text or a unit
    };
    [[nodiscard]] const MetricTypes& metric_types() const { return metric_types_; }

private:
    void note_types(const proto::RequestView& view);
    void note_subjects(const exchange::Exchange& exchange, const Delivery& delivery);
    /// A long label that was exposed is not the fault of who sends it on.
    [[nodiscard]] bool exposed_so(const rules::Finding& finding) const;
    [[nodiscard]] bool provoked(std::string_view target) const;
    [[nodiscard]] std::uint32_t source_of(const std::string& metric, const LabelPairs& labels) const;

    std::vector<SourceIdentity> sources_;
    std::unordered_map<std::string, std::vector<std::uint32_t>> sources_by_metric_;
    std::unordered_map<std::string, std::uint32_t> index_;
    std::vector<ObservedSeries> series_;
    std::vector<Delivery> deliveries_;
    std::vector<ObservedProbe> probes_;
    std::unordered_map<std::uint64_t, proto::Histogram> histograms_;  ///< by ObservedSample::bits
    std::vector<ObservedMetadata> metadata_;
    std::map<std::pair<std::string, std::uint32_t>, std::size_t> last_metadata_;  ///< by family and series
    Baseline known_;
    mutable std::optional<Habits> habits_;  ///< of what came so far; nullopt: not asked for since something came
    bool keep_heads_ = false;
    std::vector<std::string> left_to_trials_;
    std::size_t samples_ = 0, exemplars_ = 0;
    std::vector<SeenFinding> findings_;
    std::map<std::pair<std::string, proto::ProtobufMessage>, RuleCount> rule_counts_;
    std::array<rules::SubjectCounts, 2> subjects_;  ///< by message
    std::unordered_set<std::uint64_t> refused_;     ///< digests of bodies that are to be sent again
    MetricTypes metric_types_;
};

class MemberReader;
class MemberWriter;

/// What one scenario notes for its own judges, besides what every record has: a struct beside its steps (NotesOf in
/// evidence/members.h), which stands in capsules under the keys that its members() gives.
class Notes {
public:
    virtual ~Notes() = default;
    [[nodiscard]] virtual std::unique_ptr<Notes> clone() const = 0;
    virtual void write(MemberWriter& out) const = 0;
    /// What is not there keeps its value.
    virtual void read(MemberReader& in) = 0;
    /// Tells an observation what it has to know before the exchanges of a capsule are added to it.
    virtual void prepare(Observation& /*observation*/) const {}
    /// Those that the scenario gave the program: no secret, and yet redacted where the program sends them.
    [[nodiscard]] virtual std::vector<std::string> credentials() const { return {}; }

protected:
    Notes() = default;
    Notes(const Notes&) = default;
    Notes& operator=(const Notes&) = default;
};

/// The notes of a record, copied with it.
class HeldNotes {
public:
    HeldNotes() = default;
    explicit HeldNotes(std::unique_ptr<Notes> notes) : notes_(std::move(notes)) {}
    HeldNotes(const HeldNotes& other) : notes_(other.notes_ ? other.notes_->clone() : nullptr) {}
    HeldNotes(HeldNotes&&) noexcept = default;
    HeldNotes& operator=(HeldNotes other) noexcept {
        notes_ = std::move(other.notes_);
        return *this;
    }
    ~HeldNotes() = default;

    [[nodiscard]] const Notes* get() const { return notes_.get(); }
    /// Begins them where there are none, or those of another scenario.
    template <std::derived_from<Notes> Own>
    [[nodiscard]] Own& as() {
        if (dynamic_cast<Own*>(notes_.get()) == nullptr) notes_ = std::make_unique<Own>();
        return static_cast<Own&>(*notes_);
    }
    /// Where there are none, what a scenario has noted before it begins.
    template <std::derived_from<Notes> Own>
    [[nodiscard]] const Own& as() const {
        static const Own kNothing;
        const auto* own = dynamic_cast<const Own*>(notes_.get());
        return own != nullptr ? *own : kNothing;
    }

private:
    std::unique_ptr<Notes> notes_;
};

/// One scenario from start to end. What a judge reads of it goes into capsules: what every scenario has by
/// evidence/context.cc, the rest by the scenario's own Notes.
struct ScenarioRecord {
    std::string scenario;
    proto::ProtobufMessage asked = proto::ProtobufMessage::kV1;
    suite::Target target;
    Observation observation;
    std::vector<Generation> generations;
    std::vector<FamilyIdentity> families;  ///< of the sources

    bool started = false;               ///< the program was started (always true with --attach)
    std::string problem;                ///< why the scenario could not be carried out; empty when it was
    bool target_broke = false;          ///< did not start or crashed: `problem` says how
    std::optional<std::string> exited;  ///< how the program ended by itself; nullopt when it ran until it was stopped
    bool exited_cleanly = false;
    bool interrupted = false;        ///< by the user
    bool gave_up = false;            ///< something was not waited for any longer
    std::string last_output;         ///< of the program
    std::int64_t stop_us = 0;        ///< when it was told to stop, in the receiver's time; 0: never
    bool wrote_log = false;          ///< the program wrote to stdout or stderr, which we could read
    bool logged_error_text = false;  ///< kErrorMarker was in it
    bool logged_written = false;     ///< before its end it spoke of Written counts, or of an unsupported message

    std::int64_t duration_ms = 0;
    std::string directory;        ///< absolute, of this scenario
    std::string capture;          ///< file name in it; empty if none
    std::string expected_host;    ///< CheckOptions::expected_host of the receiver
    std::string expected_target;  ///< CheckOptions::expected_target of the receiver
    bool peer_is_1x = false;      ///< CheckOptions::peer_is_1x of the receiver: it knew 1.0 only
    HeldNotes held;               ///< see notes()

    [[nodiscard]] const std::vector<Delivery>& deliveries() const { return observation.deliveries(); }
    [[nodiscard]] bool scraped() const { return !generations.empty(); }
    /// What this scenario noted for its own judges: record.notes<TransportNotes>().reset_until.
    template <typename Own>
    [[nodiscard]] Own& notes() {
        return held.as<Own>();
    }
    template <typename Own>
    [[nodiscard]] const Own& notes() const {
        return held.as<Own>();
    }
};

/// The time that the sender gave each generation (ms), from the samples whose value tells the generation.
[[nodiscard]] std::map<std::uint64_t, std::int64_t> generation_times(const Observation& observation,
                                                                     const std::vector<Generation>& generations);

}  // namespace prw::sender_suite
