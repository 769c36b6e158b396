#include "test_cart.h"

#include "clock.h"
#include "file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- a cart without a cart -------------------------------------------------------------------- */

enum { PRODUCTS = 4 };

static Product products[PRODUCTS] = {
    {.id = "apple",
     .gtin = "02000000000015",
     .plu = "4011",
     .name = "Red apple",
     .category = "fruit",
     .unit = UNIT_WEIGHT,
     .price_minor = 249},
    {.id = "larkfield-oat",
     .gtin = "02000000000022",
     .name = "Oat drink",
     .brand = "Larkfield",
     .category = "drink",
     .price_minor = 199},
    {.id = "oat-flakes", .gtin = "02000000000039", .name = "Flakes, oat", .price_minor = 89},
    {.id = "plain", .gtin = "02000000000046", .name = "No picture", .price_minor = 5}};
const Catalog catalog = {.products = products, .count = PRODUCTS, .currency = "EUR"};

char folder[] = "/tmp/cartwright-publish-XXXXXX";
static char folder_text[PRODUCTS][128];
static const char *folders[PRODUCTS];
Metrics *metrics;
Ring *commands;
Publisher *publisher;

static void put_file(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    if (file_write(path, text, strlen(text)) != OK) printf("# %s\n", fail_reason());
}

PublishConfig test_config(void) {
    PublishConfig config = {.port = 0, .max_clients = 16};
    snprintf(config.listen, sizeof config.listen, "127.0.0.1");
    snprintf(config.web_root, sizeof config.web_root, "%s/web", folder);
    return config;
}

PublishSources test_sources(void) {
    return (PublishSources){
        .catalog = &catalog,
        .product_folders = folders,
        .metrics = metrics,
        .commands = commands,
        .cart = "cart-7",
        .version = "1.2.3",
        .meter = "2.0.0 0123abcd",
        .camera_count = 2,
        .cameras = {"left", "right"}};
}

void begin_with(const PublishConfig *config) {
    if (metrics_open(&metrics) != OK ||
        ring_open(&commands, RING_NEVER_DROP, 4, sizeof(Input)) != OK)
        exit(99);
    const PublishSources sources = test_sources();
    if (publish_open(&publisher, config, &sources) == OK) return;
    printf("Bail out! %s\n", fail_reason());
    exit(99);
}

void begin(void) {
    const PublishConfig config = test_config();
    begin_with(&config);
}

void end(void) {
    publish_close(publisher);
    ring_close(commands);
    metrics_close(metrics);
}

Basket two_lines(void) {
    Basket basket = {
        .t_ns = 5, .revision = 3, .count = 2, .prompt_count = 1, .items = 3, .total_minor = 487};
    basket.lines[0] = (BasketLine){
        .line = 1,
        .sku = 1,
        .quantity = 2,
        .unit_price_minor = 199,
        .price_minor = 398,
        .confidence_p = 0.99};
    basket.lines[1] =
        (BasketLine){.line = 2, .sku = 2, .quantity = 1, .unit_price_minor = 89, .price_minor = 89};
    basket.prompts[0] = (Prompt){
        .prompt = 9,
        .event = 4,
        .kind = PROMPT_WHICH_ADDED,
        .quantity = 1,
        .count = 1,
        .choices = {2}};
    return basket;
}

bool cart_prepare(void) {
    if (!mkdtemp(folder)) return false;
    char link[256];
    static const char *const ids[] = {"apple", "larkfield-oat", "oat-flakes", "plain"};
    for (int i = 0; i < PRODUCTS; i++) {
        snprintf(folder_text[i], sizeof folder_text[i], "%s/%s", folder, ids[i]);
        folders[i] = folder_text[i];
    }
    put_file("apple/views/front.jpg", "apple front");
    put_file("apple/views/back.jpg", "apple back");
    put_file("larkfield-oat/views/b.jpg", "oat b");
    put_file("larkfield-oat/views/a.jpg", "oat a");
    put_file("oat-flakes/texture.jpg", "flakes texture");
    put_file("web/index.html", "<p>cart</p>");
    put_file("web/icon.svg", "<svg/>");
    put_file("web/.hidden.txt", "the secret");
    put_file("web/assets/a.js", "let a;");
    put_file("web/assets.d/x", "");
    put_file("secret.txt", "the secret");
    snprintf(link, sizeof link, "%s/web/link.txt", folder);
    return symlink("../secret.txt", link) == 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

void cart_remove(void) { nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

/* -- a browser without a browser -------------------------------------------------------------- */

char reply[REPLY_BYTES];
size_t reply_size;

int dial(int receive_bytes) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(int));
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)publish_port(publisher)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        printf("# connect: %s\n", strerror(errno));
    return fd;
}

void speak(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

/* Reads until the text is there (true), the peer hangs up or 5 s are over (false). */
bool hear(int fd, const char *text) {
    const int64_t deadline_ns = clock_now_ns() + 5 * NS_PER_SECOND;
    for (;;) {
        reply[reply_size] = '\0';
        if (text && memmem(reply, reply_size, text, strlen(text))) return true;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        const int64_t left_ms = (deadline_ns - clock_now_ns()) / NS_PER_MS;
        if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) <= 0) return false;
        if (reply_size == REPLY_BYTES - 1) return false;
        const ssize_t got = recv(fd, reply + reply_size, REPLY_BYTES - 1 - reply_size, 0);
        if (got <= 0) return false;
        reply_size += (size_t)got;
    }
}

int status_of_reply(void) { return strncmp(reply, "HTTP/1.", 7) == 0 ? atoi(reply + 9) : 0; }

/* One request on a connection of its own; the whole answer is in reply. */
int ask(const char *method, const char *path, const char *body) {
    char request[1024];
    const int size = snprintf(
        request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: cart\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", method,
        path, strlen(body));
    const int fd = dial(0);
    reply_size = 0;
    speak(fd, request, (size_t)size);
    speak(fd, body, strlen(body));
    hear(fd, NULL);
    close(fd);
    return status_of_reply();
}

int get(const char *path) { return ask("GET", path, ""); }

bool says(const char *text) { return strstr(reply, text) != NULL; }

json_t *reply_json(void) {
    const char *body = strstr(reply, "\r\n\r\n");
    return body ? json_loads(body, 0, NULL) : NULL;
}

bool is_error(int status, int wanted, const char *sentence) {
    json_t *json = reply_json();
    const char *why = json_string_value(json_object_get(json, "error"));
    const bool right = status == wanted && why && strstr(why, sentence);
    if (!right) printf("# %d %s\n", status, why ? why : reply);
    json_decref(json);
    return right;
}

int open_stream(const char *path, int receive_bytes) {
    char request[256];
    const int size =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: cart\r\n\r\n", path);
    const int fd = dial(receive_bytes);
    reply_size = 0;
    speak(fd, request, (size_t)size);
    return fd;
}
