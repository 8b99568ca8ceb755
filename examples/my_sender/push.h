/// A sender of Remote Write 1.0 in a hundred lines: what is tested in this example.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct Point {
    std::vector<std::pair<std::string, std::string>> labels;  ///< sorted by name, `__name__` among them
    double value = 0;
    std::int64_t timestamp_ms = 0;
};

/// The message, snappy-compressed.
[[nodiscard]] std::string encode(const std::vector<Point>& points);

/// Sends until it is acknowledged, refused for good (4xx) or `attempts` are used up. True when it is acknowledged.
[[nodiscard]] bool push(const std::string& url, const std::vector<Point>& points, int attempts = 10);
