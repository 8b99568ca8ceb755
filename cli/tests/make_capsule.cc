/// Writes a capsule as `prw test sender` leaves one: make_capsule labels|retry FILE.
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "replay_support.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::filesystem::remove(argv[2]);
    const bool labels = std::string_view(argv[1]) == "labels";
    const auto written =
        labels ? prw::testing::write_unsorted_capsule(argv[2]) : prw::testing::write_retry_capsule(argv[2]);
    if (!written) std::fprintf(stderr, "make_capsule: %s\n", written.error().text().c_str());
    return written ? 0 : 1;
}
