/* SPDX-License-Identifier: Apache-2.0
 *
 * Lightcone C ABI: the geometry of probability tables.
 *
 * Vocabulary. A model is one probability table p[n][c] over N samples and C classes; a set of M
 * models is a table (M, N, C), row-major. s = sqrt(p). BC_n(i,j) = sum_c s[i][n][c] s[j][n][c].
 * Distances are in nats per sample. Truth is the one-hot label table, ignorance is 1/C everywhere.
 *
 * Conventions. Every function that can fail returns a lightcone_status; lightcone_last_error() then
 * holds one sentence for the calling thread. Sizes are int64_t. Option and report structs begin
 * with their own size in bytes: fill them with the matching _init function. A call whose arguments are wrong
 * (LIGHTCONE_INVALID_ARGUMENT) writes nothing; after another failure arrays of results are scratch, and everything
 * else is as it was. `threads` <= 0 means all processors.
 * Handles may be shared by threads for reading; create, add and destroy need exclusive use.
 */
#ifndef LIGHTCONE_H
#define LIGHTCONE_H

#include <stdint.h>

#if defined(LIGHTCONE_BUILD)
#define LIGHTCONE_API __attribute__((visibility("default")))
#else
#define LIGHTCONE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised by one whenever a struct or a signature below changes. */
#define LIGHTCONE_ABI_VERSION 3

typedef int32_t lightcone_status;
#define LIGHTCONE_OK 0
#define LIGHTCONE_INVALID_ARGUMENT 1 /* the call is wrong: null pointer, size, unknown constant */
#define LIGHTCONE_INVALID_DATA 2     /* the data is wrong: the message names file, model, sample, value */
#define LIGHTCONE_IO 3               /* a file could not be read */
#define LIGHTCONE_OUT_OF_MEMORY 4
#define LIGHTCONE_CANCELLED 5
#define LIGHTCONE_UNSUPPORTED 6 /* valid, but not on this machine or backend: the message says why */
#define LIGHTCONE_INTERNAL 7

/* What the numbers of a table are. -inf is a zero probability in the two logarithmic kinds. */
#define LIGHTCONE_PROBABILITIES 1
#define LIGHTCONE_LOG_PROBABILITIES 2
#define LIGHTCONE_LOGITS 3

/* Element types, little-endian. */
#define LIGHTCONE_FLOAT32 1
#define LIGHTCONE_FLOAT64 2

/* Instruction sets of the CPU kernels. AUTO takes the best the processor has, or what the
 * environment variable LIGHTCONE_ISA (portable, avx2, avx512) forces. */
#define LIGHTCONE_ISA_AUTO 0
#define LIGHTCONE_ISA_PORTABLE 1
#define LIGHTCONE_ISA_AVX2 2
#define LIGHTCONE_ISA_AVX512 3

/* Distances in nats per sample, means over the samples; the contract stands at lightcone_distances. */
#define LIGHTCONE_METRIC_BHATTACHARYYA 1     /* mean of -log BC_n (Eq 2) */
#define LIGHTCONE_METRIC_HELLINGER 2         /* mean of 1 - BC_n */
#define LIGHTCONE_METRIC_HELLINGER_PRODUCT 3 /* 1 - prod_n BC_n = 1 - exp(-N bhattacharyya); saturates at 1 */
#define LIGHTCONE_METRIC_JEFFREYS 4          /* mean of sum_c (p - q) (log p - log q) (Eq 15) */
#define LIGHTCONE_METRIC_GEODESIC 5          /* mean of arccos BC_n (Eq 16) */
#define LIGHTCONE_METRIC_GEODESIC_L2 6       /* root of the mean of arccos^2 BC_n */
#define LIGHTCONE_METRIC_EUCLIDEAN 7         /* mean of |p - q|^2 (S.12) */
#define LIGHTCONE_METRIC_JENSEN_SHANNON 8    /* mean of the Jensen-Shannon divergence */
#define LIGHTCONE_METRIC_DISAGREEMENT 9      /* share of samples whose argmax differs; ties: the lowest class */

#define LIGHTCONE_PRECISION_EXACT 0  /* the bound of the contract; near pairs again in float64 */
#define LIGHTCONE_PRECISION_FAST 1   /* float32, no pair again because it is near */
#define LIGHTCONE_PRECISION_COMPAT 2 /* the rules of the paper's code, bhattacharyya alone */

#define LIGHTCONE_REFINE_AUTO 0 /* near and flagged pairs again in float64 from the source rows */
#define LIGHTCONE_REFINE_OFF 1  /* flagged pairs only: the near ones keep the float32 error */

#define LIGHTCONE_INFINITY_KEEP 0 /* -log 0 stays +inf */
#define LIGHTCONE_INFINITY_CAP 1  /* each infinite per-sample term becomes infinity_cap */

/* Where a call runs. */
#define LIGHTCONE_DEVICE_AUTO 0 /* where the engine projects it to be done first; the report says where, and why */
#define LIGHTCONE_DEVICE_CPU 1
#define LIGHTCONE_DEVICE_CUDA 2 /* an NVIDIA GPU, or LIGHTCONE_UNSUPPORTED with the reason */

#define LIGHTCONE_LAYOUT_DENSE 0 /* (M, M), row-major */
#define LIGHTCONE_LAYOUT_TILES 1 /* packed float32 tiles of the upper triangle, or a band of them */

/* ---- library ---------------------------------------------------------------------------- */

LIGHTCONE_API int32_t lightcone_abi_version(void);
/* Semantic version, for example "0.1.0". Static storage. */
LIGHTCONE_API const char* lightcone_version(void);
/* The compiler that built the library, for example "GNU 12.2.0". Static storage. */
LIGHTCONE_API const char* lightcone_compiler(void);
/* The sentence for the last failure on this thread; "" if none. Valid until the next call. */
LIGHTCONE_API const char* lightcone_last_error(void);
/* The instruction set that `isa` resolves to on this machine (LIGHTCONE_ISA_...), or
 * LIGHTCONE_UNSUPPORTED if it cannot run here or LIGHTCONE_ISA names an unknown one. */
