/* infer over the ONNX Runtime C API. Nothing outside this file knows its names. */
#include "file.h"
#include "infer.h"
#include "log.h"

#include <assert.h>
#include <onnxruntime_c_api.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(INFER_SHA256_BYTES == crypto_hash_sha256_BYTES, "one SHA-256");

enum {
    MODEL_BYTES_MAX = 512 << 20,
    PICTURE_BYTES_MAX = 16 << 20, /* one picture of a batch */
    OUTPUT_VALUES_MAX = 4 << 20,  /* of one picture */
    NAME_BYTES = 64,
    NOTES_MAX = 32,
};

typedef struct Port { /* an input or output of the network */
    char name[NAME_BYTES];
    InferShape shape;
    size_t values; /* of one picture */
} Port;

typedef struct Binding { /* everything one batch size needs */
    OrtIoBinding *io;
    OrtValue *input;
    OrtValue *outputs[INFER_OUTPUTS_MAX];
} Binding;

struct Network {
    const OrtApi *ort;
    char path[256]; /* for sentences */
    OrtEnv *env;
    OrtSession *session;
    OrtMemoryInfo *memory;
    OrtRunOptions *run_options;
    Port input;
    int output_count;
    Port outputs[INFER_OUTPUTS_MAX];
    uint8_t *pictures;
    float *values[INFER_OUTPUTS_MAX];
    const float *borrowed[INFER_OUTPUTS_MAX];
    Binding bindings[INFER_BATCH_MAX];
    int note_count;
    struct {
        char *key, *value;
    } notes[NOTES_MAX];
    uint8_t sha256[INFER_SHA256_BYTES];
};

/* ONNX Runtime explains itself in paragraphs; people get one line. */
static void one_line(const char *text, char *out, size_t size) {
    size_t used = 0;
    bool space = false;
    for (; *text && used + 2 < size; text++) {
        if ((unsigned char)*text <= ' ') {
            space = used > 0;
            continue;
        }
        if (space) out[used++] = ' ';
        space = false;
        out[used++] = *text;
    }
    out[used] = '\0';
}

static Status refuse(const Network *n, OrtStatus *status, Status code, const char *doing) {
    char why[200];
    one_line(n->ort->GetErrorMessage(status), why, sizeof why);
    n->ort->ReleaseStatus(status);
    return fail(code, "infer: %s: %s: %s", n->path, doing, why);
}

#define ORT(code, doing, call)                                                                     \
    do {                                                                                           \
        OrtStatus *ort_status = n->ort->call;                                                      \
        if (ort_status) return refuse(n, ort_status, code, doing);                                 \
    } while (0)

/* For calls that give memory back: their failure has no cure. */
static void ignore(const Network *n, OrtStatus *status) {
    if (status) n->ort->ReleaseStatus(status);
}

static void ORT_API_CALL log_message(
    void *param,
    OrtLoggingLevel severity,
    const char *category,
    const char *id,
    const char *location,
    const char *message) {
    (void)param;
    (void)severity;
    (void)category;
    (void)id;
    (void)location;
    char line[200];
    one_line(message, line, sizeof line);
    LOG_DEBUG("infer", "%s", line);
}

/* -- opening ------------------------------------------------------------------------------- */

static OrtStatus *append_cuda(const OrtApi *ort, OrtSessionOptions *options) {
    OrtCUDAProviderOptionsV2 *cuda = NULL;
    OrtStatus *status = ort->CreateCUDAProviderOptions(&cuda);
    if (status) return status;
    status = ort->SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda);
    ort->ReleaseCUDAProviderOptions(cuda);
    return status;
}

static OrtStatus *append_tensorrt(const OrtApi *ort, OrtSessionOptions *options) {
    OrtTensorRTProviderOptionsV2 *tensorrt = NULL;
    OrtStatus *status = ort->CreateTensorRTProviderOptions(&tensorrt);
    if (status) return status;
    status = ort->SessionOptionsAppendExecutionProvider_TensorRT_V2(options, tensorrt);
    ort->ReleaseTensorRTProviderOptions(tensorrt);
    return status;
}

