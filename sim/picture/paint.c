#include "paint.h"

#include <math.h>
#include <stdlib.h>

static const double TURN = 6.28318530717958647692;

void paint_colour(
    Random *random, const double saturations[2], const double lightnesses[2], float out[3]) {
    const double saturation = random_between(random, saturations[0], saturations[1]);
    const double lightness = random_between(random, lightnesses[0], lightnesses[1]);
    const double hue = random_between(random, 0, TURN);
    for (int i = 0; i < 3; i++) {
        const double wave = 0.5 + 0.5 * cos(hue + i * TURN / 3);
        out[i] = (float)(lightness * (1 - saturation + saturation * 1.6 * wave));
    }
}

static uint8_t to_byte(double value) {
    return (uint8_t)(value <= 0 ? 0 : value >= 1 ? 255 : value * 255 + 0.5);
}

static uint8_t *pixel_at(const Image *image, int x, int y) {
    const size_t row = (size_t)(y & (PAINT_PX - 1)), column = (size_t)(x & (PAINT_PX - 1));
    return image->rgbx + (row * PAINT_PX + column) * 4;
}

static void set_pixel(Image *image, int x, int y, const float colour[3], double light) {
    uint8_t *pixel = pixel_at(image, x, y);
    for (int i = 0; i < 3; i++)
        pixel[i] = to_byte((double)colour[i] * light);
}

/* Smooth seamless noise, -1..1: a few waves of whole periods, each looked up by its phase. */
typedef struct Clouds {
    struct {
        int x, y;
        float height[PAINT_PX];
    } wave[14];
} Clouds;

static Clouds clouds_make(Random *random, int finest) {
    Clouds clouds;
    double weight[14], total = 0;
    for (int i = 0; i < 14; i++) {
        const int reach = 1 + i * finest / 14;
        clouds.wave[i].x = random_below(random, 2 * reach + 1) - reach;
        clouds.wave[i].y = random_below(random, 2 * reach + 1) - reach;
        const double phase = random_between(random, 0, TURN);
        weight[i] = 1.0 / (1 + i / 3); /* NOLINT(bugprone-integer-division): an octave is three */
        total += weight[i];
        for (int at = 0; at < PAINT_PX; at++)
            clouds.wave[i].height[at] = (float)sin(TURN * at / PAINT_PX + phase);
    }
    for (int i = 0; i < 14; i++)
        for (int at = 0; at < PAINT_PX; at++)
            clouds.wave[i].height[at] *= (float)(2.2 * weight[i] / total);
    return clouds;
}

static double clouds_at(const Clouds *clouds, int x, int y) {
    double sum = 0;
    for (int i = 0; i < 14; i++)
        sum += (double)clouds->wave[i]
                   .height[(clouds->wave[i].x * x + clouds->wave[i].y * y) & (PAINT_PX - 1)];
    return sum;
}

static void fill_noise(Image *image, Random *random, int finest, double contrast) {
    const Clouds clouds = clouds_make(random, finest);
    for (int y = 0; y < PAINT_PX; y++)
        for (int x = 0; x < PAINT_PX; x++) {
            const double light =
                0.78 + contrast * clouds_at(&clouds, x, y) + 0.03 * random_between(random, -1, 1);
            set_pixel(image, x, y, (const float[3]){1, 1, 1}, light);
        }
}

static void fill_tiles(Image *image, Random *random) {
    const int size = PAINT_PX / (2 << random_below(random, 2));
    const int joint = 1 + random_below(random, 3);
    float shade[64];
    for (int i = 0; i < 64; i++)
        shade[i] = (float)random_between(random, 0.72, 0.9);
    const Clouds clouds = clouds_make(random, 20);
    for (int y = 0; y < PAINT_PX; y++)
        for (int x = 0; x < PAINT_PX; x++) {
            const int in_joint = x % size < joint || y % size < joint;
            const double light = in_joint ? 0.5 : (double)shade[(x / size * 5 + y / size * 3) % 64];
            set_pixel(
                image, x, y, (const float[3]){1, 1, 1}, light + 0.04 * clouds_at(&clouds, x, y));
        }
}

static void
fill_rectangle(Image *image, int x0, int y0, int width, int height, const float colour[3]) {
    for (int y = y0; y < y0 + height; y++)
        for (int x = x0; x < x0 + width; x++)
            set_pixel(image, x, y, colour, 1);
}

static void soften(Image *image, int rounds) {
    for (int i = 0; i < rounds * PAINT_PX * PAINT_PX; i++) {
        const int x = i % PAINT_PX, y = i / PAINT_PX % PAINT_PX;
        uint8_t *here = pixel_at(image, x, y);
        const uint8_t *right = pixel_at(image, x + 1, y), *below = pixel_at(image, x, y + 1);
        for (int c = 0; c < 3; c++)
            here[c] = (uint8_t)((2 * here[c] + right[c] + below[c]) / 4);
    }
}