LIGHTCONE_API lightcone_status lightcone_isa_resolve(int32_t isa, int32_t* out);
/* "portable", "avx2", "avx512"; "" for an unknown constant. Static storage. */
LIGHTCONE_API const char* lightcone_isa_name(int32_t isa);

/* ---- control: progress and cancellation, safe from any thread ----------------------------- */

typedef struct lightcone_control lightcone_control;
LIGHTCONE_API lightcone_status lightcone_control_create(lightcone_control** out);
LIGHTCONE_API void lightcone_control_destroy(lightcone_control* control); /* null is allowed */
/* Asks the running call to stop: it returns LIGHTCONE_CANCELLED within about 100 ms. */
LIGHTCONE_API void lightcone_control_cancel(lightcone_control* control);
/* Work done and in all, in units of the running call (for distances: pair-samples). */
LIGHTCONE_API int64_t lightcone_control_done(const lightcone_control* control);
LIGHTCONE_API int64_t lightcone_control_total(const lightcone_control* control);

/* ---- predictions: a table (M, N, C) put together from blocks in memory and in files -------- */

typedef struct lightcone_predictions lightcone_predictions;

/* M >= 1, N >= 1, C >= 2. */
LIGHTCONE_API lightcone_status lightcone_predictions_create(int64_t models, int64_t samples,
                                                            int64_t classes,
                                                            lightcone_predictions** out);
LIGHTCONE_API void lightcone_predictions_destroy(lightcone_predictions* predictions); /* null is allowed */

/* Adds the rectangle of models [model_begin, model_begin + models) and samples [sample_begin,
 * sample_begin + samples): rows of C numbers, the rows of one model adjacent, model k of the block
 * at k * model_stride_bytes. The memory is borrowed until destroy and never written. `name` (may
 * be null) stands for the block in messages. Aligned to the element size. */
LIGHTCONE_API lightcone_status lightcone_predictions_add_memory(
    lightcone_predictions* predictions, const void* address, const char* name, int32_t kind,
    int32_t dtype, int64_t model_begin, int64_t models, int64_t sample_begin, int64_t samples,
    int64_t model_stride_bytes);
/* The same from a file, beginning `offset` bytes in. The file is opened here, read with pread as
 * needed and closed by destroy; LIGHTCONE_IO if it is missing or too short. */
LIGHTCONE_API lightcone_status lightcone_predictions_add_file(
    lightcone_predictions* predictions, const char* path, int64_t offset, int32_t kind,
    int32_t dtype, int64_t model_begin, int64_t models, int64_t sample_begin, int64_t samples,
    int64_t model_stride_bytes);

/* Checks, once, that the blocks cover the table exactly once and that every row is a distribution:
 * no NaN, no +inf, probabilities >= 0 and summing to 1 within 1e-3 (log-probabilities likewise
 * after exp; logits need one finite entry). Rows are renormalised whenever they are read. The first
 * bad row in (model, sample) order is named. Must succeed before any use below. */
LIGHTCONE_API lightcone_status lightcone_predictions_validate(lightcone_predictions* predictions,
                                                              int32_t threads,
                                                              lightcone_control* control);

/* Source rows as normalised float64 log-probabilities: out (samples, C). */
LIGHTCONE_API lightcone_status lightcone_predictions_read(const lightcone_predictions* predictions,
                                                          int64_t model, int64_t sample_begin,
                                                          int64_t samples, double* out);

/* ---- packed tiles: the symmetric matrix (M, M) as the tiles of its upper triangle ------------
 *
 * B = ceil(M / LIGHTCONE_TILE) blocks of models; the tiles (i, j), 0 <= i <= j < B, follow each other row by
 * row: (0,0) (0,1) ... (0,B-1) (1,1) ... Tile (i, j) is number i B - i (i - 1) / 2 + j - i, and holds
 * LIGHTCONE_TILE^2 float32, row-major, entry (r, c) = d(i T + r, j T + c). Diagonal tiles are full and
 * symmetric; entries beyond M are 0. */
#define LIGHTCONE_TILE 96

/* ---- distances ---------------------------------------------------------------------------- */

typedef struct lightcone_distances_options {
  int64_t size;
  int32_t metric;        /* LIGHTCONE_METRIC_...; default bhattacharyya */
  int32_t refine;        /* LIGHTCONE_REFINE_...; default auto */
  int32_t infinity;      /* LIGHTCONE_INFINITY_...; default keep */
  int32_t threads;       /* default 0, all */
  int32_t isa;           /* default auto */
  int32_t out_dtype;     /* LIGHTCONE_FLOAT32 (default) or LIGHTCONE_FLOAT64 */
  double infinity_cap;   /* nats; default 100 */
  int64_t sample_begin;  /* the samples begin, begin + step, ... < end; default all */
  int64_t sample_end;    /* -1: N */
  int64_t sample_step;   /* >= 1 */
  int64_t panel_bytes;   /* what the panels of a chunk of samples may take; default 0: 512 MiB */
  int32_t layout;        /* LIGHTCONE_LAYOUT_...; default dense */
  int32_t precision;     /* LIGHTCONE_PRECISION_...; default exact */
  int64_t row_begin;     /* with tiles, only the block rows of the models [row_begin, row_end): a band; default */
  int64_t row_end;       /* 0 and -1 (M); multiples of LIGHTCONE_TILE, or M */
  int64_t sample_blocks; /* B blocks of samples, 2..N, for standard errors and replicates; default 0, none */
  int64_t replicates;    /* R bootstrap replicates; default 0 */
  int64_t seed;          /* of the replicates' draws; default 0 */
  int32_t device;        /* LIGHTCONE_DEVICE_...; default auto */
  int32_t device_ordinal; /* which of several; default 0 */
} lightcone_distances_options;

