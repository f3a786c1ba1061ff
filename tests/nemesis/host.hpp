// A host of the test: a network namespace whose only way out is a TUN device, which network.hpp reads and writes. Both are without a
// name: the kernel removes them with the last process that holds them, also after a kill -9 of the test. Used by network.cpp and bed.cpp.
#pragma once

#include <memory>
#include <string>

namespace nova::nemesis {

class host {
 public:
  /// Why no host can be made here; empty: one can. The process moves into namespaces of its own: to be called before any thread
  /// starts, and once. Root needs no more; others need user namespaces.
  static std::string enter();

  /// `number`: 1 to 254, the last part of its address. Null: `why` says what failed.
  static std::unique_ptr<host> make(unsigned number, std::string& why);
  /// The one in which this process is.
  static std::unique_ptr<host> of_this_process(unsigned number, std::string& why);
  ~host();
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  static std::string address_of(unsigned number);
  std::string address() const { return address_of(number_); }
  unsigned number() const noexcept { return number_; }
  /// Its packets, one a read and one a write. Does not block.
  int packets() const noexcept { return packets_; }

  /// The calling thread is in the host while this lives, and so are the processes and threads that it starts.
  class visit {
   public:
    explicit visit(const host& h);
    ~visit();
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

   private:
    int home_ = -1;
  };

 private:
  explicit host(unsigned number) : number_(number) {}
  bool open(std::string& why);

  const unsigned number_;
  int space_ = -1, packets_ = -1;
};

}  // namespace nova::nemesis
