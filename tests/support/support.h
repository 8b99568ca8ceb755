/// Helpers that every test may use: scratch directories, fixtures, hex.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace prw::testing {

/// Of the project. Only here, so that compiled tests do not depend on where the project lies.
[[nodiscard]] std::filesystem::path source_dir();

/// A directory of its own that is removed, with contents, at the end of the scope.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// Contents of a file; throws std::runtime_error with the path when it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view contents);

/// tests/captures/FOLDER/NNN.http split into head (through the blank line) and body.
struct HttpFixture {
    std::string name, head, body;
};
[[nodiscard]] HttpFixture fixture(std::string_view folder_and_file);  ///< "prometheus-2.42-1.0/001"
[[nodiscard]] std::vector<HttpFixture> all_fixtures();                ///< throws where there is none

/// "0a 0f" → bytes; blanks are ignored.
[[nodiscard]] std::string unhex(std::string_view hex);
[[nodiscard]] std::string hex(std::string_view bytes);

/// The file's contents, for comparison with `actual`; with PRW_UPDATE_GOLDEN=1 in the environment it writes `actual`
/// there first.
[[nodiscard]] std::string golden(const std::filesystem::path& path, std::string_view actual);

}  // namespace prw::testing
