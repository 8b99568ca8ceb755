#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "prw/sender/exposition.h"

namespace prw::sender::testing_support {

inline Scrape parsed(std::string_view input, InputFormat format) {
    auto scrape = parse_exposition(input, format, {.source = "in"});
    if (!scrape) ADD_FAILURE() << scrape.error().text();
    return scrape ? std::move(*scrape) : Scrape{};
}

inline std::string hex_bits(std::uint64_t bits) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bits));
    return text;
}

/// `name{labels} bits @timestamp start=… # {labels} bits @timestamp` for every point.
inline std::vector<std::string> shown(const Scrape& scrape) {
    std::vector<std::string> out;
    for (const Family& family : scrape.families) {
        for (const Point& point : family.points) {
            std::string text = series_name(point.labels) + " " + hex_bits(point.value_bits);
            if (point.timestamp_ms) text += " @" + std::to_string(*point.timestamp_ms);
            if (point.start_timestamp_ms != 0) text += " start=" + std::to_string(point.start_timestamp_ms);
            for (const PointExemplar& exemplar : point.exemplars) {
                text += " # " + series_name(exemplar.labels) + " " + hex_bits(exemplar.value_bits);
                if (exemplar.timestamp_ms) text += " @" + std::to_string(*exemplar.timestamp_ms);
            }
            out.push_back(text);
        }
    }
    return out;
}

}  // namespace prw::sender::testing_support
