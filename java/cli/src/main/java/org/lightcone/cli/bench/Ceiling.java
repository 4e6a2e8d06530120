// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

/**
 * What bounds a kernel, in its own unit of work per second.
 *
 * @param name of the measured quantity and what it is divided by: "FMA / (C + 11/8)"
 * @param rate work per second that this leaves
 */
record Ceiling(String name, double rate) {}
