// SPDX-License-Identifier: Apache-2.0
// Does what a sanitizer must report: `leak` loses memory, `race` writes from two threads without a lock. Its
// test passes when the report is there: a run under a sanitizer that is switched off proves nothing.
#include <cstring>
#include <new>
#include <thread>

namespace {
int shared_count = 0;
void* volatile kept = nullptr;
}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "leak") == 0) {
    kept = ::operator new(1000);
    kept = nullptr;
    return 0;
  }
  if (argc == 2 && std::strcmp(argv[1], "race") == 0) {
    std::thread other([] { ++shared_count; });
    ++shared_count;
    other.join();
    return 0;
  }
  return 2;
}