typedef struct lightcone_distances_report {
  int64_t size;
  int64_t samples;          /* used, after the subset */
  int64_t pairs;            /* M (M - 1) / 2, or those of the band */
  int64_t near_pairs;       /* redone because they are too near for the first pass */
  int64_t flagged_pairs;    /* redone because a product underflowed or zeros differ */
  int64_t infinite_terms;   /* (pair, sample) terms, each unordered pair once */
  int64_t infinite_pairs;   /* pairs with at least one such term */
  int64_t working_bytes;    /* memory taken besides input and output: lightcone_distances_memory */
  double read_seconds;      /* ingest: rows to panels; on a device the part of distances_seconds that waited for rows */
  double distances_seconds; /* fast kernel, without the refinement; on a device the whole pass, copies and ingest with it */
  double refine_seconds;
  int32_t isa;              /* the one that ran */
  int32_t threads;
  int32_t device;           /* LIGHTCONE_DEVICE_CPU or _CUDA: where it ran */
  int32_t bands;            /* of tile rows that the device took one after another; 0 on the CPU */
  int64_t device_bytes;     /* device memory taken */
  char device_name[128];    /* "" for the CPU */
  char device_reason[256];  /* why there */
} lightcone_distances_report;

LIGHTCONE_API void lightcone_distances_options_init(lightcone_distances_options* options);
LIGHTCONE_API void lightcone_distances_report_init(lightcone_distances_report* report);

/* All pairs: out (M, M), d(i,j) by the metric, entries >= 0 and never NaN, bit-symmetric, diagonal exactly 0. The
 * result does not depend on the thread count. `out` is scratch on failure.
 *
 * Contract: d' is the result before its rounding to out_dtype, d exact arithmetic on the rows as they are given,
 * renormalised; u = 2^-53, T = 0.15 sqrt(max(1, C / 10) / N), k = max(1, C / 50).
 *
 *   metric             exact, for d >= 1e-12          fast
 *   bhattacharyya      |d' - d| <= 2e-6 d, d <= 50    as exact for d >= T, and |d' - d| <= 1e-5 T below
 *   hellinger-product  |d' - d| <= 2e-6 d             as bhattacharyya at N d_B = -log(1 - d), below T 1e-5 N T
 *   hellinger          |d' - d| <= 2e-6 d             |d' - d| <= 1e-6 k
 *   euclidean          |d' - d| <= 2e-6 d             |d' - d| <= 2e-6 k
 *   jeffreys           |d' - d| <= 2e-6 d             |d' - d| <= 4e-6 k (2 log C + d)
 *   geodesic(-l2)      |d' - d| <= 2e-6 d + 4 u       |d' - d| <= 2e-7 + 2e-6 k d
 *   jensen-shannon     |d' - d| <= 2e-6 d             as exact
 *   disagreement       exact but for the division     as exact
 *
 * Below 1e-12 the error is at most 2e-18 + 4 u sqrt(d), of the geodesics 4 u (it is that of the float64 rows; the
 * geodesics are linear in the difference of two rows, the others quadratic). refine off leaves the near pairs of
 * `exact` as the first pass has them: bhattacharyya's as in `fast`, hellinger, euclidean and jeffreys within
 * (16 s C + N / g + 8) u times 1, 2 and 2 log C, s = 2 streams for jeffreys and 1 else, g = 16, or less where
 * 106 / (s C) is less, and at least 1; the others have none.
 *
 * Zeros. p = 0 is normal and 0 log 0 = 0. A sample's term is +inf where BC_n = 0 (bhattacharyya) and where a class
 * is 0 in one model alone (jeffreys): it is counted, and kept (d = +inf; hellinger-product 1) or, with
 * LIGHTCONE_INFINITY_CAP, counts infinity_cap nats. The other metrics have no infinite terms.
 *
 * compat follows the paper's code: -log of the dot product, a sample's negative term becomes 0, infinite terms count
 * infinity_cap (100) whatever `infinity` says, and sample_step = 2 takes every second sample as it does. The
 * error is that of float64 dot products, |d' - d| <= 4 C u + 2e-15 d; the clamp makes it positive near 0.
 *
 * With layout tiles, out is the packed float32 tiles of the block rows [row_begin, row_end), in order: the
 * tiles (i, j) with row_begin <= i T < row_end and all j >= i. Only the models from row_begin on are read. The
 * bits of a tile do not depend on the band it is computed in, and are those of the dense matrix; they do
 * depend on panel_bytes (through the order of summation, within the bound).
 *
 * On a device (see devices, below) the same contract holds for bhattacharyya and hellinger-product with exact, without
 * sample blocks. fast is float16 there, on the tensor cores, and of bhattacharyya alone. A sample's term x is within
 *     2e-3 min(1, sqrt(2 x) + 2e-3) + 2^-27 sqrt(C) e^x
 * of its value while the second part is below 1/4 (x = 16 for C = 10; to be exact it is -log(1 - that)), and beyond, where
 * float16's smallest steps are few, within log(2 + C); a term that it cannot tell from infinite is done again in float64.
 * The errors of samples are independent, so that of d is smaller by about sqrt(N). All else runs on the CPU alone. The
 * bits are the device's own, the same from run to run, whatever its free memory and the bands that follow from it. A
 * device without the memory is LIGHTCONE_OUT_OF_MEMORY, or with auto the CPU's case. panel_bytes is then device memory,
 * by default a 16th of the device's and at most 4 GiB; beside the panels stand two buffers of the chunk's source rows, of
 * float32 as large (with fast twice as large), of float64 twice that, and the same two pinned on the host: working_bytes. */
LIGHTCONE_API lightcone_status lightcone_distances(const lightcone_predictions* predictions,
                                                   const lightcone_distances_options* options,
                                                   lightcone_control* control, void* out,
                                                   lightcone_distances_report* report);