static Status append_provider(Network *n, OrtSessionOptions *options, int provider) {
    if (provider == INFER_CPU) return OK;
    bool cuda = provider == INFER_CUDA;
    OrtStatus *status = cuda ? append_cuda(n->ort, options) : append_tensorrt(n->ort, options);
    if (!status) return OK;
    char why[120];
    one_line(n->ort->GetErrorMessage(status), why, sizeof why);
    n->ort->ReleaseStatus(status);
    return fail(
        E_INVALID,
        "infer: provider %s cannot be used here; install an ONNX Runtime that has it or set "
        "infer.provider to cpu (%s)",
        cuda ? "cuda" : "tensorrt", why);
}

static Status set_options(Network *n, OrtSessionOptions *options, const InferConfig *config) {
    const char *doing = "setting up";
    ORT(E_IO, doing, SetIntraOpNumThreads(options, config->threads));
    ORT(E_IO, doing, SetInterOpNumThreads(options, 1));
    ORT(E_IO, doing, SetSessionExecutionMode(options, ORT_SEQUENTIAL));
    ORT(E_IO, doing, SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL));
    ORT(E_IO, doing, SetDeterministicCompute(options, true));
    /* the cores belong to cameras and scale between two runs */
    ORT(E_IO, doing, AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"));
    ORT(E_IO, doing, AddSessionConfigEntry(options, "session.set_denormal_as_zero", "1"));
    return append_provider(n, options, config->provider);
}

static Status open_session(Network *n, const InferConfig *config) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(n->path, MODEL_BYTES_MAX, &bytes, &size));
    crypto_hash_sha256(n->sha256, bytes, size);

    OrtSessionOptions *options = NULL;
    OrtStatus *status = n->ort->CreateSessionOptions(&options);
    Status result = status ? refuse(n, status, E_IO, "setting up") : OK;
    if (result == OK) result = set_options(n, options, config);
    if (result == OK) {
        status = n->ort->CreateSessionFromArray(n->env, bytes, size, options, &n->session);
        if (status) result = refuse(n, status, E_INVALID, "not a network that can be run");
    }
    n->ort->ReleaseSessionOptions(options);
    free(bytes);
    return result;
}

static Status copy_name(Network *n, char *name, OrtAllocator *allocator, char *out) {
    size_t length = strlen(name);
    if (length < NAME_BYTES) memcpy(out, name, length + 1);
    ignore(n, n->ort->AllocatorFree(allocator, name));
    if (length >= NAME_BYTES)
        return fail(E_INVALID, "infer: %s: an input or output has an endless name", n->path);
    return OK;
}

/* The shape of a tensor whose first dimension is the batch and open, the others fixed. */
static Status
read_shape(Network *n, const OrtTypeInfo *type, ONNXTensorElementDataType wanted, Port *out) {
    const OrtTensorTypeAndShapeInfo *tensor = NULL;
    ORT(E_INVALID, out->name, CastTypeInfoToTensorInfo(type, &tensor));
    if (!tensor) return fail(E_INVALID, "infer: %s: %s is not a tensor", n->path, out->name);
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    ORT(E_INVALID, out->name, GetTensorElementType(tensor, &element));
    if (element != wanted)
        return fail(
            E_INVALID, "infer: %s: %s must be %s", n->path, out->name,
            wanted == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 ? "uint8" : "float");
    size_t dims = 0;
    ORT(E_INVALID, out->name, GetDimensionsCount(tensor, &dims));
    int64_t at[INFER_DIMS_MAX];
    if (dims < 2 || dims > INFER_DIMS_MAX)
        return fail(E_INVALID, "infer: %s: %s has %zu dimensions", n->path, out->name, dims);
    ORT(E_INVALID, out->name, GetDimensions(tensor, at, dims));
    if (at[0] > 0)
        return fail(
            E_INVALID, "infer: %s: %s has a fixed batch of %lld; export it with an open one",
            n->path, out->name, (long long)at[0]);
    out->shape.dims = (int)dims;
    out->values = 1;
    for (size_t i = 1; i < dims; i++) {
        if (at[i] <= 0 || at[i] > OUTPUT_VALUES_MAX)
            return fail(
                E_INVALID, "infer: %s: dimension %zu of %s is %lld; only the batch may be open",
                n->path, i, out->name, (long long)at[i]);
        out->shape.at[i] = (int)at[i];
        out->values *= (size_t)at[i];
        if (out->values > PICTURE_BYTES_MAX) break;
    }
    size_t ceiling = wanted == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 ? (size_t)PICTURE_BYTES_MAX
                                                                   : (size_t)OUTPUT_VALUES_MAX;
    if (out->values > ceiling)
        return fail(E_INVALID, "infer: %s: %s is too large", n->path, out->name);
    return OK;
}

