#include "actors/media/worker/pictures.hpp"

#include "actors/media/worker/blurhash.hpp"
#include "actors/media/worker/hidden_data.hpp"

#include <vips/vips.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace nova::media {
namespace {

struct free_image {
  void operator()(VipsImage* i) const { g_object_unref(i); }
};
using image = std::unique_ptr<VipsImage, free_image>;

constexpr int small_side = 320, large_side = 1280;
constexpr int quality_webp = 80, quality_avif = 50, effort_avif = 1, quality_rewritten = 92;

/// Takes away what is not drawn. The encoders' own `strip` is not enough: libvips 8.14 leaves the camera's data in WebP.
void strip(const image& from) {
  constexpr std::array<std::string_view, 7> drawn{"n-pages",  "page-height", "delay",     "loop",
                                                  "gif-loop", "gif-delay",   "background"};
  char** names = vips_image_get_fields(from.get());
  for (char** name = names; *name != nullptr; ++name)
    if (std::find(drawn.begin(), drawn.end(), *name) == drawn.end())
      vips_image_remove(from.get(), *name);
  g_strfreev(names);
}

image load(std::string_view bytes, const char* options = "") {
  return image(vips_image_new_from_buffer(bytes.data(), bytes.size(), options, "access",
                                          VIPS_ACCESS_SEQUENTIAL, nullptr));
}

/// At most `side` pixels wide and high, upright, in sRGB, in memory. Empty: not all of it can be read.
image shrunk(std::string_view bytes, int side) {
  VipsImage* out = nullptr;
  if (vips_thumbnail_buffer(const_cast<char*>(bytes.data()), bytes.size(), &out, side, "height",
                            side, "size", VIPS_SIZE_DOWN, "export_profile", "srgb", "option_string",
                            "fail_on=truncated", nullptr) != 0)
    return {};
  const image lazy(out);
  image memory(vips_image_copy_memory(lazy.get()));
  if (memory) strip(memory);  // of the colours, too: sRGB needs no profile
  return memory;
}

image shrunk(const image& from, int side) {
  VipsImage* out = nullptr;
  if (vips_thumbnail_image(from.get(), &out, side, "height", side, "size", VIPS_SIZE_DOWN,
                           nullptr) != 0)
    return {};
  const image lazy(out);
  return image(vips_image_copy_memory(lazy.get()));
}

std::optional<std::string> taken(int failed, void* buffer, std::size_t size) {
  if (failed != 0) return std::nullopt;
  std::string out(static_cast<const char*>(buffer), size);
  g_free(buffer);
  return out;
}

/// Without the resolution and the version that libvips 8.14 writes as camera's data into each WebP.
std::optional<std::string> plain_webp(std::optional<std::string> saved) {
  return saved ? without_hidden_data(*saved, "webpload") : std::nullopt;
}

std::optional<std::string> webp(const image& from) {
  void* buffer = nullptr;
  std::size_t size = 0;
  const int failed = vips_webpsave_buffer(from.get(), &buffer, &size, "Q", quality_webp, "effort",
                                          2, "strip", TRUE, nullptr);
  return plain_webp(taken(failed, buffer, size));
}

std::optional<std::string> avif(const image& from) {
  void* buffer = nullptr;
  std::size_t size = 0;
  const int failed = vips_heifsave_buffer(from.get(), &buffer, &size, "Q", quality_avif,
                                          "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1,
                                          "effort", effort_avif, "strip", TRUE, nullptr);
  return taken(failed, buffer, size);
}

bool has_alpha(const image& i) { return vips_image_hasalpha(i.get()) != 0; }

std::string hash_of(const image& from) {
  constexpr int side = 32;
  auto small = shrunk(from, side);
  if (!small) return {};
  VipsImage* plain = nullptr;
  if (has_alpha(small)) {
    if (vips_flatten(small.get(), &plain, nullptr) != 0) return {};
    small.reset(plain);
  }
  VipsImage* srgb = nullptr;
  if (vips_colourspace(small.get(), &srgb, VIPS_INTERPRETATION_sRGB, nullptr) != 0) return {};
  small.reset(srgb);
  VipsImage* cast = nullptr;
  if (vips_cast_uchar(small.get(), &cast, nullptr) != 0) return {};
  small.reset(cast);
  if (vips_image_get_bands(small.get()) != 3) return {};
  std::size_t size = 0;
  void* pixels = vips_image_write_to_memory(small.get(), &size);
  if (pixels == nullptr) return {};
  auto out = blurhash({static_cast<const std::uint8_t*>(pixels), size},
                      vips_image_get_width(small.get()), vips_image_get_height(small.get()));
  g_free(pixels);
  return out;
}

bool has_camera_data(const image& i) {
  for (const char* name : {"exif-data", "xmp-data", "iptc-data"})
    if (vips_image_get_typeof(i.get(), name) != 0) return true;
  return false;
}

/// What browsers cannot show: HEIC, which is HEIF that is not AVIF.
bool is_foreign(const image& i, std::string_view loader) {
  const char* compression = nullptr;
  if (!loader.starts_with("heif")) return false;
  return vips_image_get_typeof(i.get(), "heif-compression") == 0 ||
         vips_image_get_string(i.get(), "heif-compression", &compression) != 0 ||
         std::string_view(compression) != "av1";
}

/// The file as it is, but for hidden data. Empty: it must be made anew.
std::optional<std::string> cleaned(std::string_view bytes, const std::string& loader,
                                   const image& header) {
  const bool turned =
      vips_image_get_orientation(header.get()) > 1 && vips_image_get_n_pages(header.get()) == 1;
  const bool items = loader.starts_with("heif") && has_camera_data(header);
  if (turned || items || is_foreign(header, loader)) return std::nullopt;
  return without_hidden_data(bytes, loader);
}

std::string type_of(std::string_view loader) {
  for (const char* name : {"png", "webp", "gif"})
    if (loader.starts_with(name)) return std::string("image/") + name;
  return loader.starts_with("heif") ? "image/avif" : "image/jpeg";
}

/// The picture anew, without hidden data, upright. HEIC and AVIF become JPEG, or WebP where they are transparent.
std::optional<made_variant> rewritten(std::string_view bytes, std::string_view loader) {
  VipsImage* raw = vips_image_new_from_buffer(bytes.data(), bytes.size(),
                                              loader.starts_with("webp") ? "[n=-1]" : "", nullptr);
  image whole(raw);
  if (!whole) return std::nullopt;
  VipsImage* upright = nullptr;
  if (vips_autorot(whole.get(), &upright, nullptr) != 0) return std::nullopt;
  whole.reset(upright);
  VipsImage* srgb = nullptr;
  if (vips_image_get_typeof(whole.get(), VIPS_META_ICC_NAME) != 0 &&
      vips_icc_transform(whole.get(), &srgb, "srgb", "embedded", TRUE, nullptr) == 0)
    whole.reset(srgb);
  VipsImage* own = nullptr;
  if (vips_copy(whole.get(), &own, nullptr) != 0) return std::nullopt;
  whole.reset(own);
  strip(whole);
  void* buffer = nullptr;
  std::size_t size = 0;
  made_variant out{"shown", "", "", vips_image_get_width(whole.get()),
                   vips_image_get_height(whole.get())};
  int failed = 0;
  if (loader.starts_with("png")) {
    out.type = "image/png";
    failed = vips_pngsave_buffer(whole.get(), &buffer, &size, "strip", TRUE, nullptr);
  } else if (loader.starts_with("webp") || has_alpha(whole)) {
    out.type = "image/webp";
    failed = vips_webpsave_buffer(whole.get(), &buffer, &size, "Q", quality_rewritten, "strip",
                                  TRUE, nullptr);
  } else {
    out.type = "image/jpeg";
    failed = vips_jpegsave_buffer(whole.get(), &buffer, &size, "Q", quality_rewritten, "strip",
                                  TRUE, nullptr);
  }
  auto saved = taken(failed, buffer, size);
  if (out.type == "image/webp") saved = plain_webp(std::move(saved));
  if (!saved) return std::nullopt;
  out.bytes = std::move(*saved);
  return out;
}

bool add_variant(made_picture& to, const image& from, int side) {
  const auto name = std::to_string(side);
  const int width = vips_image_get_width(from.get()), height = vips_image_get_height(from.get());
  auto as_webp = webp(from);
  if (!as_webp) return false;
  to.variants.push_back({name, "image/webp", std::move(*as_webp), width, height});
  if (auto as_avif = avif(from))
    to.variants.push_back({name + "_avif", "image/avif", std::move(*as_avif), width, height});
  return true;
}

}  // namespace

