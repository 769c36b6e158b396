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

static Status refuse(const Network *network, OrtStatus *status, Status code, const char *doing) {
    char why[200];
    one_line(network->ort->GetErrorMessage(status), why, sizeof why);
    network->ort->ReleaseStatus(status);
    return fail(code, "infer: %s: %s: %s", network->path, doing, why);
}

#define ORT(code, doing, call)                                                                     \
    do {                                                                                           \
        OrtStatus *ort_status = network->ort->call;                                                \
        if (ort_status) return refuse(network, ort_status, code, doing);                           \
    } while (0)

/* For calls that give memory back: their failure has no cure. */
static void ignore(const Network *network, OrtStatus *status) {
    if (status) network->ort->ReleaseStatus(status);
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

/* An engine is built for this very processor and model, in minutes; the cache knows it again. */
static OrtStatus *
append_tensorrt(const OrtApi *ort, OrtSessionOptions *options, const char *engine_cache) {
    const char *const keys[] = {
        "trt_engine_cache_enable", "trt_engine_cache_path", "trt_timing_cache_enable",
        "trt_timing_cache_path"};
    const char *const values[] = {"1", engine_cache, "1", engine_cache};
    OrtTensorRTProviderOptionsV2 *tensorrt = NULL;
    OrtStatus *status = ort->CreateTensorRTProviderOptions(&tensorrt);
    if (status) return status;
    if (engine_cache[0])
        status =
            ort->UpdateTensorRTProviderOptions(tensorrt, keys, values, sizeof keys / sizeof *keys);
    if (!status) status = ort->SessionOptionsAppendExecutionProvider_TensorRT_V2(options, tensorrt);
    ort->ReleaseTensorRTProviderOptions(tensorrt);
    return status;
}

static Status
append_provider(Network *network, OrtSessionOptions *options, const InferConfig *config) {
    if (config->provider == INFER_CPU) return OK;
    bool cuda = config->provider == INFER_CUDA;
    if (!cuda && config->engine_cache[0] && file_make_folder(config->engine_cache) != OK)
        return fail(E_IO, "infer: engine_cache: %s", fail_reason());
    OrtStatus *status = cuda ? append_cuda(network->ort, options)
                             : append_tensorrt(network->ort, options, config->engine_cache);
    if (!status) return OK;
    char why[120];
    one_line(network->ort->GetErrorMessage(status), why, sizeof why);
    network->ort->ReleaseStatus(status);
    return fail(
        E_INVALID,
        "infer: provider %s cannot be used here; install an ONNX Runtime that has it or set "
        "infer.provider to cpu (%s)",
        cuda ? "cuda" : "tensorrt", why);
}

static Status set_options(Network *network, OrtSessionOptions *options, const InferConfig *config) {
    const char *doing = "setting up";
    ORT(E_IO, doing, SetIntraOpNumThreads(options, config->threads));
    ORT(E_IO, doing, SetInterOpNumThreads(options, 1));
    ORT(E_IO, doing, SetSessionExecutionMode(options, ORT_SEQUENTIAL));
    ORT(E_IO, doing, SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL));
    ORT(E_IO, doing, SetDeterministicCompute(options, true));
    /* the cores belong to cameras and scale between two runs */
    ORT(E_IO, doing, AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"));
    ORT(E_IO, doing, AddSessionConfigEntry(options, "session.set_denormal_as_zero", "1"));
    return append_provider(network, options, config);
}

static Status open_session(Network *network, const InferConfig *config) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(file_read(network->path, MODEL_BYTES_MAX, &bytes, &size));
    crypto_hash_sha256(network->sha256, bytes, size);

    OrtSessionOptions *options = NULL;
    OrtStatus *status = network->ort->CreateSessionOptions(&options);
    Status result = status ? refuse(network, status, E_IO, "setting up") : OK;
    if (result == OK) result = set_options(network, options, config);
    if (result == OK) {
        status = network->ort->CreateSessionFromArray(
            network->env, bytes, size, options, &network->session);
        if (status) result = refuse(network, status, E_INVALID, "not a network that can be run");
    }
    network->ort->ReleaseSessionOptions(options);
    free(bytes);
    return result;
}

static Status copy_name(Network *network, char *name, OrtAllocator *allocator, char *out) {
    size_t length = strlen(name);
    if (length < NAME_BYTES) memcpy(out, name, length + 1);
    ignore(network, network->ort->AllocatorFree(allocator, name));
    if (length >= NAME_BYTES)
        return fail(E_INVALID, "infer: %s: an input or output has an endless name", network->path);
    return OK;
}

