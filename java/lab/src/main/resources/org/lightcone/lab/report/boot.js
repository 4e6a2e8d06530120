// SPDX-License-Identifier: Apache-2.0
// Before the first paint: scripts run, the first view is shown, and the system's theme is on.
'use strict';
document.documentElement.classList.add('js', 'show0');
document.documentElement.classList.toggle('dark', matchMedia('(prefers-color-scheme: dark)').matches);
