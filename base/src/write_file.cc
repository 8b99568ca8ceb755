#include "prw/base/write_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace prw::base {

Result<void> write_whole(const std::filesystem::path& path, const std::string& contents) {
    std::error_code error;
    if (const auto folder = path.parent_path(); !folder.empty()) {
        std::filesystem::create_directories(folder, error);
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

}  // namespace prw::base
