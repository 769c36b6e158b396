#include "identify.h"

#include "looks.h"
#include "resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const Setting identify_settings[] = {
    SETTING_TEXT(IdentifyConfig, model, "models/embedder.onnx", "embedding network"),
    SETTING_TEXT(IdentifyConfig, gallery, "", "gallery file, made by cartwright enroll"),
    SETTING_REAL(IdentifyConfig, scale, "0", 0, 1000, "cosine to log-odds; 0: as the model says"),
    SETTING_REAL(
        IdentifyConfig,
        unknown_similarity,
        "-1",
        -1,
        1,
        "cosine at which a thing is as likely none of the catalogue; -1: as the model says"),
    SETTING_END};

static const double crop_margin = 1.15;

struct Identifier {
    Network *network;
    Resizer *resizer;
    Gallery *gallery;
    int side; /* of the network's input, px */
    size_t picture_bytes;
    int dims;
    double scale, unknown_similarity;

    int sku_count;
    int mapped;      /* labels that sku_of knows; -1: there is no catalogue, a SKU is a label */
    int32_t *sku_of; /* by label; SKU_UNKNOWN: not in the catalogue */
    float *log_p;    /* scratch: by SKU */
    int log_p_room;
};

static Status out_of_memory(void) { return fail(E_NO_MEMORY, "identify: out of memory"); }

/* -- opening ------------------------------------------------------------------------------- */

static Status read_network(Identifier *identifier, const IdentifyConfig *config) {
    InferShape input = infer_input_shape(identifier->network);
    InferShape output = infer_output_shape(identifier->network, 0);
    if (input.at[1] != input.at[2] || output.dims != 2 || output.at[1] > GALLERY_DIMS_MAX)
        return fail(
            E_INVALID,
            "identify: %s: an embedder takes square pictures and gives [N,dims], dims up to %d",
            config->model, GALLERY_DIMS_MAX);
    identifier->side = input.at[1];
    identifier->picture_bytes = (size_t)identifier->side * (size_t)identifier->side * 3;
    identifier->dims = output.at[1];
    TRY(infer_note_real(identifier->network, "scale", 16, &identifier->scale));
    TRY(infer_note_real(
        identifier->network, "unknown_similarity", 0.5, &identifier->unknown_similarity));
    if (config->scale > 0) identifier->scale = config->scale;
    if (identifier->scale <= 0)
        return fail(E_INVALID, "identify: %s: its note scale must be above 0", config->model);
    if (config->unknown_similarity > -1)
        identifier->unknown_similarity = config->unknown_similarity;
    return resizer_open(&identifier->resizer, identifier->side, identifier->side);
}

static Status read_gallery(Identifier *identifier, const IdentifyConfig *config) {
    if (config->gallery[0] == '\0') return gallery_open(&identifier->gallery, identifier->dims);
    uint8_t model[GALLERY_MODEL_BYTES];
    TRY(gallery_load(&identifier->gallery, model, config->gallery));
    if (memcmp(model, infer_sha256(identifier->network), sizeof model) != 0 ||
        gallery_dims(identifier->gallery) != identifier->dims)
        return fail(
            E_INVALID, "identify: %s was made with another model than %s: enroll again",
            config->gallery, config->model);
    return OK;
}

/* The SKU of a new label is not known. */
static Status map_labels(Identifier *identifier) {
    int labels = gallery_labels(identifier->gallery);
    if (labels <= identifier->mapped) return OK;
    int32_t *more = realloc(identifier->sku_of, (size_t)labels * sizeof *more);
    if (!more) return out_of_memory();
    identifier->sku_of = more;
    while (identifier->mapped < labels)
        identifier->sku_of[identifier->mapped++] = SKU_UNKNOWN;
    return OK;
}

/* Give every label its SKU: the index of the product with that id. Products that the gallery does
 * not know get a label without vectors. */
static Status map_catalog(Identifier *identifier, const Catalog *catalog) {
    identifier->mapped = 0;
    identifier->sku_count = catalog->count;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        int32_t label = 0;
        TRY(gallery_label(identifier->gallery, catalog->products[sku].id, &label));
        TRY(map_labels(identifier));
        identifier->sku_of[label] = sku;
    }
    return map_labels(identifier);
}

Status identify_open(
    Identifier **out,
    const IdentifyConfig *config,
    const InferConfig *infer,
    const Catalog *catalog) {
    Identifier *identifier = calloc(1, sizeof *identifier);
    if (!identifier) return out_of_memory();
    identifier->mapped = -1;
    Status status = infer_open(&identifier->network, infer, config->model);
    if (status == OK) status = read_network(identifier, config);
    if (status == OK) status = read_gallery(identifier, config);
    if (status == OK && catalog) status = map_catalog(identifier, catalog);
    if (status != OK) {
        identify_close(identifier);
        return status;
    }
    *out = identifier;
    return OK;
}

void identify_close(Identifier *identifier) {
    if (!identifier) return;
    infer_close(identifier->network);
    resizer_close(identifier->resizer);
    gallery_close(identifier->gallery);
    free(identifier->sku_of);
    free(identifier->log_p);
    free(identifier);
}

int identify_dims(const Identifier *identifier) { return identifier->dims; }
const Gallery *identify_gallery(const Identifier *identifier) { return identifier->gallery; }
const uint8_t *identify_sha256(const Identifier *identifier) {
    return infer_sha256(identifier->network);
}

