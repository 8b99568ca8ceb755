#include "progress_line.h"

#include <algorithm>

namespace prw::cli {

namespace {
/// A sender that is slower is waited for longer than users may expect.
constexpr std::chrono::milliseconds kSlow(1500);
}  // namespace

ProgressLine::ProgressLine(const Io& io, std::ostream& out, std::string_view unit, bool quiet)
    : io_(io), out_(out), unit_(unit), quiet_(quiet) {}

void ProgressLine::show(const conformance::Progress& progress) {
    if (quiet_ || progress.elapsed < std::chrono::seconds(1)) return;
    std::string text = std::to_string(progress.done) + " of " + std::to_string(progress.total) + " " + unit_ + ", " +
                       std::to_string(progress.requests) + " requests, ";
    if (progress.samples > 0) text += std::to_string(progress.samples) + " samples, ";
    text += std::to_string(progress.elapsed.count() / 1000) + " s";
    if (progress.cadence > kSlow)
        text += " (new data every " + std::to_string((progress.cadence.count() + 500) / 1000) +
                " s: a scenario may take up to " + std::to_string(progress.limit.count() / 60'000) + " min)";
    if (io_.out_is_terminal) {
        if (!progress.running.empty()) text += "   " + progress.running.front();
        if (progress.running.size() > 1) text += " and " + std::to_string(progress.running.size() - 1) + " more";
        text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(20, io_.width - 1))));
        out_ << "\r\x1b[K" << text << std::flush;
        shown_ = true;
    } else if (!progress.finished.empty()) {
        out_ << progress.finished << " done; " << text << "\n" << std::flush;
        last_ = progress.elapsed;
    } else if (progress.elapsed - last_ >= std::chrono::seconds(10)) {
        out_ << text << "\n" << std::flush;
        last_ = progress.elapsed;
    }
}

void ProgressLine::clear() {
    if (shown_) out_ << "\r\x1b[K" << std::flush;
    shown_ = false;
}

}  // namespace prw::cli
