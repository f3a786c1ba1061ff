// The body of a request as Beast's parser fills it: text in memory, or pieces that a body_taker takes. Used by http_connection.
#pragma once

#include "gateway/http/body_streams.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include <cstdint>
#include <string>

namespace nova::gateway {

struct request_body {
  struct value_type {
    std::string text;
    body_taker* taker = nullptr;  ///< takes the bytes instead of `text`
    bool wants_more = true;
  };

  class reader {
   public:
    template <bool IsRequest, class Fields>
    reader(boost::beast::http::header<IsRequest, Fields>&, value_type& to) : to_(to) {}
    void init(const boost::optional<std::uint64_t>&, boost::system::error_code& ec) { ec = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& ec) {
      ec = {};
      std::size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers); ++at) {
        const boost::asio::const_buffer piece(*at);
        const std::string_view bytes(static_cast<const char*>(piece.data()), piece.size());
        if (to_.taker != nullptr) to_.wants_more = to_.taker->take(bytes);
        else to_.text.append(bytes);
        taken += bytes.size();
      }
      return taken;
    }
    void finish(boost::system::error_code& ec) { ec = {}; }

   private:
    value_type& to_;
  };
};

}  // namespace nova::gateway
