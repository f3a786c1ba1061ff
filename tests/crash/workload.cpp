// See workload.hpp. Setting up, waiting, and what a device does with what it is told; operations are in operations.cpp.
#include "tests/crash/workload_parts.hpp"

#include "tests/support/client/json_text.hpp"

#include <algorithm>
#include <utility>

namespace nova::crash {

using client::find_string;

namespace {

constexpr int login_tries = 20;

}  // namespace

workload::workload(client::io_thread& io, workload_options options, history& record)
    : io_(io), options_(std::move(options)), record_(record), random_(options_.seed) {
  record_.several_gateways = !options_.others.empty();
}

workload::~workload() {
  for (auto& d : devices_)
    if (d->session) d->session->stop(0);
  io_.run([this] {
    for (auto& d : devices_) d->session.reset();
    alive_.reset();
  });
}

bool workload::set_up(std::string& why) {
  accounts_ = client::register_accounts(options_.to, "crash" + client::unique_suffix() + "_",
                                        options_.people + 4);
  if (accounts_.empty()) {
    why = "registering was refused";
    return false;
  }
  for (const auto& a : accounts_) record_.accounts.push_back({a.id, a.handle, outcome::acked});
  return make_places(why) && open_devices(why);
}

bool workload::add_place(client::http_client& http, const std::string& kind, std::size_t owner,
                         const std::vector<std::size_t>& others, std::string& why) {
  std::vector<std::string> ids;
  for (auto i : others) ids.push_back(accounts_[i].id);
  auto p = std::make_unique<place>();
  p->id = client::create_conversation(http, accounts_[owner], kind, ids, &why);
  if (p->id.empty()) return false;
  p->owner = owner;
  p->senders = {owner};
  if (kind != "channel") p->senders.insert(p->senders.end(), others.begin(), others.end());
  p->founders = {owner};
  p->founders.insert(others.begin(), others.end());
  p->group = kind == "group";
  p->number = record_.conversations.size();
  conversation_record r;
  r.id = p->id;
  for (auto i : p->founders) r.founders.insert(accounts_[i].id);
  record_.conversations.push_back(std::move(r));
  place_of_[p->id] = p.get();
  places_.push_back(std::move(p));
  return true;
}

bool workload::make_places(std::string& why) {
  client::http_client http(options_.to);
  const auto people = options_.people;
  for (std::size_t i = 0; i + 1 < people; i += 2)
    if (!add_place(http, "direct", i, {i + 1}, why)) return false;
  for (std::size_t i : blocked_by_first)  // in these, sends are refused whenever the block is on
    if (!add_place(http, "direct", 0, {i}, why)) return false;
  for (std::size_t g = 0; g < 4; ++g)  // guests talk to somebody of their own
    if (!add_place(http, "direct", people + g, {g}, why)) return false;
  for (std::size_t g = 0; g < options_.groups; ++g) {
    const auto owner = (g * 5) % people;
    if (!add_place(http, "group", owner,
                   {(owner + 1) % people, (owner + 7) % people, (owner + 12) % people,
                    (owner + 21) % people},
                   why))
      return false;
    places_.back()->guest = people + g % 4;
  }
  for (std::size_t c = 0; c < 2; ++c)
    if (!add_place(http, "channel", c, {10 + c, 20 + c, 30 + c}, why)) return false;
  return true;
}

void workload::add_device(std::size_t account, const std::string& access_token, int number) {
  auto d = std::make_unique<device>();
  auto* raw = d.get();
  d->account = account;
  d->record = record_.devices.size();
  d->name = accounts_[account].handle + "/" + std::to_string(number);
  d->stubborn = devices_.size() % 5 == 2;
  d->slow = devices_.size() % 16 == 7;
  for (auto& p : places_) {
    if (p->founders.contains(account)) d->seen.follow(p->id);
    if (std::count(p->senders.begin(), p->senders.end(), account)) d->places.push_back(p.get());
  }
  record_.devices.push_back({accounts_[account].id, d->name, {}});
  std::vector<client::endpoint> gateways{options_.to};
  gateways.insert(gateways.end(), options_.others.begin(), options_.others.end());
  std::rotate(gateways.begin(), gateways.begin() + devices_.size() % gateways.size(),
              gateways.end());
  client::session_events events;
  events.opened = [this, raw](std::string_view result) { opened(*raw, result); };
  events.pushed = [this, raw](std::string_view frame) { pushed(*raw, frame); };
  events.closed = [this, raw](int code, int, std::string_view) {
    ++counts_.closes[code];
    raw->last_close = code;
    for (const auto& ended : std::exchange(raw->lost_attempts, {})) ended(code);
  };
  events.seen = [raw] { return raw->seen.text(); };
  d->session = client::session::make(io_,
                                     {.to = gateways.front(),
                                      .access_token = access_token,
                                      .reconnect = true,
                                      .others = {gateways.begin() + 1, gateways.end()},
                                      .patience = options_.patience,
                                      .receive_buffer_bytes = d->slow ? 4096 : 0},
                                     std::move(events));
  devices_.push_back(std::move(d));
}

bool workload::open_devices(std::string& why) {
  client::http_client http(options_.to);
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    add_device(i, accounts_[i].access_token, 1);
    for (int number = 2; number <= (i % 4 == 0 ? 3 : 2); ++number) {
      auto again = accounts_[i];
      const auto login = R"({"identifier":)" + client::quoted(again.handle) + R"(,"password":)" +
                         client::quoted(again.password) + "}";
      auto reply = http.post("/v1/auth/login", login);
      for (int n = 1; n < login_tries && reply.status == 503; ++n)  // on a machine that is busy
        reply = http.post("/v1/auth/login", login);
      if (!client::take_tokens(again, reply)) {
        why = "login: " + std::to_string(reply.status) + " " + reply.body;
        return false;
      }
      add_device(i, again.access_token, number);
    }
  }
  for (auto& d : devices_) d->session->start();
  const bool open = io_.wait(
      [this] {
        return std::all_of(devices_.begin(), devices_.end(),
                           [](const auto& d) { return d->session->is_open(); });
      },
      std::chrono::seconds(20));
  if (!open) why = "not every socket opened";
  return open;
}

