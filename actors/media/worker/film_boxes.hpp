// Finds in a film or sound of the MP4 family (MOV, M4A, 3GP) what is neither picture nor sound nor text: places, times, the camera's
// data, tracks of a GPS receiver. Called by the worker.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace nova::media {

/// Bytes to overwrite. The file keeps its length and all its offsets.
struct hidden_range {
  std::int64_t offset = 0, length = 0;
  bool named = false;  ///< true: the type of a box, which becomes `free`; false: zeros
};

/// Reads exactly so many bytes at an offset. False: they are not there.
using film_source = std::function<bool(std::int64_t offset, char* to, std::size_t bytes)>;

struct film_verdict {
  bool boxes = false;  ///< the file is of this family
  bool whole = false;  ///< all of it was understood; false: `hidden` is not to be used
  std::vector<hidden_range> hidden;
};

/// Ranges of one answer. A film with more is not understood.
inline constexpr std::size_t most_hidden_ranges = 100'000;

/// Reads the heads of boxes and the tables of tracks that go, no picture and no sound.
film_verdict find_hidden(std::int64_t size, const film_source& read);

}  // namespace nova::media
