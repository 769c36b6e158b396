/*
 * picture_bench - pictures into the input of a network.
 *
 *     picture_bench JPEG
 *
 * The detector's input is 320 x 256, the embedder's 128 x 128. Driven by tools/bench.
 */
#include "bench.h"
#include "capture_internal.h"
#include "file.h"
#include "resize.h"

enum { WIDTH = 320, HEIGHT = 256, SIDE = 128, BYTES_MAX = 64 << 20 };

static uint8_t *jpeg;
static size_t jpeg_bytes;
static JpegReader *reader;
static uint8_t *rgb;
static Frame frame; /* the whole picture, decoded */
static Resizer *detector, *embedder;
static uint8_t detector_input[WIDTH * HEIGHT * 3], embedder_input[SIDE * SIDE * 3];

static Frame decode(int side_px) {
    int width, height;
    must(jpeg_size(reader, jpeg, jpeg_bytes, side_px, &width, &height));
    must(jpeg_decode(reader, jpeg, jpeg_bytes, width, height, rgb));
    return (Frame){.width = width, .height = height, .stride = width * 3, .rgb = rgb};
}

static void fit(const Frame *from) {
    const double across = (double)from->width / WIDTH, down = (double)from->height / HEIGHT;
    resizer_place(detector, from, 0, 0, across > down ? across : down, detector_input);
}

/* The square in the middle, two thirds of the height. */
static void cut(const Frame *from) {
    const int side = from->height * 2 / 3;
    resizer_place(
        embedder, from, (double)(from->width - side) / 2, (double)(from->height - side) / 2,
        (double)side / SIDE, embedder_input);
}

static void show(const uint8_t *pixels, size_t count) { /* as tools/bench compares them */
    for (size_t i = 0; i < count; i++)
        printf("%02x", pixels[i]);
    printf(" ");
}

static void to_detector(void) {
    const Frame small = decode(WIDTH);
    fit(&small);
}
static void to_detector_whole(void) {
    const Frame whole = decode(CAPTURE_SIDE_MAX_PX);
    fit(&whole);
}
static void to_embedder(void) {
    const Frame small = decode(2 * SIDE);
    cut(&small);
}
static void decode_whole(void) { (void)decode(CAPTURE_SIDE_MAX_PX); }
static void resize_whole(void) { fit(&frame); }
static void resize_crop(void) { cut(&frame); }
static void show_detector(void) { show(detector_input, sizeof detector_input); }
static void show_embedder(void) { show(embedder_input, sizeof embedder_input); }

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: picture_bench JPEG\n");
        return 2;
    }
    must(file_read(argv[1], BYTES_MAX, &jpeg, &jpeg_bytes));
    must(jpeg_open(&reader));
    must(resizer_open(&detector, WIDTH, HEIGHT));
    must(resizer_open(&embedder, SIDE, SIDE));
    int width, height;
    must(jpeg_size(reader, jpeg, jpeg_bytes, CAPTURE_SIDE_MAX_PX, &width, &height));
    rgb = malloc((size_t)width * (size_t)height * 3);
    uint8_t *whole = malloc((size_t)width * (size_t)height * 3);
    if (!rgb || !whole) abort();
    frame = decode(CAPTURE_SIDE_MAX_PX);
    memcpy(whole, rgb, (size_t)width * (size_t)height * 3);
    frame.rgb = whole;
    static const Job jobs[] = {
        {"to_detector", to_detector},
        {"to_detector_whole", to_detector_whole},
        {"to_embedder", to_embedder},
        {"decode", decode_whole},
        {"resize", resize_whole},
        {"crop", resize_crop},
        {"show_detector", show_detector},
        {"show_embedder", show_embedder},
        {NULL, NULL}};
    const int status = serve(jobs);
    resizer_close(detector);
    resizer_close(embedder);
    jpeg_close(reader);
    free(jpeg);
    free(rgb);
    free(whole);
    return status;
}