/* The shape of a tensor whose first dimension is the batch and open, the others fixed. */
static Status
read_shape(Network *network, const OrtTypeInfo *type, ONNXTensorElementDataType wanted, Port *out) {
    const OrtTensorTypeAndShapeInfo *tensor = NULL;
    ORT(E_INVALID, out->name, CastTypeInfoToTensorInfo(type, &tensor));
    if (!tensor) return fail(E_INVALID, "infer: %s: %s is not a tensor", network->path, out->name);
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    ORT(E_INVALID, out->name, GetTensorElementType(tensor, &element));
    if (element != wanted)
        return fail(
            E_INVALID, "infer: %s: %s must be %s", network->path, out->name,
            wanted == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 ? "uint8" : "float");
    size_t dims = 0;
    ORT(E_INVALID, out->name, GetDimensionsCount(tensor, &dims));
    int64_t at[INFER_DIMS_MAX];
    if (dims < 2 || dims > INFER_DIMS_MAX)
        return fail(E_INVALID, "infer: %s: %s has %zu dimensions", network->path, out->name, dims);
    ORT(E_INVALID, out->name, GetDimensions(tensor, at, dims));
    if (at[0] > 0)
        return fail(
            E_INVALID, "infer: %s: %s has a fixed batch of %lld; export it with an open one",
            network->path, out->name, (long long)at[0]);
    out->shape.dims = (int)dims;
    out->values = 1;
    for (size_t i = 1; i < dims; i++) {
        if (at[i] <= 0 || at[i] > OUTPUT_VALUES_MAX)
            return fail(
                E_INVALID, "infer: %s: dimension %zu of %s is %lld; only the batch may be open",
                network->path, i, out->name, (long long)at[i]);
        out->shape.at[i] = (int)at[i];
        out->values *= (size_t)at[i];
        if (out->values > PICTURE_BYTES_MAX) break;
    }
    size_t ceiling = wanted == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 ? (size_t)PICTURE_BYTES_MAX
                                                                   : (size_t)OUTPUT_VALUES_MAX;
    if (out->values > ceiling)
        return fail(E_INVALID, "infer: %s: %s is too large", network->path, out->name);
    return OK;
}

static Status read_ports(Network *network, OrtAllocator *allocator) {
    const char *doing = "reading its inputs and outputs";
    size_t inputs = 0, outputs = 0;
    ORT(E_INVALID, doing, SessionGetInputCount(network->session, &inputs));
    ORT(E_INVALID, doing, SessionGetOutputCount(network->session, &outputs));
    if (inputs != 1 || outputs < 1 || outputs > INFER_OUTPUTS_MAX)
        return fail(
            E_INVALID,
            "infer: %s: has %zu inputs and %zu outputs; one input and 1 to %d outputs are needed",
            network->path, inputs, outputs, INFER_OUTPUTS_MAX);

    char *name = NULL;
    OrtTypeInfo *type = NULL;
    ORT(E_INVALID, doing, SessionGetInputName(network->session, 0, allocator, &name));
    TRY(copy_name(network, name, allocator, network->input.name));
    ORT(E_INVALID, doing, SessionGetInputTypeInfo(network->session, 0, &type));
    Status status = read_shape(network, type, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, &network->input);
    network->ort->ReleaseTypeInfo(type);
    TRY(status);
    if (network->input.shape.dims != 4 || network->input.shape.at[3] != 3)
        return fail(
            E_INVALID, "infer: %s: %s must be [N,height,width,3]", network->path,
            network->input.name);

    for (size_t i = 0; i < outputs; i++) {
        Port *port = &network->outputs[i];
        ORT(E_INVALID, doing, SessionGetOutputName(network->session, i, allocator, &name));
        TRY(copy_name(network, name, allocator, port->name));
        ORT(E_INVALID, doing, SessionGetOutputTypeInfo(network->session, i, &type));
        status = read_shape(network, type, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, port);
        network->ort->ReleaseTypeInfo(type);
        TRY(status);
    }
    network->output_count = (int)outputs;
    return OK;
}

static Status read_notes(Network *network, OrtAllocator *allocator) {
    const char *doing = "reading its metadata";
    OrtModelMetadata *metadata = NULL;
    ORT(E_INVALID, doing, SessionGetModelMetadata(network->session, &metadata));
    char **keys = NULL;
    int64_t count = 0;
    OrtStatus *status =
        network->ort->ModelMetadataGetCustomMetadataMapKeys(metadata, allocator, &keys, &count);
    for (int64_t i = 0; !status && i < count; i++) {
        char *value = NULL;
        if (network->note_count < NOTES_MAX)
            status = network->ort->ModelMetadataLookupCustomMetadataMap(
                metadata, allocator, keys[i], &value);
        if (value) {
            network->notes[network->note_count].key = strdup(keys[i]);
            network->notes[network->note_count].value = strdup(value);
            network->note_count++;
            ignore(network, network->ort->AllocatorFree(allocator, value));
        }
    }
    for (int64_t i = 0; i < count; i++)
        ignore(network, network->ort->AllocatorFree(allocator, keys[i]));
    if (keys) ignore(network, network->ort->AllocatorFree(allocator, keys));
    network->ort->ReleaseModelMetadata(metadata);
    return status ? refuse(network, status, E_INVALID, doing) : OK;
}

