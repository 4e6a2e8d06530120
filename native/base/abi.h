// SPDX-License-Identifier: Apache-2.0
// What every function of the C ABI does at its edge: no exception leaves the library, a failure is a status
// and a sentence for the calling thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <new>

#include "base/error.h"
#include "base/predictions.h"
#include "lightcone.h"

namespace lightcone {

// Keeps the sentence for lightcone_last_error and returns the status.
lightcone_status record_error(lightcone_status status, const char* message);

template <class Body>
lightcone_status guard(Body&& body) {
  try {
    body();
    return record_error(LIGHTCONE_OK, "");
  } catch (const Error& error) {
    return record_error(error.status(), error.what());
  } catch (const std::bad_alloc&) {
    return record_error(LIGHTCONE_OUT_OF_MEMORY, "out of memory: use fewer models or a smaller panel_bytes");
  } catch (const std::exception& error) {
    return record_error(LIGHTCONE_INTERNAL, error.what());
  } catch (...) {
    return record_error(LIGHTCONE_INTERNAL, "unknown failure");
  }
}

inline void require(bool holds, const char* message) {
  if (!holds) throw Error(LIGHTCONE_INVALID_ARGUMENT, message);
}

// Sizes that count something: not negative, and their product times `element` bytes fits the address space.
inline int64_t require_sizes(std::initializer_list<int64_t> sizes, int64_t element, const char* name) {
  int64_t count = 1, bytes = 0;
  for (const int64_t size : sizes)
    if (size < 0) throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%s has a negative size", name));
  for (const int64_t size : sizes)
    if (__builtin_mul_overflow(count, size, &count))
      throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%s is larger than the address space", name));
  if (__builtin_mul_overflow(count, element, &bytes))
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%s is larger than the address space", name));
  return count;
}

inline void require_address(const void* address, size_t alignment, const char* name) {
  if (address == nullptr) throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%s is null", name));
  if (reinterpret_cast<uintptr_t>(address) % alignment != 0)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("%s is not aligned to its %d-byte elements", name, static_cast<int>(alignment)));
}

// An array of that shape: there, aligned to its elements and no larger than the address space. Its length.
template <class T>
int64_t require_array(const T* address, std::initializer_list<int64_t> shape, const char* name) {
  const int64_t count = require_sizes(shape, sizeof(T), name);
  require_address(address, alignof(T), name);
  return count;
}

// An options or report struct of this header's size, filled by `init`.
template <class Struct>
void require_struct(const Struct* filled, const char* name, const char* init) {
  require_address(filled, alignof(Struct), name);
  if (filled->size != static_cast<int64_t>(sizeof(Struct)))
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%s: the struct has another size: fill it with %s", name, init));
}

inline const Predictions& validated(const lightcone_predictions* predictions) {
  require(predictions != nullptr, "predictions is null");
  require(predictions->table.validated(),
          "the predictions are not validated: call lightcone_predictions_validate first");
  return predictions->table;
}

}  // namespace lightcone
