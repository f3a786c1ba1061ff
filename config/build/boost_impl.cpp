// The one translation unit of Asio's and Beast's separately compiled parts.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
