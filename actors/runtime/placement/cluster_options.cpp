#include "actors/runtime/placement/cluster_options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace nova::runtime {

namespace json = boost::json;

std::string json_of(const cluster_status& s) {
  json::array members, domains;
  json::object counters;
  for (const auto& [name, value] : s.counters) counters[name] = value;
  for (const auto& m : s.members) {
    json::array roles;
    for (const auto& role : m.roles) roles.emplace_back(role);
    members.push_back(
        json::object{{"node", m.node},
                     {"incarnation", m.incarnation},
                     {"address", m.address},
                     {"operations", m.operations},
                     {"release", m.release},
                     {"roles", std::move(roles)},
                     {"linked", m.linked},
                     {"leaving", m.leaving},
                     {"self", m.self},
                     {"load", m.load ? json::value{{"processor_percent", m.load->processor_percent},
                                                   {"waiting_calls", m.load->waiting_calls}}
                                     : json::value()}});
  }
  for (const auto& o : s.owners)
    domains.push_back(json::object{{"domain", o.domain},
                                   {"part", o.part},
                                   {"node", o.node},
                                   {"epoch", o.epoch},
                                   {"shards", json::array(o.shards.begin(), o.shards.end())}});
  return json::serialize(json::object{{"members", std::move(members)},
                                      {"domains", std::move(domains)},
                                      {"counters", std::move(counters)}});
}

}  // namespace nova::runtime
