// The race's protocol: one JSON object per line on stdin, samples in nanoseconds per call on stdout.
// A request with "seed" and "result" is not timed: what one call gives is written to that file.
//
// Usage: limit [--stages]

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kernels.h"
#include "noise-table.h"

enum { LINE = 8192, SAMPLES = 100000 };
static const double SHORT_CALL = 50000;

static const char *const NAMES[] = {"noise", "softmax", "soft", "hard", "hardBackward", "categorical"};

//  The text behind "key": in a flat object; NULL if it is not there.
static const char *find(const char *line, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *at = strstr(line, quoted);
  return at ? at + strlen(quoted) + strspn(at + strlen(quoted), " ") : 0;
}

static double number(const char *line, const char *key, double otherwise) {
  const char *at = find(line, key);
  return at ? strtod(at, 0) : otherwise;
}

static char *string(const char *line, const char *key, char to[LINE]) {
  const char *at = find(line, key);
  to[0] = 0;
  if (at && *at == '"') sscanf(at + 1, "%8191[^\"]", to);
  return to;
}

static void *room(size_t values) {
  const size_t bytes = (4 * values + 127) & ~(size_t)63;
  return memset(aligned_alloc(64, bytes), 0, bytes);
}

static float *input(const char *path, size_t count, size_t padding) {
  float *values = room(count + padding);
  FILE *file = fopen(path, "rb");
  if (!file || fread(values, 4, count, file) != count) {
    fprintf(stderr, "cannot read %zu values from %s\n", count, path);
    exit(1);
  }
  fclose(file);
  return values;
}

//  Arrays for the shape and files of a request; kept while these stay the same.
static void prepare(Job *job, const char *line) {
  static char known[3 * LINE];
  char logits[LINE], cotangent[LINE], key[3 * LINE];
  const size_t rows = (size_t)number(line, "rows", 1), classes = (size_t)number(line, "classes", 1);
  const size_t inner = (size_t)number(line, "inner", 1), count = rows * classes * inner, padding = PADDING(classes);
  string(line, "logits", logits);
  string(line, "cotangent", cotangent);
  snprintf(key, sizeof key, "%zu %zu %zu %s %s", rows, classes, inner, logits, cotangent);
  if (strcmp(key, known) == 0) return;
  strcpy(known, key);
  void *old[] = {(void *)job->logits, (void *)job->cotangent, job->out, job->soft, job->gradient, job->index};
  for (size_t k = 0; k < sizeof old / sizeof *old; k++) free(old[k]);
  *job = (Job){
    .rows = rows,
    .classes = classes,
    .inner = inner,
    .logits = logits[0] ? input(logits, count, padding) : room(count + padding),
    .cotangent = cotangent[0] ? input(cotangent, count, padding) : room(count + padding),
    .out = room(count + padding),
    .soft = room(count + padding),
    .gradient = room(count + padding),
    .index = room(rows * inner + 64),
  };
}

static void write(const Job *job, const char *path) {
  const size_t rows = job->rows * job->inner;
  FILE *file = fopen(path, "wb");
  if (!file) exit(1);
  if (job->operation == CATEGORICAL) {
    fwrite(job->index, 4, rows, file);
  } else {
    fwrite(job->out, 4, rows * job->classes, file);
    if (job->operation == HARD_BACKWARD) fwrite(job->gradient, 4, rows * job->classes, file);
  }
  fclose(file);
}

static void measure(Job *job, const char *line, int id) {
  static double samples[SAMPLES];
  const size_t least = (size_t)number(line, "samples", 5), warmup = (size_t)number(line, "warmup", 2);
  const double budget = number(line, "ns", 1e8);
  size_t calls = 1, count = 0;
  double total = 0;
  for (size_t k = 0; k < warmup; k++, job->seed++) run(job);
  for (;;) {
    const double began = now();
    for (size_t k = 0; k < calls; k++, job->seed++) run(job);
    const double took = now() - began;
    if (took < SHORT_CALL && took * 2 < budget) {
      calls *= 2;
      continue;
    }
    samples[count++] = took / (double)calls;
    total += took;
    if (count == SAMPLES || (count >= least && total >= budget) || total > 20 * budget) break;
  }
  size_t nan = 0, infinite = 0;
  const float *result = job->operation == HARD_BACKWARD ? job->gradient : job->out;
  const size_t values = job->operation == CATEGORICAL ? 0 : job->rows * job->classes * job->inner;
  for (size_t k = 0; k < values; k++) {
    nan += isnan(result[k]) != 0;
    infinite += isinf(result[k]) != 0;
  }
  printf("{\"id\":%d,\"samples\":[", id);
  for (size_t k = 0; k < count; k++) printf(k ? ",%.2f" : "%.2f", samples[k]);
  printf("],\"nan\":%zu,\"infinite\":%zu}\n", nan, infinite);
}

int main(int argc, char **argv) {
  fillNoiseTable();
  if (argc > 1 && strcmp(argv[1], "--stages") == 0) {
    stages();
    return 0;
  }
  setvbuf(stdout, 0, _IOLBF, 0);
  printf("{\"ready\":true,\"name\":\"C, 128 bits\",\"versions\":{\"gcc\":\"%s\"},\"threads\":1}\n", __VERSION__);
  static char line[LINE], text[LINE];
  Job job = {0};
  while (fgets(line, sizeof line, stdin)) {
    if (strspn(line, " \r\n") == strlen(line)) continue;
    const int id = (int)number(line, "id", 0);
    string(line, "operation", text);
    int operation = 0;
    while (operation <= CATEGORICAL && strcmp(text, NAMES[operation]) != 0) operation++;
    if (operation > CATEGORICAL) {
      printf("{\"id\":%d,\"unsupported\":\"operation %s\"}\n", id, text);
      continue;
    }
    prepare(&job, line);
    job.operation = (Operation)operation;
    job.tau = number(line, "tau", 1);
    const char *seed = string(line, "seed", text);
    job.seed = strtoull(seed, 0, 10);
    const char *refused = run(&job);
    if (refused) {
      printf("{\"id\":%d,\"unsupported\":\"%s\"}\n", id, refused);
    } else if (string(line, "result", text)[0]) {
      write(&job, text);
      printf("{\"id\":%d,\"written\":true}\n", id);
    } else {
      measure(&job, line, id);
    }
  }
  return 0;
}