/* The same with standard errors and bootstrap replicates over blocks of samples, in one pass. Block b has the samples
 * [b N / B, (b + 1) N / B) of the range, n_b of them, with mean x_b.
 *   std_errors  like out: sqrt(sum_b n_b (x_b - d)^2 / (N (B - 1))), for equal blocks the standard error of the mean
 *               of B block means; times |dd / dmean| for hellinger-product and geodesic-l2; +inf where an infinite
 *               term is kept, and 0 where d cannot vary
 *   replicates  R matrices like out, one after another (may be null if R = 0): d over blocks drawn with replacement.
 *               Draw k of replicate r is word splitmix64(seed + r B + k), the block (word * B) >> 64; splitmix64(x) is
 *               the finaliser of Steele, Lea and Flood on (x + 1) 0x9e3779b97f4a7c15.
 * Cost: a float64 matrix for each of block, total, spread and replicate, and B passes over them. */
LIGHTCONE_API lightcone_status lightcone_distances_errors(const lightcone_predictions* predictions,
                                                          const lightcone_distances_options* options,
                                                          lightcone_control* control, void* out, void* std_errors,
                                                          void* replicates, lightcone_distances_report* report);

/* Distances of Q models to M models on the same samples: out (Q, M), dense, by any metric and precision, to the same
 * contract. Equal models are at distance 0 up to its absolute error. std_errors (Q, M) goes with sample_blocks, and is
 * null without. */
LIGHTCONE_API lightcone_status lightcone_distances_against(const lightcone_predictions* rows,
                                                           const lightcone_predictions* columns,
                                                           const lightcone_distances_options* options,
                                                           lightcone_control* control, void* out, void* std_errors,
                                                           lightcone_distances_report* report);

/* What such a call takes of the host besides input and output, in bytes: the same computation sizes its buffers (at most
 * that, where it runs on a device: float32 rows take half). */
LIGHTCONE_API lightcone_status lightcone_distances_memory(int64_t models, int64_t samples, int64_t classes,
                                                          const lightcone_distances_options* options,
                                                          int64_t* bytes);
LIGHTCONE_API lightcone_status lightcone_distances_against_memory(int64_t rows, int64_t columns, int64_t samples,
                                                                  int64_t classes,
                                                                  const lightcone_distances_options* options,
                                                                  int64_t* bytes);

/* ---- embedding: products with a packed matrix of distances -------------------------------- */

/* All five work on block rows [block_begin, block_end) of a packed matrix of M = models (see LIGHTCONE_TILE), `tiles`
 * being tile (block_begin, block_begin), or on tall blocks (rows, width), row-major. float64 accumulation. The results
 * depend on neither the thread count nor, where they are added up, on how the block rows are cut into bands that are
 * given in rising order. Outputs are scratch on failure. */

/* y (M, columns) += D_band x (M, columns), row-major, where D_band holds the tiles (i, j) of the band and their
 * transposes: over all bands y += D x. columns is a multiple of 8. */
LIGHTCONE_API lightcone_status lightcone_packed_product(const float* tiles, int64_t models, int64_t block_begin,
                                                        int64_t block_end, const double* x, double* y,
                                                        int64_t columns, int32_t threads,
                                                        lightcone_control* control);

/* sums[i] += sum_j w_j d(i,j) and squares[i] += sum_j w_j d(i,j)^2 over the band's tiles and their transposes; sums and
 * squares (M); weights (M) or null for ones. infinite[0], [1] become the band's first pair with d = +inf, or -1. */
LIGHTCONE_API lightcone_status lightcone_packed_sums(const float* tiles, int64_t models, int64_t block_begin,
                                                     int64_t block_end, const double* weights, int32_t threads,
                                                     lightcone_control* control, double* sums, double* squares,
                                                     int64_t* infinite);

/* The sums of the explained pairwise distance (Eq 12) over the pairs i < j of the band's tiles:
 * missed[k] += sum w_i w_j |d(i,j) - sum_{l<=k} signature[l] (x[i][l] - x[j][l])^2|, *total += sum w_i w_j d(i,j);
 * x (M, dims); weights (M) or null for ones. */
LIGHTCONE_API lightcone_status lightcone_packed_pairwise(const float* tiles, int64_t models, int64_t block_begin,
                                                         int64_t block_end, const double* x,
                                                         const double* weights, const int32_t* signature,
                                                         int64_t dims, int32_t threads,
                                                         lightcone_control* control, double* missed,
                                                         double* total);

/* out (blocks width, columns) = Q' z: Q is `blocks` blocks (rows, width), one after the other; z (rows, columns);
 * width and columns are multiples of 8. */
LIGHTCONE_API lightcone_status lightcone_block_inner(const double* basis, int64_t blocks, int64_t width,
                                                     const double* z, int64_t rows, int64_t columns,
                                                     int32_t threads, double* out);
/* z (rows, columns) += factor Q c, c (blocks width, columns). */
LIGHTCONE_API lightcone_status lightcone_block_update(const double* basis, int64_t blocks, int64_t width,
                                                      const double* c, double factor, double* z, int64_t rows,
                                                      int64_t columns, int32_t threads);

/* ---- geometry ----------------------------------------------------------------------------- */

/* Progress (Eq 4): out[m] = argmin over t in [0, 1] of (1/N) sum_n arccos <s[m][n], gamma_n(t)>, gamma
 * the geodesic from ignorance to truth; labels (N), 0 <= label < C. On a flat minimum the middle of
 * the flat part. Error about 1e-8 (arccos), never worse than a bounded scalar minimiser on the same
 * objective. */
LIGHTCONE_API lightcone_status lightcone_progress(const lightcone_predictions* predictions,
                                                  const int32_t* labels, int64_t label_count,
                                                  int32_t threads, lightcone_control* control,
                                                  double* out);

/* Geodesic interpolation (Eq 3) on probabilities, per sample: p, q (N, C) rows summing to 1 within 1e-3;
 * t (T) in [0, 1]; out (T, N, C). An angle below 1e-8 copies p. */
LIGHTCONE_API lightcone_status lightcone_geodesic(const double* p, const double* q, int64_t samples,
                                                  int64_t classes, const double* t, int64_t points,
                                                  double* out);

/* The same between two models of a table: out (T, N, C). */
LIGHTCONE_API lightcone_status lightcone_geodesic_between(const lightcone_predictions* predictions, int64_t from,
                                                          int64_t to, const double* t, int64_t points,
                                                          int32_t threads, lightcone_control* control, double* out);

