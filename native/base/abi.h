// SPDX-License-Identifier: Apache-2.0
// What every function of the C ABI does at its edge: no exception leaves the library, a failure is a status
// and a sentence for the calling thread.
#pragma once

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

inline const Predictions& validated(const lightcone_predictions* predictions) {
  require(predictions != nullptr, "predictions is null");
  require(predictions->table.validated(),
          "the predictions are not validated: call lightcone_predictions_validate first");
  return predictions->table;
}

}  // namespace lightcone
