#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "prw/base/write_file.h"
#include "prw/report/reports.h"

namespace prw::report {

namespace fs = std::filesystem;

namespace {

std::string folder_of(const std::string& path) {
    const auto folder = fs::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace

void move_paths(suite::Results& results, const std::string& from, const std::string& to) {
    const auto whole = [](const std::string& folder) {
        // With a last slash, or a folder would not be equal to itself.
        return (fs::absolute(folder.empty() ? "." : folder) / "").lexically_normal();
    };
    const auto origin = whole(from), base = whole(to);
    if (origin == base && !to.empty()) return;
    const auto move = [&](std::string& path) {
        if (path.empty() || fs::path(path).is_absolute()) return;
        const auto there = (origin / path).lexically_normal();
        path = (to.empty() ? there : there.lexically_relative(base)).string();
    };
    for (auto& check : results.checks) move(check.capsule);
    for (auto& scenario : results.scenarios) {
        move(scenario.capture);
        move(scenario.target_log);
    }
}

Result<void> write_reports(const suite::Results& results, const std::vector<ReportFile>& files,
                           const std::string& folder) {
    Result<void> first;
    for (const auto& file : files) {
        suite::Results there = results;
        move_paths(there, folder, folder_of(file.path));
        auto done = base::write_whole(file.path, render(there, file.format));
        if (!done && first) first = std::move(done);
    }
    return first;
}

Result<void> write_reports(const suite::Results& results, const std::string& dir) {
    return write_reports(results, default_reports(dir), dir);
}

Result<void> append_markdown(const suite::Results& results, const std::string& path) {
    std::ofstream out(path, std::ios::binary | std::ios::app);
    out << render_markdown(results) << "\n";
    out.flush();
    if (!out) return fail(ErrorCode::kIo, "cannot append the summary", path, std::strerror(errno));
    return {};
}

}  // namespace prw::report
