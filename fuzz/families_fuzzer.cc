#include "entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static prw::fuzz::FamiliesCheck check;
    return prw::fuzz::report(check(prw::fuzz::text(data, size)), data, size);
}
