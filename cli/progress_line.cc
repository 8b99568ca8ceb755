#include "progress_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace prw::cli {

namespace {
/// A sender that is slower is waited for longer than users may expect.
constexpr std::chrono::milliseconds kSlow(1500);
}  // namespace

ProgressLine::ProgressLine(const Io& io, std::ostream& out, std::string_view unit, bool quiet)
    : io_(io), out_(out), unit_(unit), quiet_(quiet) {}

void ProgressLine::show(const suite::Progress& progress) {
    if (quiet_ || progress.elapsed < std::chrono::seconds(1)) return;
    auto text = fmt::format("{} of {} {}, {} requests, ", progress.done, progress.total, unit_, progress.requests);
    if (progress.samples > 0) text += fmt::format("{} samples, ", progress.samples);
    text += fmt::format("{} s", progress.elapsed.count() / 1000);
    if (progress.cadence > kSlow)
        text += fmt::format(" (new data every {} s: a scenario may take up to {} min)",
                            (progress.cadence.count() + 500) / 1000, progress.limit.count() / 60'000);
    if (io_.out_is_terminal) {
        if (!progress.running.empty()) text += "   " + progress.running.front();
        if (progress.running.size() > 1) text += fmt::format(" and {} more", progress.running.size() - 1);
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
