#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "prw/suite/process.h"

namespace prw::suite {
namespace fs = std::filesystem;

namespace {
bool executable(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}
}  // namespace

std::string find_program(std::string_view name, std::string_view base) {
    if (name.empty()) return {};
    std::error_code error;
    if (name.find('/') != std::string_view::npos) {
        const fs::path given(name);
        const auto absolute = given.is_absolute() || base.empty() ? fs::absolute(given, error)
                                                                  : fs::absolute(fs::path(base) / given, error);
        return !error && executable(absolute) ? absolute.lexically_normal().string() : std::string();
    }
    const char* variable = std::getenv("PATH");
    std::string_view rest = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
    while (true) {
        const auto colon = rest.find(':');
        const auto folder = rest.substr(0, colon);
        const auto candidate = fs::absolute(fs::path(folder.empty() ? "." : folder) / name, error);
        if (!error && executable(candidate)) return candidate.string();
        if (colon == std::string_view::npos) return {};
        rest.remove_prefix(colon + 1);
    }
}

std::string tail_of_file(const std::string& path, std::size_t lines, std::size_t max_bytes, std::size_t end) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return {};
    const auto size = std::min(end, static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0)));
    const auto from = size > max_bytes ? size - max_bytes : 0;
    file.seekg(static_cast<std::streamoff>(from));
    std::string text(size - from, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    std::string clean;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == 0x1b && i + 1 < text.size() && text[i + 1] == '[') {  // a colour: up to its final letter
            i += 2;
            while (i < text.size() && (text[i] < '@' || text[i] > '~')) ++i;
        } else if (byte == '\n' || byte == '\t' || byte >= 0x20) {
            clean += text[i];
        }
    }
    while (!clean.empty() && clean.back() == '\n') clean.pop_back();
    std::size_t start = clean.size();
    for (std::size_t seen = 0; start > 0; --start) {
        if (clean[start - 1] == '\n' && ++seen == lines) break;
    }
    return clean.substr(start);
}

}  // namespace prw::suite
