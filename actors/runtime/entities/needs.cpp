#include "actors/runtime/entities/needs.hpp"

namespace nova::runtime {

namespace {

using deliver_fn = std::shared_ptr<std::function<void(std::size_t, need_result)>>;

struct start {
  domain_link& d;
  const need_origin& origin;
  std::size_t index;
  const deliver_fn& deliver;

  void operator()(storage::statement& s) const {
    d.database->read(std::move(s), [i = index, deliver = deliver](storage::read_result r) {
      if (r.has_error()) (*deliver)(i, {{}, r.error()});
      else (*deliver)(i, {std::move(r.value()), {}});
    });
  }

  void operator()(job& j) const {
    auto done = [i = index, deliver = deliver](job_result r) {
      (*deliver)(i, {std::move(r.value), std::move(r.failed)});
    };
    if (!d.services.jobs.submit(j.name, std::move(j.run), origin.deadline, std::move(done)))
      (*deliver)(index,
                 {{}, make_error(errc::overloaded, {}, d.services.settings().overload_retry_ms)});
  }

  void operator()(ask& a) const {
    rpc::call c;
    c.method = a.method;
    if (origin.caller != nullptr) c.caller = *origin.caller;
    c.caller.kind = rpc::caller_kind::node;
    c.request_id = origin.request_id;
    c.deadline = origin.deadline;
    c.request = std::move(a.request);
    c.reply = [i = index, deliver = deliver](rpc::reply_result r) {
      (*deliver)(i, {std::move(r), {}});
    };
    d.router.call(std::move(c));
  }

  void operator()(pause& p) const {
    d.services.timers.after(p.delay, [i = index, deliver = deliver] { (*deliver)(i, {}); });
  }
};

}  // namespace

void carry_out(domain_link& d, need&& what, const need_origin& origin,
               std::function<void(std::size_t, need_result)> deliver) {
  auto shared = std::make_shared<std::function<void(std::size_t, need_result)>>(std::move(deliver));
  for (std::size_t i = 0; i < what.items.size(); ++i)
    std::visit(start{d, origin, i, shared}, what.items[i]);
}

}  // namespace nova::runtime