static Status read_ports(Network *n, OrtAllocator *allocator) {
    const char *doing = "reading its inputs and outputs";
    size_t inputs = 0, outputs = 0;
    ORT(E_INVALID, doing, SessionGetInputCount(n->session, &inputs));
    ORT(E_INVALID, doing, SessionGetOutputCount(n->session, &outputs));
    if (inputs != 1 || outputs < 1 || outputs > INFER_OUTPUTS_MAX)
        return fail(
            E_INVALID,
            "infer: %s: has %zu inputs and %zu outputs; one input and 1 to %d outputs are needed",
            n->path, inputs, outputs, INFER_OUTPUTS_MAX);

    char *name = NULL;
    OrtTypeInfo *type = NULL;
    ORT(E_INVALID, doing, SessionGetInputName(n->session, 0, allocator, &name));
    TRY(copy_name(n, name, allocator, n->input.name));
    ORT(E_INVALID, doing, SessionGetInputTypeInfo(n->session, 0, &type));
    Status status = read_shape(n, type, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, &n->input);
    n->ort->ReleaseTypeInfo(type);
    TRY(status);
    if (n->input.shape.dims != 4 || n->input.shape.at[3] != 3)
        return fail(E_INVALID, "infer: %s: %s must be [N,height,width,3]", n->path, n->input.name);

    for (size_t i = 0; i < outputs; i++) {
        Port *port = &n->outputs[i];
        ORT(E_INVALID, doing, SessionGetOutputName(n->session, i, allocator, &name));
        TRY(copy_name(n, name, allocator, port->name));
        ORT(E_INVALID, doing, SessionGetOutputTypeInfo(n->session, i, &type));
        status = read_shape(n, type, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, port);
        n->ort->ReleaseTypeInfo(type);
        TRY(status);
    }
    n->output_count = (int)outputs;
    return OK;
}

static Status read_notes(Network *n, OrtAllocator *allocator) {
    const char *doing = "reading its metadata";
    OrtModelMetadata *metadata = NULL;
    ORT(E_INVALID, doing, SessionGetModelMetadata(n->session, &metadata));
    char **keys = NULL;
    int64_t count = 0;
    OrtStatus *status =
        n->ort->ModelMetadataGetCustomMetadataMapKeys(metadata, allocator, &keys, &count);
    for (int64_t i = 0; !status && i < count; i++) {
        char *value = NULL;
        if (n->note_count < NOTES_MAX)
            status =
                n->ort->ModelMetadataLookupCustomMetadataMap(metadata, allocator, keys[i], &value);
        if (value) {
            n->notes[n->note_count].key = strdup(keys[i]);
            n->notes[n->note_count].value = strdup(value);
            n->note_count++;
            ignore(n, n->ort->AllocatorFree(allocator, value));
        }
    }
    for (int64_t i = 0; i < count; i++)
        ignore(n, n->ort->AllocatorFree(allocator, keys[i]));
    if (keys) ignore(n, n->ort->AllocatorFree(allocator, keys));
    n->ort->ReleaseModelMetadata(metadata);
    return status ? refuse(n, status, E_INVALID, doing) : OK;
}

static Status open_steps(Network *n, const InferConfig *config) {
    ORT(E_IO, "starting",
        CreateEnvWithCustomLogger(log_message, NULL, ORT_LOGGING_LEVEL_ERROR, "infer", &n->env));
    TRY(open_session(n, config));
    OrtAllocator *allocator = NULL;
    ORT(E_IO, "memory", GetAllocatorWithDefaultOptions(&allocator));
    TRY(read_ports(n, allocator));
    TRY(read_notes(n, allocator));
    ORT(E_IO, "memory", CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &n->memory));
    ORT(E_IO, "setting up", CreateRunOptions(&n->run_options));

    bool enough = (n->pictures = calloc(INFER_BATCH_MAX, n->input.values)) != NULL;
    for (int i = 0; i < n->output_count; i++) {
        n->values[i] = calloc(INFER_BATCH_MAX * n->outputs[i].values, sizeof(float));
        n->borrowed[i] = n->values[i];
        enough = enough && n->values[i];
    }
    return enough ? OK : fail(E_NO_MEMORY, "infer: %s: out of memory", n->path);
}