static void fill_shelf(Image *image, Random *random) {
    enum { ROWS = 4 };
    const int row_px = PAINT_PX / ROWS;
    for (int row = 0; row < ROWS; row++) {
        const int top = row * row_px;
        fill_rectangle(image, 0, top, PAINT_PX, row_px, (const float[3]){0.16f, 0.16f, 0.17f});
        for (int x = 0; x < PAINT_PX;) {
            float colour[3], label[3];
            const int width = 8 + random_below(random, 22), facings = 1 + random_below(random, 4);
            const int height = row_px * (55 + random_below(random, 32)) / 100;
            paint_colour(random, (const double[]){0, 0.6}, (const double[]){0.2, 0.9}, colour);
            paint_colour(random, (const double[]){0, 0.6}, (const double[]){0.4, 1}, label);
            for (int i = 0; i < facings && x < PAINT_PX; i++, x += width + 1) {
                const int fits = x + width < PAINT_PX ? width : PAINT_PX - x;
                fill_rectangle(image, x, top + row_px - 6 - height, fits, height, colour);
                if (fits > 6)
                    fill_rectangle(
                        image, x + 2, top + row_px - 6 - height * 3 / 4, fits - 4, height / 3,
                        label);
            }
        }
        fill_rectangle(
            image, 0, top + row_px - 6, PAINT_PX, 6, (const float[3]){0.85f, 0.85f, 0.83f});
    }
    soften(image, 3);
}

static void fill_stripes(Image *image, Random *random) {
    float a[3], b[3];
    paint_colour(random, (const double[]){0.6, 0.6}, (const double[]){0.8, 0.8}, a);
    paint_colour(random, (const double[]){0.4, 0.4}, (const double[]){0.2, 0.9}, b);
    const int period = PAINT_PX / (4 << random_below(random, 3)), slant = random_below(random, 3);
    for (int y = 0; y < PAINT_PX; y++)
        for (int x = 0; x < PAINT_PX; x++) {
            const int along = slant == 0 ? x : slant == 1 ? y : x + y;
            set_pixel(image, x, y, along % period < period / 2 ? a : b, 1);
        }
    soften(image, 1);
}

static void fill_wood(Image *image, Random *random) {
    const Clouds clouds = clouds_make(random, 3);
    double tone[3];
    random_each(random, (const double[][2]){{0.62, 0.95}, {0.5, 0.7}, {0.32, 0.5}}, 3, tone);
    const float colour[3] = {(float)tone[0], (float)tone[1], (float)tone[2]};
    for (int y = 0; y < PAINT_PX; y++)
        for (int x = 0; x < PAINT_PX; x++) {
            const double grain = sin(TURN * y * 12 / PAINT_PX + 3 * clouds_at(&clouds, x, y));
            set_pixel(
                image, x, y, colour, 0.86 + 0.1 * grain + 0.04 * random_between(random, -1, 1));
        }
    soften(image, 1);
}

static void fill_patches(Image *image, Random *random) {
    float colour[3];
    paint_colour(random, (const double[]){0.3, 0.3}, (const double[]){0.2, 0.9}, colour);
    fill_rectangle(image, 0, 0, PAINT_PX, PAINT_PX, colour);
    const int count = 6 + random_below(random, 30);
    for (int i = 0; i < count; i++) {
        const int x0 = random_below(random, PAINT_PX), y0 = random_below(random, PAINT_PX);
        const int width = 6 + random_below(random, 90), height = 6 + random_below(random, 90);
        const int round = random_chance(random, 0.5);
        paint_colour(random, (const double[]){0, 0.9}, (const double[]){0.1, 1}, colour);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const double u = 2.0 * x / width - 1, v = 2.0 * y / height - 1;
                if (!round || u * u + v * v < 1) set_pixel(image, x0 + x, y0 + y, colour, 1);
            }
    }
    soften(image, random_below(random, 6));
}

Status paint(PaintKind kind, Random *random, Image *out) {
    Image image = {PAINT_PX, PAINT_PX, calloc((size_t)PAINT_PX * PAINT_PX, 4)};
    if (!image.rgbx) return fail(E_NO_MEMORY, "paint: out of memory");
    switch (kind) {
    case PAINT_TILES:
        fill_tiles(&image, random);
        break;
    case PAINT_SHELF:
        fill_shelf(&image, random);
        break;
    case PAINT_STRIPES:
        fill_stripes(&image, random);
        break;
    case PAINT_WOOD:
        fill_wood(&image, random);
        break;
    case PAINT_PATCHES:
        fill_patches(&image, random);
        break;
    case PAINT_SKIN:
        fill_noise(&image, random, 24, 0.05);
        break;
    default:
        fill_noise(&image, random, 12, 0.1);
        break;
    }
    *out = image;
    return OK;
}