static Status open_steps(Network *network, const InferConfig *config) {
    ORT(E_IO, "starting",
        CreateEnvWithCustomLogger(
            log_message, NULL, ORT_LOGGING_LEVEL_ERROR, "infer", &network->env));
    TRY(open_session(network, config));
    OrtAllocator *allocator = NULL;
    ORT(E_IO, "memory", GetAllocatorWithDefaultOptions(&allocator));
    TRY(read_ports(network, allocator));
    TRY(read_notes(network, allocator));
    ORT(E_IO, "memory",
        CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &network->memory));
    ORT(E_IO, "setting up", CreateRunOptions(&network->run_options));

    bool enough = (network->pictures = calloc(INFER_BATCH_MAX, network->input.values)) != NULL;
    for (int i = 0; i < network->output_count; i++) {
        network->values[i] = calloc(INFER_BATCH_MAX * network->outputs[i].values, sizeof(float));
        network->borrowed[i] = network->values[i];
        enough = enough && network->values[i];
    }
    return enough ? OK : fail(E_NO_MEMORY, "infer: %s: out of memory", network->path);
}

Status infer_open(Network **out, const InferConfig *config, const char *path) {
    const OrtApi *ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (!ort)
        return fail(
            E_INVALID,
            "infer: ONNX Runtime %s is older than the one this was built with (interface %d)",
            OrtGetApiBase()->GetVersionString(), ORT_API_VERSION);
    Network *network = calloc(1, sizeof *network);
    if (!network) return fail(E_NO_MEMORY, "infer: %s: out of memory", path);
    network->ort = ort;
    snprintf(network->path, sizeof network->path, "%s", path);
    Status status = open_steps(network, config);
    if (status != OK) {
        infer_close(network);
        return status;
    }
    *out = network;
    return OK;
}

/* -- running ------------------------------------------------------------------------------- */

static Status bind_tensor(
    Network *network,
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
            network->memory, data, (size_t)batch * port->values * value_bytes, at,
            (size_t)port->shape.dims, element, out));
    return OK;
}

static Status bind(Network *network, int batch, Binding *binding) {
    TRY(bind_tensor(
        network, &network->input, batch, network->pictures, 1, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
        &binding->input));
    for (int i = 0; i < network->output_count; i++)
        TRY(bind_tensor(
            network, &network->outputs[i], batch, network->values[i], sizeof(float),
            ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &binding->outputs[i]));
    ORT(E_IO, "binding", CreateIoBinding(network->session, &binding->io));
    ORT(E_IO, "binding", BindInput(binding->io, network->input.name, binding->input));
    for (int i = 0; i < network->output_count; i++)
        ORT(E_IO, "binding",
            BindOutput(binding->io, network->outputs[i].name, binding->outputs[i]));
    return OK;
}

static void unbind(Network *network, Binding *binding) {
    if (binding->io) network->ort->ReleaseIoBinding(binding->io);
    if (binding->input) network->ort->ReleaseValue(binding->input);
    for (int i = 0; i < INFER_OUTPUTS_MAX; i++)
        if (binding->outputs[i]) network->ort->ReleaseValue(binding->outputs[i]);
    *binding = (Binding){0};
}

Status infer_run(Network *network, int batch, const float *const **outputs) {
    assert(batch >= 1 && batch <= INFER_BATCH_MAX);
    Binding *binding = &network->bindings[batch - 1];
    if (!binding->io) {
        Status status = bind(network, batch, binding);
        if (status != OK) {
            unbind(network, binding);
            return status;
        }
    }
    ORT(E_IO, "running", RunWithBinding(network->session, network->run_options, binding->io));
    *outputs = network->borrowed;
    return OK;
}

void infer_close(Network *network) {
    if (!network) return;
    for (int i = 0; i < INFER_BATCH_MAX; i++)
        unbind(network, &network->bindings[i]);
    for (int i = 0; i < INFER_OUTPUTS_MAX; i++)
        free(network->values[i]);
    for (int i = 0; i < network->note_count; i++) {
        free(network->notes[i].key);
        free(network->notes[i].value);
    }
    free(network->pictures);
    if (network->run_options) network->ort->ReleaseRunOptions(network->run_options);
    if (network->memory) network->ort->ReleaseMemoryInfo(network->memory);
    if (network->session) network->ort->ReleaseSession(network->session);
    if (network->env) network->ort->ReleaseEnv(network->env);
    free(network);
}

/* -- asking -------------------------------------------------------------------------------- */

InferShape infer_input_shape(const Network *network) { return network->input.shape; }

int infer_output_count(const Network *network) { return network->output_count; }

int infer_output_index(const Network *network, const char *name) {
    for (int i = 0; i < network->output_count; i++)
        if (strcmp(network->outputs[i].name, name) == 0) return i;
    return -1;
}

InferShape infer_output_shape(const Network *network, int output) {
    assert(output >= 0 && output < network->output_count);
    return network->outputs[output].shape;
}

const char *infer_note(const Network *network, const char *key) {
    for (int i = 0; i < network->note_count; i++)
        if (network->notes[i].key && strcmp(network->notes[i].key, key) == 0)
            return network->notes[i].value;
    return NULL;
}

const uint8_t *infer_sha256(const Network *network) { return network->sha256; }

uint8_t *infer_input(Network *network) { return network->pictures; }