Status identify_save(const Identifier *identifier, const char *path) {
    return gallery_save(identifier->gallery, infer_sha256(identifier->network), path);
}

/* -- embedding ----------------------------------------------------------------------------- */

static void cut_out(Identifier *identifier, const Frame *frame, const Box *box, uint8_t *out) {
    double side = crop_margin * fmax((double)(box->x1 - box->x0), (double)(box->y1 - box->y0));
    side = fmax(side, 1);
    double x = (double)(box->x0 + box->x1) / 2, y = (double)(box->y0 + box->y1) / 2;
    resizer_place(
        identifier->resizer, frame, x - side / 2, y - side / 2, side / identifier->side, out);
}

/* Run what lies in the network's input. A network that gives nonsense is a failure, not a vector.
 */
static Status run(Identifier *identifier, int count, float *embeddings) {
    const float *const *outputs = NULL;
    TRY(infer_run(identifier->network, count, &outputs));
    for (int i = 0; i < count; i++) {
        const float *from = outputs[0] + (size_t)i * (size_t)identifier->dims;
        double square = 0;
        for (int j = 0; j < identifier->dims; j++)
            square += (double)from[j] * (double)from[j];
        if (!isfinite(square) || square < 1e-12)
            return fail(E_IO, "identify: the network gave no usable vector for a picture");
        double scale = 1 / sqrt(square);
        for (int j = 0; j < identifier->dims; j++)
            embeddings[(size_t)i * (size_t)identifier->dims + (size_t)j] =
                (float)((double)from[j] * scale);
    }
    return OK;
}

Status identify_embed(
    Identifier *identifier, const Frame *frame, const Box *boxes, int count, float *embeddings) {
    for (int done = 0; done < count; done += INFER_BATCH_MAX) {
        int batch = count - done < INFER_BATCH_MAX ? count - done : INFER_BATCH_MAX;
        for (int i = 0; i < batch; i++)
            cut_out(
                identifier, frame, &boxes[done + i],
                infer_input(identifier->network) + (size_t)i * identifier->picture_bytes);
        TRY(run(identifier, batch, embeddings + (size_t)done * (size_t)identifier->dims));
    }
    return OK;
}

/* -- looking ------------------------------------------------------------------------------- */

static Status make_room(Identifier *identifier, int count) {
    if (count <= identifier->log_p_room) return OK;
    float *more = realloc(identifier->log_p, (size_t)count * sizeof *more);
    if (!more) return out_of_memory();
    identifier->log_p = more;
    identifier->log_p_room = count;
    return OK;
}

/* Labels outside the catalogue speak for "unknown" with the best cosine among them. */
static View view_of(Identifier *identifier, const float *cosines) {
    int labels = gallery_labels(identifier->gallery);
    double unknown = identifier->unknown_similarity;
    View view = {.count = identifier->mapped >= 0 ? identifier->sku_count : labels};
    for (int i = 0; i < view.count; i++)
        identifier->log_p[i] = -INFINITY;
    for (int i = 0; i < labels; i++) {
        int32_t sku = identifier->mapped >= 0 ? identifier->sku_of[i] : i;
        if (cosines[i] <= -1) continue;
        if (sku >= 0)
            identifier->log_p[sku] = cosines[i];
        else
            unknown = fmax(unknown, (double)cosines[i]);
    }
    looks_softmax(identifier->scale, unknown, &view, identifier->log_p);
    return view;
}

Status identify_look(
    Identifier *identifier, const Frame *frame, const Box *boxes, int count, Looks *const *looks) {
    float embeddings[INFER_BATCH_MAX * GALLERY_DIMS_MAX];
    int labels = gallery_labels(identifier->gallery);
    TRY(make_room(identifier, identifier->sku_count > labels ? identifier->sku_count : labels));
    for (int done = 0; done < count; done += INFER_BATCH_MAX) {
        int batch = count - done < INFER_BATCH_MAX ? count - done : INFER_BATCH_MAX;
        TRY(identify_embed(identifier, frame, boxes + done, batch, embeddings));
        const float *cosines = gallery_cosines(identifier->gallery, embeddings, batch);
        for (int i = 0; i < batch; i++, cosines += labels) {
            View view = view_of(identifier, cosines);
            looks_add(looks[done + i], &view);
        }
    }
    return OK;
}

/* -- enrolling ----------------------------------------------------------------------------- */

static void turn_right(const uint8_t *from, int side, uint8_t *to) {
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            memcpy(
                to + 3 * ((ptrdiff_t)x * side + side - 1 - y), from + 3 * ((ptrdiff_t)y * side + x),
                3);
}

Status identify_enroll(Identifier *identifier, const char *id, const Frame *picture) {
    int32_t label = 0;
    TRY(gallery_label(identifier->gallery, id, &label));
    if (identifier->mapped >= 0) TRY(map_labels(identifier));
    Box box = identify_foreground(picture);
    uint8_t *crops = infer_input(identifier->network);
    cut_out(identifier, picture, &box, crops);
    for (int i = 1; i < 4; i++)
        turn_right(
            crops + (size_t)(i - 1) * identifier->picture_bytes, identifier->side,
            crops + (size_t)i * identifier->picture_bytes);
    float embeddings[4 * GALLERY_DIMS_MAX];
    TRY(run(identifier, 4, embeddings));
    for (int i = 0; i < 4; i++)
        TRY(gallery_add(
            identifier->gallery, label, embeddings + (size_t)i * (size_t)identifier->dims));
    return OK;
}
