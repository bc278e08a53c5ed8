/*
 * A target whose true latencies are known to the kernel's own clock, and which takes next to no CPU itself.
 *
 * For every request it keeps three instants of CLOCK_REALTIME, in ns: when the kernel received it (SO_TIMESTAMPNS: the
 * stamp of the network stack, taken whether or not this process has a core), and the instants around the write of the
 * answer. Over the loopback device the answer lies in the client's socket when the write returns. So what the client
 * ought to measure, from its write to the answer lying there to be read, is between answer-begun − received and
 * answer-written − received, however busy this process, the client or the host was.
 *
 *   stamped-target fixed MS | uniform MS MS | lognormal MEDIAN_MS SIGMA
 *
 * Prints its port, and "first request" on standard error when that comes. When standard input ends it writes the log to standard output, three 64-bit numbers for each
 * request, and exits. Keep-alive and no pipelining: a request ends with an empty line, and whatever body it has comes
 * with it in one piece.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SOCKETS = 65536, EVENTS = 256 };

struct record { int64_t received, begun, written; };
struct pending { int64_t due, received; int fd; uint32_t generation; };

static struct record *records;
static size_t recorded, record_room;
static struct pending *heap;
static size_t waiting, heap_room;
/* A number that a closed socket takes over is another connection. */
static uint32_t generations[MOST_SOCKETS];
static int has_begun;
static int64_t shortest_ns, longest_ns;
static double sigma;
static uint64_t random_state = 88172645463325252ull;

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\ncorerush bench\n\n";

static void fail(const char *what) { perror(what); exit(1); }

static void *grow(void *rows, size_t *room, size_t size)
{
    *room = *room ? *room * 2 : 65536;
    rows = realloc(rows, *room * size);
    if (!rows) fail("realloc");
    return rows;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* In [0, 1). */
static double draw(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) / 9007199254740992.0;
}

static int64_t draw_ns(void)
{
    /* Box and Muller, 1958. */
    if (sigma > 0) return (int64_t)(shortest_ns * exp(sigma * sqrt(-2 * log(1 - draw())) * cos(2 * M_PI * draw())));
    return shortest_ns + (int64_t)((longest_ns - shortest_ns) * draw());
}

static void push(struct pending added)
{
    if (waiting == heap_room) heap = grow(heap, &heap_room, sizeof *heap);
    size_t at = waiting++;
    for (; at > 0 && heap[(at - 1) / 2].due > added.due; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = added;
}

static struct pending pop(void)
{
    struct pending first = heap[0], last = heap[--waiting];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < waiting; at = child) {
        if (child + 1 < waiting && heap[child + 1].due < heap[child].due) child++;
        if (heap[child].due >= last.due) break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return first;
}

static void answer(struct pending request)
{
    if (generations[request.fd] != request.generation) return;
    int64_t begun = now_ns();
    if (send(request.fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) != sizeof ANSWER - 1) return;
    if (recorded == record_room) records = grow(records, &record_room, sizeof *records);
    records[recorded++] = (struct record){request.received, begun, now_ns()};
}

/* Reads a request; 0 when the connection has ended. */
static int receive(int fd)
{
    char text[65536], control[256];
    struct iovec into = {text, sizeof text};
    struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
    if (length == 0) return 0;
    if (length < 0) return errno == EAGAIN;
    int64_t received = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
            received = stamp.tv_sec * 1000000000ll + stamp.tv_nsec;
        }
    if (!received) { fprintf(stderr, "the kernel did not stamp a request\n"); exit(1); }
    if (!memmem(text, length, "\r\n\r\n", 4)) return 1;
    if (!has_begun) fprintf(stderr, "first request\n");
    has_begun = 1;
    push((struct pending){received + draw_ns(), received, fd, generations[fd]});
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) { fprintf(stderr, "stamped-target fixed MS | uniform MS MS | lognormal MEDIAN_MS SIGMA\n"); return 2; }
    shortest_ns = longest_ns = (int64_t)(atof(argv[2]) * 1e6);
    if (argc > 3 && !strcmp(argv[1], "lognormal")) sigma = atof(argv[3]);
    else if (argc > 3) longest_ns = (int64_t)(atof(argv[3]) * 1e6);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < MOST_SOCKETS ? files.rlim_max : MOST_SOCKETS;
    setrlimit(RLIMIT_NOFILE, &files);

    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Stamping is on for whatever arrives on accepted sockets from the first byte on. */
    setsockopt(listener, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    int poll = epoll_create1(0), timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    int watched[] = {listener, timer, 0};
    for (size_t i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = watched[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, watched[i], &event)) fail("epoll_ctl");
    }
    struct epoll_event events[EVENTS];
    for (int64_t armed = 0;;) {
        int64_t now = now_ns();
        while (waiting > 0 && heap[0].due <= now) answer(pop());
        int64_t next = waiting > 0 ? heap[0].due : 0;
        if (next != armed) {
            struct itimerspec at = {.it_value = {next / 1000000000, next % 1000000000}};
            timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
            armed = next;
        }
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (client < 0) continue;
                if (client >= MOST_SOCKETS) { close(client); continue; }
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                setsockopt(client, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
                struct epoll_event event = {.events = EPOLLIN, .data.fd = client};
                epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
            } else if (fd == timer) {
                uint64_t times;
                if (read(timer, &times, sizeof times) > 0) armed = 0;
            } else if (fd == 0) {
                char nothing[64];
                if (read(0, nothing, sizeof nothing) > 0) continue;
                fwrite(records, sizeof *records, recorded, stdout);
                return fflush(stdout) ? 1 : 0;
            } else if (!receive(fd)) {
                generations[fd]++;
                close(fd);
            }
        }
    }
}