/* Centroids (Table S.1): out (N, C) probabilities, per sample and renormalised, from models with weights (M), not
 * negative (null: equal); a model of weight 0 takes no part. The last two minimise sum_m w_m d(p_m, q) with d the
 * metric of that name; the bhattacharyya one is a fixed point that starts at the arithmetic mean, iterated until a step
 * changes no probability by more than 1e-15, or 2,000 times. geometric, harmonic and jeffreys are 0 where any p is
 * 0, and LIGHTCONE_INVALID_DATA for a sample where that leaves no class. Relative error about 1e-13 (bhattacharyya: absolute
 * 1e-12 where the iteration ended by itself). Memory: 64 KiB a thread and kind of sum; bhattacharyya max(8 MiB, 8 M C
 * bytes) a thread. The result does not depend on the thread count. */
#define LIGHTCONE_MEAN_ARITHMETIC 1
#define LIGHTCONE_MEAN_SQRT_ARITHMETIC 2
#define LIGHTCONE_MEAN_GEOMETRIC 3
#define LIGHTCONE_MEAN_HARMONIC 4
#define LIGHTCONE_MEAN_BHATTACHARYYA 5
#define LIGHTCONE_MEAN_JEFFREYS 6

LIGHTCONE_API lightcone_status lightcone_centroid(const lightcone_predictions* predictions, int32_t mean,
                                                  const double* weights, int32_t threads,
                                                  lightcone_control* control, double* out);

/* Trajectories. R runs; run r is the models [run_begin[r], run_begin[r + 1]) in order of training, run_begin (R + 1)
 * ascending; index (M) is what they are ordered by, usually their progress, or a training accuracy. A run is
 * re-indexed at t_k, k = 1..T: full, t_k = k / T; common, t_k = a + (b - a) k / T over the range [a, b] that every run
 * covers (a the largest first index, b the least of the runs' largest indices).
 *
 * The place of t in a run: its bracket ends at the first checkpoint whose index exceeds t and begins one before;
 * between the two the geodesic (Eq 3), at the part (t - index_lower) / (index_upper - index_lower). Before the first
 * checkpoint's index: the first checkpoint. Of equal indices the later is the lower end. Where no index exceeds t: the
 * first checkpoint whose index is t, and if t lies beyond them all, with tail hold the last checkpoint of the run;
 * with tail stretch this cannot be, because t_k is first multiplied by the run's largest index. */
#define LIGHTCONE_TAIL_HOLD 0
#define LIGHTCONE_TAIL_STRETCH 1
#define LIGHTCONE_RANGE_FULL 0
#define LIGHTCONE_RANGE_COMMON 1 /* not with stretch */

typedef struct lightcone_trajectories_options {
  int64_t size;
  int64_t points;      /* T, 1..2^24; default 100 */
  int32_t tail;        /* LIGHTCONE_TAIL_...; default hold */
  int32_t range;       /* LIGHTCONE_RANGE_...; default full */
  int32_t threads;     /* default 0, all */
  int32_t isa;         /* default auto */
  int64_t panel_bytes; /* scratch for interpolated rows and their distances; default 0: 512 MiB; one sample of all
                        * runs, 8 R (3 C + 1) bytes, is the least that is taken */
} lightcone_trajectories_options;

/* What to measure: each may be null. */
typedef struct lightcone_trajectories_outputs {
  int64_t size;
  double* pairs;          /* (R, R): Eq 5, the mean over k of d_B(P_u(t_k), P_v(t_k)), nats per sample */
  double* configurations; /* (G, G): the mean of pairs over the runs of two groups; within a group over its pairs of
                           * different runs, 0 if it has one run */
  double* point_pairs;    /* (T, R, R): the terms of Eq 5 */
  double* tube_widths;    /* (R, T): d_B(P_r(t_k), arithmetic mean of P(t_k) over the group of r) */
  double* to_geodesic;    /* (R, T): d_B(P_r(t_k), gamma(t_k)), gamma from ignorance to truth */
} lightcone_trajectories_outputs;

LIGHTCONE_API void lightcone_trajectories_options_init(lightcone_trajectories_options* options);
LIGHTCONE_API void lightcone_trajectories_outputs_init(lightcone_trajectories_outputs* outputs);

/* Where the points lie: t (T), lower and upper (R, T) models of the table, fraction (R, T) in [0, 1). */
LIGHTCONE_API lightcone_status lightcone_reindex(const int64_t* run_begin, int64_t runs, const double* index,
                                                 int64_t models, const lightcone_trajectories_options* options,
                                                 double* t, int64_t* lower, int64_t* upper, double* fraction);

/* The rows of one re-indexed run: out (T, N, C) probabilities. */
LIGHTCONE_API lightcone_status lightcone_trajectory(const lightcone_predictions* predictions,
                                                    const int64_t* run_begin, int64_t runs, const double* index,
                                                    const lightcone_trajectories_options* options, int64_t run,
                                                    lightcone_control* control, double* out);

/* The measures asked for, in one pass over the table. labels (N) are needed for to_geodesic, groups (R) of 0..G-1, each
 * with a run, for configurations and tube_widths; null otherwise. Distances between interpolated rows are good to the
 * bound of lightcone_distances (pairs) and to 1e-12 (the other two); an interpolated probability below 1e-308 counts as
 * 0. Memory besides outputs: panel_bytes and 16 R^2. The result does not depend on the thread count; it depends on
 * panel_bytes through the order of summation. The outputs are scratch on failure. */
LIGHTCONE_API lightcone_status lightcone_trajectories(
    const lightcone_predictions* predictions, const int64_t* run_begin, int64_t runs, const double* index,
    const lightcone_trajectories_options* options, const int32_t* labels, const int64_t* groups, int64_t group_count,
    lightcone_control* control, const lightcone_trajectories_outputs* outputs);

