// Prints protocols/metrics.txt; run by the target update_metrics.
#include "protocols/core/metrics.hpp"

#include <iostream>

int main() { std::cout << nova::metrics_text(); }
