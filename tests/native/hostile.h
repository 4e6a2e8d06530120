// SPDX-License-Identifier: Apache-2.0
// Hostile calls, made from a description of a sound one: each argument says what it is (an array, a size, a constant,
// a struct, ...), and from that follows what can be wrong with it. A wrong call must come back with a status, a
// sentence, and outputs as they were.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support.h"

namespace hostile {

union Value {
  void* pointer;
  int64_t whole;
  double real;
};

struct Attack {
  std::string what;
  Value value;
  lightcone_status wanted;  // LIGHTCONE_OK: any status but that
};

// One argument of a sound call.
struct Argument {
  std::string name;
  Value sound;
  std::vector<Attack> attacks;
  void* output = nullptr;  // memory that only a call that succeeds may write,
  int64_t bytes = 0;       // and its length
};

inline Value pointer(const void* p) {
  Value v{};
  v.pointer = const_cast<void*>(p);
  return v;
}
inline Value whole(int64_t i) {
  Value v{};
  v.whole = i;
  return v;
}
inline Value real(double d) {
  Value v{};
  v.real = d;
  return v;
}

// What a call that was never made may look like in memory; as float64 a harmless small number.
constexpr unsigned char kUntouched = 0x25;

// An array that is read: null and, where elements are larger than a byte, misaligned.
template <class T>
Argument in(const std::string& name, const T* array, bool optional = false) {
  Argument a{name, pointer(array), {}};
  if (!optional) a.attacks.push_back({"null", pointer(nullptr), LIGHTCONE_INVALID_ARGUMENT});
  if (alignof(T) > 1)
    a.attacks.push_back({"misaligned", pointer(reinterpret_cast<const char*>(array) + 1), LIGHTCONE_INVALID_ARGUMENT});
  return a;
}

// An array of `count` elements that is written.
template <class T>
Argument out(const std::string& name, T* array, int64_t count, bool optional = false) {
  Argument a = in(name, array, optional);
  a.output = array;
  a.bytes = count * static_cast<int64_t>(sizeof(T));
  return a;
}

// void* of elements of so many bytes.
inline Argument out_bytes(const std::string& name, void* array, int64_t bytes, bool optional = false) {
  Argument a = in(name, static_cast<const float*>(array), optional);
  a.output = array;
  a.bytes = bytes;
  return a;
}

// A size, and those that it must not be; the largest overflows or does not fit the others.
inline Argument size(const std::string& name, int64_t sound,
                     std::vector<int64_t> wrong = {-1, 0, INT64_MIN, INT64_MAX}) {
  Argument a{name, whole(sound), {}};
  for (const int64_t w : wrong) a.attacks.push_back({std::to_string(w), whole(w), LIGHTCONE_OK});
  return a;
}

inline Argument constant(const std::string& name, int32_t sound) {
  Argument a{name, whole(sound), {}};
  for (const int32_t w : {-1, 99, INT32_MAX, INT32_MIN})
    a.attacks.push_back({std::to_string(w), whole(w), LIGHTCONE_OK});
  return a;
}

inline Argument number(const std::string& name, double sound, std::vector<double> wrong) {
  Argument a{name, real(sound), {}};
  for (const double w : wrong) a.attacks.push_back({std::to_string(w), real(w), LIGHTCONE_OK});
  return a;
}

inline Argument threads() { return {"threads", whole(2), {}}; }

// Handles that the hostile calls share. The unvalidated and the cancelled one are wrong everywhere.
struct Handles {
  Handles() : table(support::random_logits(3, 4, 2, 1, 1, 7)), validated(support::predictions(table)) {
    lightcone_predictions* p = nullptr;
    REQUIRE(lightcone_predictions_create(3, 4, 2, &p) == LIGHTCONE_OK);
    raw.reset(p);
    lightcone_control* c = nullptr;
    REQUIRE(lightcone_control_create(&c) == LIGHTCONE_OK);
    cancelled.reset(c);
    lightcone_control_cancel(c);
  }
  support::Table table;  // (3, 4, 2)
  support::Predictions validated;
  support::Handle raw;
  support::ControlHandle cancelled;
};

inline Argument predictions(const Handles& h, const std::string& name = "predictions") {
  return {name, pointer(h.validated.handle.get()),
          {{"null", pointer(nullptr), LIGHTCONE_INVALID_ARGUMENT},
           {"not validated", pointer(h.raw.get()), LIGHTCONE_INVALID_ARGUMENT}}};
}

inline Argument control(const Handles& h) {
  return {"control", pointer(nullptr), {{"cancelled", pointer(h.cancelled.get()), LIGHTCONE_CANCELLED}}};
}

// A struct that begins with its size. The copies that are wrong live in `store`.
using Store = std::vector<std::unique_ptr<double[]>>;

template <class Struct>
Argument structure(const std::string& name, const Struct& sound, Store& store, bool optional = false) {
  const auto copy = [&](const Struct& s) {
    // Room behind it, for a misaligned copy and a struct that calls itself larger.
    store.push_back(std::make_unique<double[]>(sizeof(Struct) / sizeof(double) + 8));
    std::memcpy(store.back().get(), &s, sizeof s);
    return store.back().get();
  };
  Argument a{name, pointer(copy(sound)), {}};
  if (!optional) a.attacks.push_back({"null", pointer(nullptr), LIGHTCONE_INVALID_ARGUMENT});
  a.attacks.push_back({"misaligned", pointer(reinterpret_cast<char*>(copy(sound)) + 1), LIGHTCONE_INVALID_ARGUMENT});
  for (const int64_t bytes : {int64_t{0}, int64_t{-1}, int64_t{8}, int64_t{sizeof(Struct)} - 8,
                              int64_t{sizeof(Struct)} + 8, INT64_MAX}) {
    Struct s = sound;
    s.size = bytes;
    a.attacks.push_back({"of size " + std::to_string(bytes), pointer(copy(s)), LIGHTCONE_INVALID_ARGUMENT});
  }
  return a;
}

// One more wrong struct of an argument: field(s) changes it.
template <class Struct, class Change>
void spoil(Argument& a, const std::string& what, Store& store, Change&& change) {
  Struct s;
  std::memcpy(&s, a.sound.pointer, sizeof s);
  change(s);
  store.push_back(std::make_unique<double[]>(sizeof(Struct) / sizeof(double) + 8));
  std::memcpy(store.back().get(), &s, sizeof s);
  a.attacks.push_back({what, pointer(store.back().get()), LIGHTCONE_OK});
}

// A report: optional, written on success alone.
template <class Struct>
Argument report(const std::string& name, const Struct& sound, Store& store) {
  Argument a = structure(name, sound, store, true);
  a.output = static_cast<char*>(a.sound.pointer) + sizeof(int64_t);
  a.bytes = sizeof(Struct) - sizeof(int64_t);
  return a;
}

// Where a call runs: the CPU. What it says where it ran is written on success alone.
inline Argument at_place(Store& store) {
  using Place = lightcone_place;
  Place sound;
  lightcone_place_init(&sound);
  sound.device = LIGHTCONE_DEVICE_CPU;
  Argument a = structure("place", sound, store);
  for (const auto& [name, field] : {std::pair<const char*, int32_t Place::*>{"device", &Place::device},
                                    {"input", &Place::input},
                                    {"output", &Place::output}})
    for (const int32_t value : {-1, 99, INT32_MAX, INT32_MIN})
      spoil<Place>(a, std::string(name) + " " + std::to_string(value), store,
                   [f = field, value](Place& p) { p.*f = value; });
  spoil<Place>(a, "input on the device, for the cpu", store, [](Place& p) { p.input = LIGHTCONE_MEMORY_DEVICE; });
  spoil<Place>(a, "output on the device, for the cpu", store, [](Place& p) { p.output = LIGHTCONE_MEMORY_DEVICE; });
  spoil<Place>(a, "memory_bytes -1", store, [](Place& p) { p.memory_bytes = -1; });
  for (const int32_t ordinal : {-1, INT32_MAX})
    spoil<Place>(a, "ordinal " + std::to_string(ordinal), store, [ordinal](Place& p) {
      p.device = LIGHTCONE_DEVICE_CUDA;
      p.ordinal = ordinal;
    });
  return a;
}

// A sound call of one function of the header.
struct Call {
  std::string function;
  std::vector<Argument> arguments;
  std::function<lightcone_status(const std::vector<Value>&)> call;
  std::function<void(std::vector<Value>&)> before;  // makes what a call uses up; may be empty
  std::function<void()> after;                      // frees what a sound call made; may be empty
};

template <class T>
T as(const Value& v) {
  if constexpr (std::is_pointer_v<T>) {
    return static_cast<T>(v.pointer);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(v.real);
  } else {
    return static_cast<T>(v.whole);
  }
}

template <class... A, size_t... I>
lightcone_status apply(lightcone_status (*f)(A...), const std::vector<Value>& v, std::index_sequence<I...>) {
  return f(as<A>(v[I])...);
}

template <class... A>
Call call(const std::string& name, lightcone_status (*f)(A...), std::vector<Argument> arguments) {
  REQUIRE(arguments.size() == sizeof...(A));
  return {name, std::move(arguments),
          [f](const std::vector<Value>& v) { return apply(f, v, std::index_sequence_for<A...>{}); }, nullptr, nullptr};
}

// Makes the sound call, then every wrong one.
inline void run(const Call& c) {
  INFO(c.function);
  const auto sound = [&] {
    std::vector<Value> values;
    for (const Argument& a : c.arguments) {
      if (a.output != nullptr) std::memset(a.output, kUntouched, static_cast<size_t>(a.bytes));
      values.push_back(a.sound);
    }
    if (c.before) c.before(values);
    return values;
  };
  const lightcone_status status = c.call(sound());
  INFO(std::string(lightcone_last_error()));
  REQUIRE(status == LIGHTCONE_OK);
  CHECK(std::string(lightcone_last_error()).empty());
  if (c.after) c.after();
  for (size_t k = 0; k < c.arguments.size(); ++k) {
    for (const Attack& attack : c.arguments[k].attacks) {
      std::vector<Value> values = sound();
      values[k] = attack.value;
      const lightcone_status got = c.call(values);
      const std::string sentence = lightcone_last_error();
      INFO(c.arguments[k].name << " " << attack.what << ": status " << got << ", " << sentence);
      CHECK((got != LIGHTCONE_OK && got != LIGHTCONE_INTERNAL));
      if (attack.wanted != LIGHTCONE_OK) CHECK(got == attack.wanted);
      CHECK((got == LIGHTCONE_OK || sentence.find(' ') != std::string::npos));
      for (const Argument& a : c.arguments)
        for (int64_t b = 0; got == LIGHTCONE_INVALID_ARGUMENT && b < a.bytes; ++b)
          if (static_cast<unsigned char*>(a.output)[b] != kUntouched) {
            FAIL_CHECK(a.name << " was written");
            break;
          }
    }
  }
}

// One per family, in hostile_FAMILY.cpp.
std::vector<Call> library_calls(const Handles& h, Store& store);
std::vector<Call> distance_calls(const Handles& h, Store& store);
std::vector<Call> embed_calls(const Handles& h, Store& store);
std::vector<Call> geometry_calls(const Handles& h, Store& store);
std::vector<Call> plane_calls(const Handles& h, Store& store);

}  // namespace hostile
