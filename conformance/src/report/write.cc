#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "prw/conformance/results.h"

namespace prw::conformance {

namespace {

/// A reader of the report never sees half a file.
Result<void> write_whole(const std::filesystem::path& path, const std::string& contents) {
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
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
        return fail(ErrorCode::kIo, "cannot write the report", path.string(), std::strerror(errno));
    return {};
}

}  // namespace

Result<void> write_reports(const Results& results, const std::string& dir) {
    std::error_code error;
    std::filesystem::create_directories(dir, error);
    if (error) return fail(ErrorCode::kIo, "cannot create the report's folder", dir, error.message());
    if (auto done = write_whole(std::filesystem::path(dir) / "results.json", to_json(results)); !done) return done;
    return write_whole(std::filesystem::path(dir) / "report.html", render_html(results));
}

}  // namespace prw::conformance
