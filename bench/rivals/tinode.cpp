// Tinode's client protocol, JSON over WebSocket (0.25). A direct conversation is the topic named by the peer's user id; a
// room is a channel: the owner makes it as nch…, gets grp…, and readers take chn….
#include "bench/rivals/rival_wire.hpp"

#include <boost/json.hpp>

#include <charconv>

namespace nova::bench {

namespace {

namespace json = boost::json;

std::string_view text_of(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

class tinode_wire final : public rival_wire {
 public:
  tinode_wire(const rival_identity& who, wire_events events)
      : rival_wire(std::move(events)), secret_(basic(who.user + ":pass-" + who.user)) {}

  void open() override {
    write(R"({"hi":{"id":"h","ver":"0.25","ua":"b"}})");
    write(R"({"acc":{"id":"a","user":"new","scheme":"basic","secret":")" + secret_ +
          R"(","login":true,"desc":{"defacs":{"auth":"JRWPAS","anon":"N"}}}})");
  }

  void join(const std::string& target, bool) override {
    topic_ = target;
    write(R"({"sub":{"id":"s","topic":")" + target + "\"}}");
  }

  void send(std::uint64_t number, std::size_t text_bytes) override {
    write(R"({"pub":{"id":")" + std::to_string(number) + R"(","topic":")" + topic_ +
          R"(","noecho":true,"content":")" + numbered_text(number, text_bytes) + "\"}}");
  }

  void read(std::string_view frame) override {
    boost::system::error_code wrong;
    const auto value = json::parse(json::string_view(frame.data(), frame.size()), wrong);
    if (wrong || !value.is_object()) return ended("a frame is not JSON");
    const auto& o = value.get_object();
    if (const auto* data = o.if_contains("data"); data && data->is_object()) {
      const auto& d = data->get_object();
      const auto* seq = d.if_contains("seq");
      return received(text_of(d, "content"), seq && seq->is_int64() ? seq->get_int64() : 0,
                      frame.size());
    }
    if (const auto* ctrl = o.if_contains("ctrl"); ctrl && ctrl->is_object())
      control(ctrl->get_object());
  }

 private:
  void control(const json::object& c) {
    const auto id = text_of(c, "id");
    const auto* code = c.if_contains("code");
    const bool fine = code && code->is_int64() && code->get_int64() < 400;
    std::uint64_t number = 0;
    if (const auto [end, wrong] = std::from_chars(id.data(), id.data() + id.size(), number);
        wrong == std::errc{})
      return answered(number, fine);
    if (id.empty() || id == "h") return;
    if (!fine)
      return ended((id == "a" ? "the account was refused: " : "the topic was refused: ") +
                   json::serialize(c));
    if (id == "a") {
      const auto* params = c.if_contains("params");
      identified(
          std::string(params && params->is_object() ? text_of(params->get_object(), "user") : ""));
    } else {
      // A made room is answered with its name.
      if (const auto topic = text_of(c, "topic"); !topic.empty()) topic_ = std::string(topic);
      joined(topic_);
    }
  }

  const std::string secret_;
  std::string topic_;
};

}  // namespace

std::unique_ptr<rival_wire> make_tinode_wire(const rival_identity& who, wire_events events) {
  return std::make_unique<tinode_wire>(who, std::move(events));
}

}  // namespace nova::bench
