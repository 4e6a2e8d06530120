// SPDX-License-Identifier: Apache-2.0
// The list of devices, the choice of one, and what is refused.
#include "device.h"

using namespace support;