/* ---- planes: decision regions ---------------------------------------------------------------
 *
 * Images x are rows of D numbers. The plane of the triplet (x1, x2, x3) has v1 = x2 - x1, v2 = x3 - x1,
 * u = v1 / |v1|, c = <u, v2>, r = v2 - c u, w = r / |r|; a point is x1 + s u + t w, and the vertices lie at
 * (0, 0), (|v1|, 0) and (c, |r|). A label map is P labels; a set of A maps is (A, P). */

/* Rows (rows, width) of numbers, stride_bytes apart. Aligned to the element size. */
typedef struct lightcone_rows {
  int64_t size;
  const void* data;
  int64_t rows;
  int64_t width;
  int64_t stride_bytes; /* >= width times the element size and a multiple of it */
  int32_t dtype;        /* LIGHTCONE_FLOAT32 (default) or LIGHTCONE_FLOAT64 */
  int32_t reserved;
} lightcone_rows;

/* A grid over the box of the three vertices, widened by margin_low and margin_high of its length on both axes:
 * inclusive and evenly spaced (one point: the low end), point k = i t_points + j at (s_i, t_j). */
typedef struct lightcone_plane_grid {
  int64_t size;
  int64_t s_points;    /* >= 1, the slow axis; default 50 */
  int64_t t_points;    /* >= 1, the fast axis; default 50 */
  double margin_low;   /* >= 0; default 0.1 */
  double margin_high;  /* >= 0; default 0.1 */
} lightcone_plane_grid;

/* Label maps (maps, points), stride_bytes apart. */
typedef struct lightcone_label_maps {
  int64_t size;
  const void* data;
  int64_t maps;
  int64_t points;
  int64_t stride_bytes; /* >= points label_bytes and a multiple of it */
  int32_t label_bytes;  /* 1 (default) or 2: uint8 or uint16 */
  int32_t reserved;
} lightcone_label_maps;

LIGHTCONE_API void lightcone_rows_init(lightcone_rows* rows);
LIGHTCONE_API void lightcone_plane_grid_init(lightcone_plane_grid* grid);
LIGHTCONE_API void lightcone_label_maps_init(lightcone_label_maps* maps);

/* Vertices of the planes of `count` triplets (count, 3) of row numbers: out (count, 3) = |v1|, c, |r|, float64.
 * LIGHTCONE_INVALID_DATA names the first triplet with a number that is not finite, with two equal images, or
 * with three on a line: |r| within what rounding the images to their type and this computation can make of a
 * line, e (|x1| + |x3| + |c| / |v1| (|x1| + |x2|)) + 2^-52 (D / 8 + 8) |v2|, e = 2^-23 (float32) or 2^-52. */
LIGHTCONE_API lightcone_status lightcone_plane_vertices(const lightcone_rows* images, const int64_t* triplets,
                                                        int64_t count, int32_t threads,
                                                        lightcone_control* control, double* out);

/* The coordinates of a grid on one plane: vertices (3) as above; s (s_points), t (t_points). */
LIGHTCONE_API lightcone_status lightcone_plane_coordinates(const double* vertices,
                                                           const lightcone_plane_grid* grid, double* s,
                                                           double* t);

/* Points [begin, begin + points) of the grids of all triplets, counted through: point k of triplet q is
 * q s_points t_points + k. out: rows of `width` float32, out_stride_bytes apart (a multiple of 4). Computed in
 * float64 as x1 + a v1 + b v2, b = t / |r|, a = (s - c b) / |v1|, and rounded once: a point on a vertex is that
 * image to the rounding of float32. Not clamped to valid pixels.
 * The rows may be another layer's than those the vertices were computed from: with rows = W x + bias of the
 * three images, the result is W (point) + bias, the plane through a first linear layer at its width. */
LIGHTCONE_API lightcone_status lightcone_plane_points(const lightcone_rows* rows, const int64_t* triplets,
                                                      const double* vertices, int64_t count,
                                                      const lightcone_plane_grid* grid, int64_t begin,
                                                      int64_t points, int32_t threads,
                                                      lightcone_control* control, float* out,
                                                      int64_t out_stride_bytes);

/* The same at free coordinates (points, 2) = (s, t) of one plane: triplet (3), vertices (3). */
LIGHTCONE_API lightcone_status lightcone_plane_points_at(const lightcone_rows* rows, const int64_t* triplet,
                                                         const double* vertices, const double* coordinates,
                                                         int64_t points, float* out, int64_t out_stride_bytes);

/* Logits or probabilities (rows, C) to the class of the largest, ties to the lowest class: out (rows), uint8
 * (label_bytes 1, C <= 256) or uint16 (2, C <= 65,536). LIGHTCONE_INVALID_DATA names the first row with a NaN;
 * out is scratch then. */
LIGHTCONE_API lightcone_status lightcone_argmax(const lightcone_rows* rows, int32_t label_bytes, int32_t threads,
                                                lightcone_control* control, void* out);

/* Points of each class: out (maps, classes). mask (points), may be null: only points with mask != 0 count.
 * LIGHTCONE_INVALID_DATA names map and point of a label >= classes. */
LIGHTCONE_API lightcone_status lightcone_label_areas(const lightcone_label_maps* maps, int64_t classes,
                                                     const uint8_t* mask, int32_t threads,
                                                     lightcone_control* control, int64_t* out);

/* Points with equal labels of the maps [map_begin, map_end) and all from map_begin on: out (map_end - map_begin,
 * maps - map_begin). With all maps symmetric; the diagonal is the number of points that count. mask as above. */
LIGHTCONE_API lightcone_status lightcone_agreement(const lightcone_label_maps* maps, int64_t map_begin, int64_t map_end,
                                                   const uint8_t* mask, int32_t threads, lightcone_control* control,
                                                   int64_t* out);

/* Confusion of `count` pairs (count, 2) of map numbers: out (count, classes, classes), entry (a, b) the points
 * that the first map labels a and the second b. mask and labels as in lightcone_label_areas. */
LIGHTCONE_API lightcone_status lightcone_confusion(const lightcone_label_maps* maps, int64_t classes,
                                                   const uint8_t* mask, const int64_t* pairs, int64_t count,
                                                   int32_t threads, lightcone_control* control, int64_t* out);

