/// XXH3, compiled in: who links the rules needs no library for it. Internal.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>
