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

static Status read_network(Identifier *d, const IdentifyConfig *config) {
    InferShape input = infer_input_shape(d->network);
    InferShape output = infer_output_shape(d->network, 0);
    if (input.at[1] != input.at[2] || output.dims != 2 || output.at[1] > GALLERY_DIMS_MAX)
        return fail(
            E_INVALID,
            "identify: %s: an embedder takes square pictures and gives [N,dims], dims up to %d",
            config->model, GALLERY_DIMS_MAX);
    d->side = input.at[1];
    d->picture_bytes = (size_t)d->side * (size_t)d->side * 3;
    d->dims = output.at[1];
    TRY(infer_note_real(d->network, "scale", 16, &d->scale));
    TRY(infer_note_real(d->network, "unknown_similarity", 0.5, &d->unknown_similarity));
    if (config->scale > 0) d->scale = config->scale;
    if (d->scale <= 0)
        return fail(E_INVALID, "identify: %s: its note scale must be above 0", config->model);
    if (config->unknown_similarity > -1) d->unknown_similarity = config->unknown_similarity;
    return resizer_open(&d->resizer, d->side, d->side);
}

static Status read_gallery(Identifier *d, const IdentifyConfig *config) {
    if (config->gallery[0] == '\0') return gallery_open(&d->gallery, d->dims);
    uint8_t model[GALLERY_MODEL_BYTES];
    TRY(gallery_load(&d->gallery, model, config->gallery));
    if (memcmp(model, infer_sha256(d->network), sizeof model) != 0 ||
        gallery_dims(d->gallery) != d->dims)
        return fail(
            E_INVALID, "identify: %s was made with another model than %s: enroll again",
            config->gallery, config->model);
    return OK;
}

/* The SKU of a new label is not known. */
static Status map_labels(Identifier *d) {
    int labels = gallery_labels(d->gallery);
    if (labels <= d->mapped) return OK;
    int32_t *more = realloc(d->sku_of, (size_t)labels * sizeof *more);
    if (!more) return out_of_memory();
    d->sku_of = more;
    while (d->mapped < labels)
        d->sku_of[d->mapped++] = SKU_UNKNOWN;
    return OK;
}

/* Give every label its SKU: the index of the product with that id. Products that the gallery does
 * not know get a label without vectors. */
static Status map_catalog(Identifier *d, const Catalog *catalog) {
    d->mapped = 0;
    d->sku_count = catalog->count;
    for (int32_t sku = 0; sku < catalog->count; sku++) {
        int32_t label = 0;
        TRY(gallery_label(d->gallery, catalog->products[sku].id, &label));
        TRY(map_labels(d));
        d->sku_of[label] = sku;
    }
    return map_labels(d);
}

Status identify_open(
    Identifier **out,
    const IdentifyConfig *config,
    const InferConfig *infer,
    const Catalog *catalog) {
    Identifier *d = calloc(1, sizeof *d);
    if (!d) return out_of_memory();
    d->mapped = -1;
    Status status = infer_open(&d->network, infer, config->model);
    if (status == OK) status = read_network(d, config);
    if (status == OK) status = read_gallery(d, config);
    if (status == OK && catalog) status = map_catalog(d, catalog);
    if (status != OK) {
        identify_close(d);
        return status;
    }
    *out = d;
    return OK;
}

void identify_close(Identifier *d) {
    if (!d) return;
    infer_close(d->network);
    resizer_close(d->resizer);
    gallery_close(d->gallery);
    free(d->sku_of);
    free(d->log_p);
    free(d);
}

int identify_dims(const Identifier *d) { return d->dims; }
const Gallery *identify_gallery(const Identifier *d) { return d->gallery; }
const uint8_t *identify_sha256(const Identifier *d) { return infer_sha256(d->network); }

Status identify_save(const Identifier *d, const char *path) {
    return gallery_save(d->gallery, infer_sha256(d->network), path);
}

/* -- embedding ----------------------------------------------------------------------------- */

static void cut_out(Identifier *d, const Frame *frame, const Box *box, uint8_t *out) {
    double side = crop_margin * fmax((double)(box->x1 - box->x0), (double)(box->y1 - box->y0));
    side = fmax(side, 1);
    double x = (double)(box->x0 + box->x1) / 2, y = (double)(box->y0 + box->y1) / 2;
    resizer_place(d->resizer, frame, x - side / 2, y - side / 2, side / d->side, out);
}

/* Run what lies in the network's input. A network that gives nonsense is a failure, not a vector.
 */
