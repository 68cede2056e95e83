/* delay MICROSECONDS UPSTREAM: a proxy that forwards every byte so many microseconds later.
 *
 * UPSTREAM is the path of a Unix socket, or ADDRESS:PORT in IPv4. The proxy listens on a free port
 * of 127.0.0.1, prints the port, and ends when its standard input does. Each chunk that is read has
 * a time of its own at which it is written, so chunks that follow each other closely are not slowed
 * down further. One thread serves all connections.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FLOWS = 512, CHUNK = 65536, RETRY_NS = 50000 };

struct chunk {
    struct chunk *next;
    int64_t due;
    size_t length, written; /* a length of 0 is the end of the stream */
    char data[];
};

struct flow { /* one direction of a connection; the two are neighbours in the array */
    int from, to, ended;
    struct chunk *first, **last;
};

static struct flow flows[MAX_FLOWS];
static int flow_count;
static int64_t delay_ns;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void prepare(int fd) {
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes); /* fails on a Unix socket */
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static int connect_upstream(const char *upstream) {
    if (upstream[0] == '/') {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", upstream);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return connect(fd, (struct sockaddr *)&address, sizeof address) ? (close(fd), -1) : fd;
    }
    char host[64];
    int port = 0;
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (sscanf(upstream, "%63[0-9.]:%d", host, &port) != 2 || !inet_aton(host, &address.sin_addr))
        return -1;
    address.sin_port = htons(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&address, sizeof address) ? (close(fd), -1) : fd;
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 128)) fail("listen");
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_connection(int listener, const char *upstream) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) return;
    int server = flow_count + 2 > MAX_FLOWS ? -1 : connect_upstream(upstream);
    if (server < 0) {
        close(client);
        return;
    }
    prepare(client);
    prepare(server);
    flows[flow_count] = (struct flow){.from = client, .to = server};
    flows[flow_count + 1] = (struct flow){.from = server, .to = client};
    flow_count += 2;
}

static void append(struct flow *flow, const char *data, size_t length) {
    struct chunk *chunk = malloc(sizeof *chunk + length);
    if (!chunk) fail("malloc");
    *chunk = (struct chunk){.due = now() + delay_ns, .length = length};
    memcpy(chunk->data, data, length);
    if (!flow->first) flow->last = &flow->first;
    *flow->last = chunk;
    flow->last = &chunk->next;
}

static void read_from(struct flow *flow) {
    static char buffer[CHUNK];
    ssize_t length = read(flow->from, buffer, sizeof buffer);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    flow->ended = length <= 0;
    append(flow, buffer, length > 0 ? length : 0);
}

static void write_due(struct flow *flow) {
    struct chunk *chunk;
    while ((chunk = flow->first) && chunk->due <= now()) {
        ssize_t length = 0;
        if (chunk->length == 0)
            shutdown(flow->to, SHUT_WR);
        else
            length = send(flow->to, chunk->data + chunk->written, chunk->length - chunk->written,
                          MSG_NOSIGNAL);
        if (length < 0 && errno == EAGAIN) {
            chunk->due = now() + RETRY_NS;
            return;
        }
        if (length < 0) { /* the receiver is gone: drop the chunk and stop the sender */
            shutdown(flow->from, SHUT_RD);
            length = chunk->length - chunk->written;
        }
        chunk->written += length;
        if (chunk->written == chunk->length) {
            flow->first = chunk->next;
            free(chunk);
        }
    }
}

static void close_ended(void) {
    for (int i = 0; i < flow_count; i += 2) {
        struct flow *there = &flows[i], *back = &flows[i + 1];
        if (!there->ended || !back->ended || there->first || back->first) continue;
        close(there->from);
        close(there->to);
        flow_count -= 2;
        *there = flows[flow_count];
        *back = flows[flow_count + 1];
        i -= 2;
    }
}

static void wait_for_work(struct pollfd *polled) {
    int64_t next = INT64_MAX, left = 0;
    for (int i = 0; i < flow_count; i++) {
        polled[2 + i] = (struct pollfd){.fd = flows[i].ended ? -1 : flows[i].from, .events = POLLIN};
        if (flows[i].first && flows[i].first->due < next) next = flows[i].first->due;
    }
    if (next != INT64_MAX && (left = next - now()) < 0) left = 0;
    struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    if (ppoll(polled, 2 + flow_count, next == INT64_MAX ? NULL : &timeout, NULL) < 0) fail("ppoll");
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: delay MICROSECONDS UPSTREAM\n");
        return 2;
    }
    delay_ns = atoll(arguments[1]) * 1000;
    prctl(PR_SET_TIMERSLACK, 1); /* otherwise timers may be 50 microseconds late */
    struct pollfd polled[2 + MAX_FLOWS] = {{.fd = listen_on_loopback(), .events = POLLIN},
                                           {.fd = STDIN_FILENO, .events = POLLIN}};
    while (!polled[1].revents) {
        wait_for_work(polled);
        for (int i = 0; i < flow_count; i++)
            if (polled[2 + i].revents) read_from(&flows[i]);
        for (int i = 0; i < flow_count; i++) write_due(&flows[i]);
        close_ended();
        if (polled[0].revents) accept_connection(polled[0].fd, arguments[2]);
    }
    return 0;
}
