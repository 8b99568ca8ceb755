/// Our own /metrics. Internal; thread-safe.
#pragma once

#include <memory>
#include <string>

#include "prw/exchange/exchange.h"

namespace prw::receiver {

class Metrics {
public:
    Metrics();
    ~Metrics();
    void count(const exchange::Exchange& exchange);
    void in_flight(int change);
    [[nodiscard]] std::string text() const;  ///< exposition format 0.0.4

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace prw::receiver
