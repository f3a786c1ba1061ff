// By how much tests let things take longer in a build under a sanitizer. For limits of time that say "fast enough" or
// "not without an end"; never for times that the contract names.
#pragma once

namespace nova::test {

#ifdef NOVA_SLOWDOWN
inline constexpr int slowdown = NOVA_SLOWDOWN;
#else
inline constexpr int slowdown = 1;
#endif

}  // namespace nova::test