/* Points within `radius` steps (8 directions) of a point of another label: map (height, width), out the same
 * shape, 1 in the band and 0 outside. radius 0: no point; radius 1: the points with a differing neighbour. */
LIGHTCONE_API lightcone_status lightcone_boundary_band(const void* map, int32_t label_bytes, int64_t height,
                                                       int64_t width, int64_t radius, uint8_t* out);

/* Connected components of equal labels in each map (height, width), points = height width < 2^31 - 1, connectivity 4
 * or 8. regions (maps): the components of at least minimum_area points. ids, may be null, (maps, points): the
 * component of each point, numbered from 0 in the order of their first points, -1 for smaller ones. areas, may
 * be null, (maps, areas_capacity): areas in that order, the first areas_capacity of them, then zeros. */
LIGHTCONE_API lightcone_status lightcone_components(const lightcone_label_maps* maps, int64_t height,
                                                    int64_t width, int32_t connectivity, int64_t minimum_area,
                                                    int32_t threads, lightcone_control* control,
                                                    int64_t* regions, int32_t* ids, int64_t* areas,
                                                    int64_t areas_capacity);

/* ---- the machine: its ceilings, for benchmarks and plans ----------------------------------- */

/* Multiply-adds per second of `threads` threads running together, on elements of dtype in registers: the best of
 * 200 slices of half a millisecond, so that other load on the machine hardly shows. Takes 0.1 to 0.3 s. The portable
 * instruction set counts a multiplication and an addition as one. */
LIGHTCONE_API lightcone_status lightcone_ceiling_fma(int32_t isa, int32_t dtype, int32_t threads,
                                                     double* fma_per_second);
/* Bytes per second that `threads` threads read together, each its part of a buffer of `bytes` (allocated here):
 * the best slice of whole passes. Well above the caches' size this is memory bandwidth. */
LIGHTCONE_API lightcone_status lightcone_ceiling_read(int64_t bytes, int32_t threads, double* bytes_per_second);

/* ---- devices ------------------------------------------------------------------------------- */

/* A device that the engine can compute on beside the CPU, or the reason why there is none. */
typedef struct lightcone_device_info {
  int64_t size;
  int32_t device;          /* LIGHTCONE_DEVICE_CUDA */
  int32_t ordinal;         /* for device_ordinal of the options */
  int32_t available;       /* 1: it can be used */
  int32_t capability;      /* compute capability, 90 for 9.0; 0: unknown */
  int32_t multiprocessors;
  int32_t reserved;
  int64_t memory_bytes;
  char name[128];          /* "" if there is none */
  char reason[512];        /* "" if available */
} lightcone_device_info;

LIGHTCONE_API void lightcone_device_info_init(lightcone_device_info* info);

/* Loads a device library, liblightcone_cuda.so, from its path, for all later calls of the process; without this call
 * the first that needs it looks for the file that the environment variable LIGHTCONE_CUDA_LIBRARY names, and for
 * liblightcone_cuda.so beside this library. LIGHTCONE_IO if it cannot be loaded, LIGHTCONE_UNSUPPORTED if it is of
 * another version. That there is no driver or no GPU is no failure of this call: lightcone_device_query says it. */
LIGHTCONE_API lightcone_status lightcone_backend_load(const char* path);

/* Entries of lightcone_device_query: one for each GPU, or one that is not available and says why. At least 1. */
LIGHTCONE_API lightcone_status lightcone_device_count(int32_t* count);
LIGHTCONE_API lightcone_status lightcone_device_query(int32_t index, lightcone_device_info* out);

/* Where lightcone_distances with these options and sizes would run, and why: a sentence of at most reason_bytes - 1
 * bytes. device becomes LIGHTCONE_DEVICE_CPU or _CUDA. Fails as that call would, with LIGHTCONE_UNSUPPORTED. */
LIGHTCONE_API lightcone_status lightcone_distances_device(int64_t models, int64_t samples, int64_t classes,
                                                          const lightcone_distances_options* options,
                                                          int32_t* device, char* reason, int64_t reason_bytes);

/* ---- embedding on a device: a packed matrix that lies there -------------------------------- */

/* Where the eigenpairs of a packed matrix of so many models are projected to be found first by products with blocks of
 * `columns` vectors, and why: as lightcone_distances_device. LIGHTCONE_UNSUPPORTED with the reason where
 * LIGHTCONE_DEVICE_CUDA was asked for and cannot be had; a matrix larger than the device's memory is among them. */
LIGHTCONE_API lightcone_status lightcone_device_tiles_choose(int64_t models, int64_t columns, int32_t device,
                                                             int32_t ordinal, int32_t threads, int32_t* chosen,
                                                             char* reason, int64_t reason_bytes);

typedef struct lightcone_device_tiles lightcone_device_tiles;

/* Memory on a device for the packed matrix of M = models and products with up to most_columns (a multiple of 8)
 * vectors, about 2 M^2 + 8 M (2 to 9) most_columns bytes, all of it taken here. weights (M), not negative and of mean
 * 1, are those of the centring; null for ones. ordinal: which of several devices. LIGHTCONE_OUT_OF_MEMORY says what it
 * takes and has; LIGHTCONE_UNSUPPORTED why there is no device. */
LIGHTCONE_API lightcone_status lightcone_device_tiles_create(int64_t models, int64_t most_columns,
                                                             const double* weights, int32_t ordinal,
                                                             lightcone_device_tiles** out);
LIGHTCONE_API void lightcone_device_tiles_destroy(lightcone_device_tiles* tiles); /* null is allowed */

/* Copies the block rows [block_begin, block_end) there, from host memory: their packed tiles in order, (tiles,
 * LIGHTCONE_TILE, LIGHTCONE_TILE) float32, finite; bands in rising order, each once. */
LIGHTCONE_API lightcone_status lightcone_device_tiles_put(lightcone_device_tiles* device, const float* tiles,
                                                          int64_t block_begin, int64_t block_end, int32_t threads,
                                                          lightcone_control* control);

