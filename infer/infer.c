#include "infer.h"

#include <math.h>
#include <stdlib.h>

static const char *const providers[] = {"cpu", "cuda", "tensorrt", NULL};

const Setting infer_settings[] = {
    SETTING_INT(InferConfig, threads, "1", 1, 64, "threads that work on one run of a network"),
    SETTING_CHOICE(
        InferConfig, provider, providers, "cpu", "where networks run: cpu, cuda, tensorrt"),
    SETTING_TEXT(
        InferConfig,
        engine_cache,
        "",
        "folder where tensorrt keeps the engines it builds; without one each start takes minutes"),
    SETTING_END};

Status infer_note_real(const Network *network, const char *key, double fallback, double *out) {
    const char *text = infer_note(network, key);
    if (!text) {
        *out = fallback;
        return OK;
    }
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return fail(E_INVALID, "infer: the model's note %s is '%.40s', not a number", key, text);
    *out = value;
    return OK;
}
