// SPDX-License-Identifier: Apache-2.0
// The one exception of the engine: a status of lightcone.h and a sentence. It never leaves the
// library: lightcone.cpp turns it into a status and the thread's last error.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "lightcone.h"

namespace lightcone {

class Error : public std::runtime_error {
 public:
  Error(lightcone_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  lightcone_status status() const { return status_; }

 private:
  lightcone_status status_;
};

// printf into a string: messages name paths, indices and values.
__attribute__((format(printf, 1, 2))) inline std::string format(const char* pattern, ...) {
  va_list args;
  va_start(args, pattern);
  va_list again;
  va_copy(again, args);
  const int length = std::vsnprintf(nullptr, 0, pattern, args);
  va_end(args);
  std::string text(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  if (length > 0) std::vsnprintf(text.data(), text.size() + 1, pattern, again);
  va_end(again);
  return text;
}

}  // namespace lightcone