/* y = A x for blocks (M, columns), row-major, in float64, columns a multiple of 8 up to most_columns. A is one of these,
 * with W = -1/2 (I - 1 w'/M) D (I - w 1'/M) and S = diag(sqrt w). With u = 2^-53, an entry of PLAIN is within
 * (M + 2) u sum_j |D_ij x_j|, one of HALF within 8 (M + 8) u max |D| sum_j sqrt(w_j) |x_j|, one of CENTRED within
 * sqrt(w_i) times that. x and y are both host memory (on_device 0) or both addresses of the tiles' device, aligned to 16
 * bytes, which do not overlap; what fills x on a stream of the caller must be done before the call, and the call returns
 * when its own work is. threads: of the host, 0 all. The same bits from run to run and on any device of one architecture.
 * Its unit of progress is the block row. y is scratch on failure. */
#define LIGHTCONE_PRODUCT_PLAIN 0   /* D */
#define LIGHTCONE_PRODUCT_CENTRED 1 /* S W S */
#define LIGHTCONE_PRODUCT_HALF 2    /* W S */
LIGHTCONE_API lightcone_status lightcone_device_tiles_multiply(lightcone_device_tiles* tiles, int32_t product,
                                                               const double* x, double* y, int64_t columns,
                                                               int32_t on_device, int32_t threads,
                                                               lightcone_control* control);
/* ---- devices: geometry and planes ------------------------------------------------------------
 *
 * The calls of the sections above on a device. Each takes a place: where to run, where its large arrays lie. What is not
 * among them (lightcone_geodesic, centroids, the measures of lightcone_trajectories, points at free coordinates, areas,
 * confusion, bands) runs on the CPU alone.
 *
 * With LIGHTCONE_MEMORY_DEVICE an array is memory of that device, for example a LibTorch CUDA tensor's data: `input` says
 * where rows.data and maps.data lie, `output` where points, labels, ids and geodesics go; all else is host memory. What
 * `stream` (a cudaStream_t; null: the default stream) holds when the call begins is done before such an array is touched,
 * and the call returns when its own work is done: later work of any stream may use the results. Tables of predictions
 * are read from host memory or files. A device that cannot be had, or memory that a call cannot take, is refused with
 * LIGHTCONE_UNSUPPORTED and the reason; an address that is not the device's with LIGHTCONE_INVALID_ARGUMENT.
 *
 * Results. Argmax, agreement and components are exact, those of the CPU. Plane points are those of a CPU with FMA, bit for
 * bit. Progress and geodesics keep the CPU's bounds; their bits are the device's own, the same from run to run, whatever
 * memory_bytes is. */
#define LIGHTCONE_MEMORY_HOST 0
#define LIGHTCONE_MEMORY_DEVICE 1

typedef struct lightcone_place {
  int64_t size;
  int32_t device;       /* LIGHTCONE_DEVICE_...; default auto: where arrays are on a device, that */
  int32_t ordinal;      /* which of several; default 0 */
  int32_t threads;      /* of the host; default 0, all */
  int32_t input;        /* LIGHTCONE_MEMORY_...; default host */
  int32_t output;
  int32_t ran;          /* written: LIGHTCONE_DEVICE_CPU or _CUDA, where the call ran */
  void* stream;         /* of the caller; default null */
  int64_t memory_bytes; /* what buffers may take on the device, about; default 0: 2 GiB, an 8th of it at most. A model's
                         * 24 N bytes (progress), a map (components), the counts of the pairs (agreement) must fit */
  char reason[256];     /* written: why there */
} lightcone_place;

LIGHTCONE_API void lightcone_place_init(lightcone_place* place);

/* lightcone_progress, lightcone_geodesic_between and lightcone_trajectory (options.threads does not count). */
LIGHTCONE_API lightcone_status lightcone_progress_at_place(const lightcone_predictions* predictions,
                                                           const int32_t* labels, int64_t label_count,
                                                           lightcone_place* place, lightcone_control* control,
                                                           double* out);
LIGHTCONE_API lightcone_status lightcone_geodesic_between_at_place(const lightcone_predictions* predictions,
                                                                   int64_t from, int64_t to, const double* t,
                                                                   int64_t points, lightcone_place* place,
                                                                   lightcone_control* control, double* out);
LIGHTCONE_API lightcone_status lightcone_trajectory_at_place(const lightcone_predictions* predictions,
                                                             const int64_t* run_begin, int64_t runs,
                                                             const double* index,
                                                             const lightcone_trajectories_options* options,
                                                             int64_t run, lightcone_place* place,
                                                             lightcone_control* control, double* out);

/* lightcone_plane_points, lightcone_argmax, lightcone_agreement and lightcone_components. */
LIGHTCONE_API lightcone_status lightcone_plane_points_at_place(const lightcone_rows* rows, const int64_t* triplets,
                                                               const double* vertices, int64_t count,
                                                               const lightcone_plane_grid* grid, int64_t begin,
                                                               int64_t points, lightcone_place* place,
                                                               lightcone_control* control, float* out,
                                                               int64_t out_stride_bytes);
LIGHTCONE_API lightcone_status lightcone_argmax_at_place(const lightcone_rows* rows, int32_t label_bytes,
                                                         lightcone_place* place, lightcone_control* control,
                                                         void* out);
LIGHTCONE_API lightcone_status lightcone_agreement_at_place(const lightcone_label_maps* maps, const uint8_t* mask,
                                                            lightcone_place* place, lightcone_control* control,
                                                            int64_t* out);
LIGHTCONE_API lightcone_status lightcone_components_at_place(const lightcone_label_maps* maps, int64_t height,
                                                             int64_t width, int32_t connectivity,
                                                             int64_t minimum_area, lightcone_place* place,
                                                             lightcone_control* control, int64_t* regions,
                                                             int32_t* ids, int64_t* areas, int64_t areas_capacity);

#ifdef __cplusplus
}
#endif
#endif /* LIGHTCONE_H */
