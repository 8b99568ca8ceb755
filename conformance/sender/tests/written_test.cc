// Which logs show that a program noticed a success without Written headers.
#include <gtest/gtest.h>

#include "run/written.h"

namespace prw::sender_suite {
namespace {

TEST(SpeaksOfWritten, KnowsTheSentencesOfSendersAndNoOthers) {
    struct Row {
        const char* log;
        bool speaks;
    };
    const Row rows[] = {
        {"sent v2 request with 7 samples 0 histograms 0 exemplars; got 2xx, but PRW 2.0 response header statistics "
         "indicate 0 samples, 0 histograms and 0 exemplars were accepted; assuming failure",
         true},
        {"204 without any X-Prometheus-Remote-Write-*-Written header", true},
        {"WARN nothing was written", true},
        {"level=warn samples_written=0", true},
        {"{\"level\":\"error\",\"written\":0}", true},
        {"treating 204 like a 415", true},
        {"level=error status=415", true},
        {"unexpected HTTP 415", true},
        {"Unsupported Media Type", true},
        {"", false},
        {"level=info msg=\"segment written\" bytes=4096", false},
        {"bytes written: 1024", false},
        {"sent 415 samples", false},
        {"took 415 ms, status 204", false},
        {"status 204 in 415ms", false},
        {"listening on 127.0.0.1:41515", false},
        {"status=4150", false},
        {"an error\nconfiguration written", false},
    };
    for (const auto& [log, speaks] : rows) EXPECT_EQ(speaks_of_written(log, {}), speaks) << log;
}

TEST(SpeaksOfWritten, WhatWasHandedToTheProgramIsNoWordOfIts) {
    const std::vector<std::string> handed = {"/out/2xx-without-written-2.0/work",
                                             "2xx-without-written-2.0",
                                             "2xx-without-written",
                                             "http://127.0.0.1:41500/api/v1/write",
                                             "204",
                                             "no",
                                             "a part of the request was written"};
    EXPECT_FALSE(speaks_of_written("no config at /out/2xx-without-written-2.0/work/agent.yml", handed));
    EXPECT_FALSE(speaks_of_written("no config at ../2XX-without-WRITTEN-2.0/work/agent.yml", handed));
    EXPECT_FALSE(speaks_of_written("error in check 2xx-without-written", handed));
    EXPECT_FALSE(speaks_of_written("error: a part of the request was written", handed));
    EXPECT_TRUE(speaks_of_written("2xx-without-written: 204, no samples written", handed));
}

}  // namespace
}  // namespace prw::sender_suite
