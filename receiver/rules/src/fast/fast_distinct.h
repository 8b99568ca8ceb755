/// Finds equal byte strings among many: label sets of a request, symbols of a table. Internal to fast*.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "fast_util.h"

namespace prw::rules::fast {

/// A byte string of the message, with its hash.
struct Item {
    std::uint64_t hash;
    std::uint32_t offset, size;
};

/// Open addressing over items in message order. The hash only finds candidates, bytes decide. Its time is linear
/// whatever the input: probes are bounded, and running out of them counts as not distinct.
class Distinct {
public:
    /// True when no two items are equal. `twin(earlier, later)` may forgive a pair.
    template <typename Twin>
    [[nodiscard]] bool check(const Byte* base, const Item* items, std::size_t count, Twin twin) {
        if (count < 2) return true;
        const std::size_t slots = std::bit_ceil(count * 2);
        Slot* const table = slots_.reserve(slots);
        std::memset(static_cast<void*>(table), 0, slots * sizeof(Slot));
        const std::size_t mask = slots - 1;
        for (std::size_t i = 0; i < count; ++i) {
            if (i + kAhead < count) __builtin_prefetch(&table[items[i + kAhead].hash & mask], 1);
            const Item& item = items[i];
            const auto tag = static_cast<std::uint32_t>(item.hash >> 32U);
            std::size_t at = item.hash & mask;
            for (unsigned probe = 0;; ++probe, at = (at + 1) & mask) {
                Slot& slot = table[at];
                if (slot.next == 0) {
                    slot = {tag, static_cast<std::uint32_t>(i + 1)};
                    break;
                }
                if (slot.tag == tag) {
                    const Item& other = items[slot.next - 1];
                    if (other.size == item.size &&
                        std::memcmp(base + other.offset, base + item.offset, item.size) == 0) {
                        if (!twin(slot.next - 1, i)) return false;
                        slot.next = static_cast<std::uint32_t>(i + 1);
                        break;
                    }
                }
                if (probe == kMaxProbes) return false;
            }
        }
        return true;
    }

private:
    struct Slot {
        std::uint32_t tag, next;
    };  ///< next: index of the item plus one; 0: free
    static constexpr std::size_t kAhead = 12;
    static constexpr unsigned kMaxProbes = 64;
    Scratch<Slot> slots_;
};

}  // namespace prw::rules::fast