Status infer_open(Network **out, const InferConfig *config, const char *path) {
    const OrtApi *ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (!ort)
        return fail(
            E_INVALID,
            "infer: ONNX Runtime %s is older than the one this was built with (interface %d)",
            OrtGetApiBase()->GetVersionString(), ORT_API_VERSION);
    Network *n = calloc(1, sizeof *n);
    if (!n) return fail(E_NO_MEMORY, "infer: %s: out of memory", path);
    n->ort = ort;
    snprintf(n->path, sizeof n->path, "%s", path);
    Status status = open_steps(n, config);
    if (status != OK) {
        infer_close(n);
        return status;
    }
    *out = n;
    return OK;
}

/* -- running ------------------------------------------------------------------------------- */

static Status bind_tensor(
    Network *n,
    const Port *port,
    int batch,
    void *data,
    size_t value_bytes,
    ONNXTensorElementDataType element,
    OrtValue **out) {
    int64_t at[INFER_DIMS_MAX] = {batch};
    for (int i = 1; i < port->shape.dims; i++)
        at[i] = port->shape.at[i];
    ORT(E_IO, "binding",
        CreateTensorWithDataAsOrtValue(
            n->memory, data, (size_t)batch * port->values * value_bytes, at,
            (size_t)port->shape.dims, element, out));
    return OK;
}

static Status bind(Network *n, int batch, Binding *binding) {
    TRY(bind_tensor(
        n, &n->input, batch, n->pictures, 1, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, &binding->input));
    for (int i = 0; i < n->output_count; i++)
        TRY(bind_tensor(
            n, &n->outputs[i], batch, n->values[i], sizeof(float),
            ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &binding->outputs[i]));
    ORT(E_IO, "binding", CreateIoBinding(n->session, &binding->io));
    ORT(E_IO, "binding", BindInput(binding->io, n->input.name, binding->input));
    for (int i = 0; i < n->output_count; i++)
        ORT(E_IO, "binding", BindOutput(binding->io, n->outputs[i].name, binding->outputs[i]));
    return OK;
}

static void unbind(Network *n, Binding *binding) {
    if (binding->io) n->ort->ReleaseIoBinding(binding->io);
    if (binding->input) n->ort->ReleaseValue(binding->input);
    for (int i = 0; i < INFER_OUTPUTS_MAX; i++)
        if (binding->outputs[i]) n->ort->ReleaseValue(binding->outputs[i]);
    *binding = (Binding){0};
}

Status infer_run(Network *n, int batch, const float *const **outputs) {
    assert(batch >= 1 && batch <= INFER_BATCH_MAX);
    Binding *binding = &n->bindings[batch - 1];
    if (!binding->io) {
        Status status = bind(n, batch, binding);
        if (status != OK) {
            unbind(n, binding);
            return status;
        }
    }
    ORT(E_IO, "running", RunWithBinding(n->session, n->run_options, binding->io));
    *outputs = n->borrowed;
    return OK;
}

void infer_close(Network *n) {
    if (!n) return;
    for (int i = 0; i < INFER_BATCH_MAX; i++)
        unbind(n, &n->bindings[i]);
    for (int i = 0; i < INFER_OUTPUTS_MAX; i++)
        free(n->values[i]);
    for (int i = 0; i < n->note_count; i++) {
        free(n->notes[i].key);
        free(n->notes[i].value);
    }
    free(n->pictures);
    if (n->run_options) n->ort->ReleaseRunOptions(n->run_options);
    if (n->memory) n->ort->ReleaseMemoryInfo(n->memory);
    if (n->session) n->ort->ReleaseSession(n->session);
    if (n->env) n->ort->ReleaseEnv(n->env);
    free(n);
}

/* -- asking -------------------------------------------------------------------------------- */

InferShape infer_input_shape(const Network *n) { return n->input.shape; }

int infer_output_count(const Network *n) { return n->output_count; }

int infer_output_index(const Network *n, const char *name) {
    for (int i = 0; i < n->output_count; i++)
        if (strcmp(n->outputs[i].name, name) == 0) return i;
    return -1;
}

InferShape infer_output_shape(const Network *n, int output) {
    assert(output >= 0 && output < n->output_count);
    return n->outputs[output].shape;
}

const char *infer_note(const Network *n, const char *key) {
    for (int i = 0; i < n->note_count; i++)
        if (n->notes[i].key && strcmp(n->notes[i].key, key) == 0) return n->notes[i].value;
    return NULL;
}

const uint8_t *infer_sha256(const Network *n) { return n->sha256; }

uint8_t *infer_input(Network *n) { return n->pictures; }
