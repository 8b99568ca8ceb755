#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "prw/conformance/reports.h"
#include "report/write_file.h"

namespace prw::conformance {

namespace fs = std::filesystem;

namespace report {

Result<void> write_whole(const fs::path& path, const std::string& contents) {
    std::error_code error;
    if (const auto folder = path.parent_path(); !folder.empty()) {
        fs::create_directories(folder, error);
        if (error) return fail(ErrorCode::kIo, "cannot create the report's folder", folder.string(), error.message());
    }
    const auto temporary = path.string() + ".tmp";
    {
        std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
        out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
        out.flush();
        if (!out) {
            const int code = errno;
            std::remove(temporary.c_str());
            return fail(ErrorCode::kIo, "cannot write the report", path.string(), std::strerror(code));
        }
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
        const int code = errno;
        std::remove(temporary.c_str());
        return fail(ErrorCode::kIo, "cannot write the report", path.string(), std::strerror(code));
    }
    return {};
}

}  // namespace report

Result<void> write_reports(const Results& results, const std::vector<ReportFile>& files) {
    Result<void> first;
    for (const auto& file : files) {
        auto done = report::write_whole(file.path, render(results, file.format));
        if (!done && first) first = std::move(done);
    }
    return first;
}

Result<void> write_reports(const Results& results, const std::string& dir) {
    return write_reports(results, default_reports(dir));
}

Result<void> append_markdown(const Results& results, const std::string& path) {
    std::ofstream out(path, std::ios::binary | std::ios::app);
    out << render_markdown(results) << "\n";
    out.flush();
    if (!out) return fail(ErrorCode::kIo, "cannot append the summary", path, std::strerror(errno));
    return {};
}

}  // namespace prw::conformance
