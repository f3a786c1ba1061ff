// The one translation unit of Asio's TLS streams, which only links use.
#include <boost/asio/ssl/impl/src.hpp>