bool begin_pictures(const char* program) {
  if (VIPS_INIT(program) != 0) return false;
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_block_untrusted_set(TRUE);
  vips_operation_block_set("VipsForeignLoad", TRUE);
  for (const char* loader : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
                             "VipsForeignLoadHeif", "VipsForeignLoadNsgif"})
    vips_operation_block_set(loader, FALSE);
  return true;
}

std::optional<made_picture> make_picture(std::string_view bytes, std::uint64_t most_pixels) {
  const auto header = load(bytes);
  if (!header) return std::nullopt;
  const auto width = vips_image_get_width(header.get()),
             height = vips_image_get_height(header.get());
  const auto pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  const auto frames = static_cast<std::uint64_t>(vips_image_get_n_pages(header.get()));
  if (pixels > most_pixels || pixels * frames > most_pixels * animation_factor) return std::nullopt;
  const char* name = nullptr;
  if (vips_image_get_typeof(header.get(), VIPS_META_LOADER) == 0 ||
      vips_image_get_string(header.get(), VIPS_META_LOADER, &name) != 0)
    return std::nullopt;
  const std::string loader(name);
  made_picture out;
  const bool turned = vips_image_get_orientation_swap(header.get()) != 0;
  out.width = turned ? height : width;
  out.height = turned ? width : height;
  const auto large = shrunk(bytes, large_side);
  if (!large) return std::nullopt;
  const auto small = shrunk(large, small_side);
  if (!small || !add_variant(out, small, small_side) || !add_variant(out, large, large_side))
    return std::nullopt;
  out.blurhash = hash_of(small);
  auto clean = cleaned(bytes, loader, header);
  if (!clean) out.shown = rewritten(bytes, loader);
  else if (*clean != bytes)
    out.shown = {"shown", type_of(loader), std::move(*clean), out.width, out.height};
  if (!clean && !out.shown) return std::nullopt;
  return out;
}

}  // namespace nova::media