void workload::begin() {
  io_.run([this] {
    issuing_ = true;
    series_.begin(std::chrono::steady_clock::now());
    for (auto& d : devices_) tick(*d);
  });
}

void workload::stop_issuing() {
  io_.run([this] { issuing_ = false; });
}

bool workload::await_acked(std::uint64_t total, std::chrono::milliseconds within) {
  return io_.wait([&] { return counts_.acked_sends >= total; }, within);
}

bool workload::await_idle(std::chrono::milliseconds within) {
  return io_.wait([&] { return in_flight_ == 0; }, within);
}

std::string workload::unanswered() {
  constexpr std::size_t shown = 5;
  std::string out;
  io_.run([&] {
    std::size_t waiting = 0;
    for (const auto& d : devices_) {
      if (d->in_flight == 0 || ++waiting > shown) continue;
      const auto since = std::chrono::steady_clock::now() - d->asked.begin()->second;
      out += d->name + (d->session->is_open() ? ", open at " : ", not open, last tried ") +
             d->session->to().host + ":" + std::to_string(d->session->to().port) + ", " +
             std::to_string(d->session->unanswered()) + " with its session, last close " +
             std::to_string(d->last_close) + ", last refusal '" + d->last_refusal +
             "': " + d->asked.begin()->first + " for " +
             std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(since).count()) +
             " ms; ";
    }
    out += std::to_string(in_flight_) + " of " + std::to_string(waiting) + " devices";
  });
  return out;
}

bool workload::await_refused(std::chrono::milliseconds within) {
  std::uint64_t before = 0;
  io_.run([&] { before = refused_later_; });
  return io_.wait([&] { return refused_later_ > before; }, within);
}

bool workload::await_caught_up(std::chrono::milliseconds within) {
  return io_.wait(
      [&] {
        for (const auto& c : record_.conversations)
          for (const auto& d : devices_)
            if (c.founders.contains(accounts_[d->account].id) && d->seen.of(c.id).seq < c.last_seq)
              return false;
        return true;
      },
      within);
}

void workload::watch_pauses() {
  io_.run([this] {
    counts_.longest_pause_ms = 0;
    counts_.first_answer_ms = -1;
    acknowledged_at_ = watched_from_ = std::chrono::steady_clock::now();
  });
}

void workload::watch_attempts(std::shared_ptr<watched_attempts> into) {
  io_.run([&] { attempts_ = std::move(into); });
}

std::vector<answer_series::point> workload::series() {
  std::vector<answer_series::point> out;
  io_.run([&] { out = series_.until(std::chrono::steady_clock::now()); });
  return out;
}

workload_counts workload::counts() {
  workload_counts out;
  io_.run([&] { out = counts_; });
  return out;
}

void workload::opened(device& d, std::string_view result) {
  const bool resumed = result.find(R"("resumed":true)") != std::string_view::npos;
  counts_.resumes += resumed;
  write_down(d, {.what = stream_event::kind::opened,
                 .resumed = resumed,
                 .text = d.session->to().host + ":" + std::to_string(d.session->to().port)});
}

void workload::write_down(device& d, stream_event e) {
  e.at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                  made_at_)
                .count();
  record_.devices[d.record].events.push_back(std::move(e));
}

void workload::pushed(device& d, std::string_view frame) {
  const auto view = client::read_frame(frame);
  if (view.method == "presence.changed") {
    d.presence[std::string(find_string(view.body, "account_id"))] =
        find_string(view.body, "status");
    return;
  }
  auto e = read_push(view.method, view.body);
  if (!e) return;
  d.seen.take(*e);
  counts_.deliveries += view.method == "messaging.message";
  counts_.gaps += e->what == stream_event::kind::gap;
  if (e->what == stream_event::kind::receipt) {
    auto& told = d.read_by[{e->conversation, e->text}];
    told = std::max(told, e->seq);
  }
  write_down(d, *std::move(e));
}

}  // namespace nova::crash
