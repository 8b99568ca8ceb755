// Sends one series to $PRW_REMOTE_WRITE_URL, three samples in as many requests.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "push.h"

int main() {
    const char* url = std::getenv("PRW_REMOTE_WRITE_URL");
    if (url == nullptr) {
        std::fputs("my_sender: PRW_REMOTE_WRITE_URL is not set\n", stderr);
        return 2;
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto start = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    for (int i = 0; i < 3; ++i) {
        const bool taken = push(url, {{{{"__name__", "my_queue_length"}, {"queue", "in"}}, double(i), start + i}});
        std::printf("sample %d: %s\n", i, taken ? "acknowledged" : "dropped");
    }
}
