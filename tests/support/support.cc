#include "support.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <stdlib.h>

#include "prw/base/bytes_text.h"

namespace prw::testing {

namespace fs = std::filesystem;

TempDir::TempDir() {
    std::string pattern = (fs::temp_directory_path() / "prw-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    path_ = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void write_file(const fs::path& path, std::string_view contents) {
    std::ofstream out(path, std::ios::binary);
    out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
    if (!out) throw std::runtime_error("cannot write " + path.string());
}

fs::path source_dir() { return PRW_SOURCE_DIR; }

namespace {

fs::path captures_dir() { return source_dir() / "tests" / "captures"; }

HttpFixture load(const fs::path& path) {
    const std::string bytes = read_file(path);
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) throw std::runtime_error("no blank line in " + path.string());
    const std::string name = path.parent_path().filename().string() + "/" + path.stem().string();
    return {name, bytes.substr(0, end + 4), bytes.substr(end + 4)};
}

}  // namespace

HttpFixture fixture(std::string_view folder_and_file) {
    return load(captures_dir() / (std::string(folder_and_file) + ".http"));
}

std::vector<HttpFixture> all_fixtures() {
    std::vector<HttpFixture> out;
    for (const auto& entry : fs::recursive_directory_iterator(captures_dir()))
        if (entry.path().extension() == ".http") out.push_back(load(entry.path()));
    // A loop over nothing would prove nothing.
    if (out.empty()) throw std::runtime_error("there are no requests in " + captures_dir().string());
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

std::string unhex(std::string_view text) {
    std::string out;
    int high = -1;
    for (const char c : text) {
        const int digit = base::hex_digit(c);
        if (digit < 0) continue;
        if (high < 0) {
            high = digit;
        } else {
            out.push_back(static_cast<char>(high * 16 + digit));
            high = -1;
        }
    }
    return out;
}

std::string hex(std::string_view bytes) { return base::hex(bytes); }

std::string golden(const fs::path& path, std::string_view actual) {
    if (const char* update = std::getenv("PRW_UPDATE_GOLDEN"); update != nullptr && std::string_view(update) == "1") {
        fs::create_directories(path.parent_path());
        write_file(path, actual);
    }
    return read_file(path);
}

}  // namespace prw::testing
