/*
 * The cheapest target: one epoll loop, the same 200 bytes of body for everybody, no HTTP parser. For benches in which the
 * target must cost far less than any generator.
 *
 * A piece that begins with the first letter of a method is a request: true of the benches' requests, which are small
 * enough to arrive in one piece and whose body begins with '<', and nothing for the wild.
 *
 * The answer says keep-alive, which HTTP/1.1 need not: ab speaks HTTP/1.0 and closes the connection otherwise.
 *
 * Prints its port, then the number of requests so far for each line on stdin, and ends when stdin does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 512
#define BODY_BYTES 200

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int listenAnywhere(unsigned short *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 4096) < 0 ||
      getsockname(fd, (struct sockaddr *)&address, &length) < 0)
    fail("listen");
  *port = ntohs(address.sin_port);
  return fd;
}

static void watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void acceptAll(int epoll, int listener) {
  int yes = 1;
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(epoll, fd);
  }
  /* Whoever leaves the queue before it is accepted is no fault of ours; a lack of descriptors is one of the bench's. */
  if (errno == EMFILE || errno == ENFILE) fail("accept");
}

int main(void) {
  static char answer[BODY_BYTES + 128], piece[65536];
  static struct epoll_event events[EVENTS];
  struct rlimit files;
  unsigned long long requests = 0;
  unsigned short port;
  int listener = listenAnywhere(&port), epoll = epoll_create1(0);
  int length = snprintf(answer, sizeof answer,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: keep-alive\r\n"
                        "Content-Length: %d\r\n\r\n",
                        BODY_BYTES);
  memset(answer + length, 'x', BODY_BYTES);
  length += BODY_BYTES;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  if (epoll < 0) fail("epoll_create1");
  watch(epoll, listener);
  watch(epoll, STDIN_FILENO);
  printf("%d\n", port);
  fflush(stdout);
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        acceptAll(epoll, listener);
        continue;
      }
      ssize_t got = read(fd, piece, sizeof piece);
      if (fd == STDIN_FILENO) {
        if (got <= 0) return 0;
        printf("%llu\n", requests);
        fflush(stdout);
      } else if (got > 0) {
        if (strchr("GHPD", piece[0]) == NULL) continue;
        requests++;
        /* 300 bytes into a connection whose last answer was read: they always fit. */
        if (write(fd, answer, length) != length) close(fd);
      } else if (got == 0 || errno != EAGAIN)
        close(fd);
    }
  }
}