static Status run(Identifier *d, int count, float *embeddings) {
    const float *const *outputs = NULL;
    TRY(infer_run(d->network, count, &outputs));
    for (int i = 0; i < count; i++) {
        const float *from = outputs[0] + (size_t)i * (size_t)d->dims;
        double square = 0;
        for (int j = 0; j < d->dims; j++)
            square += (double)from[j] * (double)from[j];
        if (!isfinite(square) || square < 1e-12)
            return fail(E_IO, "identify: the network gave no usable vector for a picture");
        double scale = 1 / sqrt(square);
        for (int j = 0; j < d->dims; j++)
            embeddings[(size_t)i * (size_t)d->dims + (size_t)j] = (float)((double)from[j] * scale);
    }
    return OK;
}

Status
identify_embed(Identifier *d, const Frame *frame, const Box *boxes, int count, float *embeddings) {
    for (int done = 0; done < count; done += INFER_BATCH_MAX) {
        int batch = count - done < INFER_BATCH_MAX ? count - done : INFER_BATCH_MAX;
        for (int i = 0; i < batch; i++)
            cut_out(
                d, frame, &boxes[done + i], infer_input(d->network) + (size_t)i * d->picture_bytes);
        TRY(run(d, batch, embeddings + (size_t)done * (size_t)d->dims));
    }
    return OK;
}

/* -- looking ------------------------------------------------------------------------------- */

static Status make_room(Identifier *d, int count) {
    if (count <= d->log_p_room) return OK;
    float *more = realloc(d->log_p, (size_t)count * sizeof *more);
    if (!more) return out_of_memory();
    d->log_p = more;
    d->log_p_room = count;
    return OK;
}

/* Labels outside the catalogue speak for "unknown" with the best cosine among them. */
static View view_of(Identifier *d, const float *embedding) {
    const float *cosines = gallery_cosines(d->gallery, embedding);
    int labels = gallery_labels(d->gallery);
    double unknown = d->unknown_similarity;
    View view = {.count = d->mapped >= 0 ? d->sku_count : labels};
    for (int i = 0; i < view.count; i++)
        d->log_p[i] = -INFINITY;
    for (int i = 0; i < labels; i++) {
        int32_t sku = d->mapped >= 0 ? d->sku_of[i] : i;
        if (cosines[i] <= -1) continue;
        if (sku >= 0)
            d->log_p[sku] = cosines[i];
        else
            unknown = fmax(unknown, (double)cosines[i]);
    }
    looks_softmax(d->scale, unknown, &view, d->log_p);
    return view;
}

Status
identify_look(Identifier *d, const Frame *frame, const Box *boxes, int count, Looks *const *looks) {
    float embeddings[INFER_BATCH_MAX * GALLERY_DIMS_MAX];
    int labels = gallery_labels(d->gallery);
    TRY(make_room(d, d->sku_count > labels ? d->sku_count : labels));
    for (int done = 0; done < count; done += INFER_BATCH_MAX) {
        int batch = count - done < INFER_BATCH_MAX ? count - done : INFER_BATCH_MAX;
        TRY(identify_embed(d, frame, boxes + done, batch, embeddings));
        for (int i = 0; i < batch; i++) {
            View view = view_of(d, embeddings + (size_t)i * (size_t)d->dims);
            looks_add(looks[done + i], &view);
        }
    }
    return OK;
}

/* -- enrolling ----------------------------------------------------------------------------- */

static void turn_right(const uint8_t *from, int side, uint8_t *to) {
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            memcpy(to + 3 * (x * side + side - 1 - y), from + 3 * (y * side + x), 3);
}

Status identify_enroll(Identifier *d, const char *id, const Frame *picture) {
    int32_t label = 0;
    TRY(gallery_label(d->gallery, id, &label));
    if (d->mapped >= 0) TRY(map_labels(d));
    Box box = identify_foreground(picture);
    uint8_t *crops = infer_input(d->network);
    cut_out(d, picture, &box, crops);
    for (int i = 1; i < 4; i++)
        turn_right(
            crops + (size_t)(i - 1) * d->picture_bytes, d->side,
            crops + (size_t)i * d->picture_bytes);
    float embeddings[4 * GALLERY_DIMS_MAX];
    TRY(run(d, 4, embeddings));
    for (int i = 0; i < 4; i++)
        TRY(gallery_add(d->gallery, label, embeddings + (size_t)i * (size_t)d->dims));
    return OK;
}
