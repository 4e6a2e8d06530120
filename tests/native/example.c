/* SPDX-License-Identifier: Apache-2.0
 * Distances from C11: three models' probabilities on two samples of two classes, all pairs, in nats per sample.
 *   cc -std=c11 example.c $(pkg-config --cflags --libs lightcone) */
#include <lightcone.h>
#include <stdio.h>
#include <stdlib.h>

static void check(lightcone_status status) {
  if (status == LIGHTCONE_OK) return;
  fprintf(stderr, "example: %s\n", lightcone_last_error());
  exit(1);
}

int main(void) {
  static const float p[3][2][2] = {/* (M, N, C) */
      {{0.5f, 0.5f}, {0.5f, 0.5f}}, {{0.9f, 0.1f}, {0.2f, 0.8f}}, {{1, 0}, {0, 1}}};
  float d[3][3];
  if (lightcone_abi_version() != LIGHTCONE_ABI_VERSION) return 1; /* the header is another version's */
  lightcone_predictions* table = NULL;
  check(lightcone_predictions_create(3, 2, 2, &table));
  check(lightcone_predictions_add_memory(table, p, "p", LIGHTCONE_PROBABILITIES, LIGHTCONE_FLOAT32, 0, 3,
                                         0, 2, sizeof p[0]));
  check(lightcone_predictions_validate(table, 0, NULL));
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  check(lightcone_distances(table, &options, NULL, d, NULL));
  for (int i = 0; i < 3; ++i) printf("%.6f %.6f %.6f\n", d[i][0], d[i][1], d[i][2]);
  lightcone_predictions_destroy(table);
  return 0;
}
