/*
 * The floor: the least that a server can do to send a file over HTTP, and what the others are held against.
 * One blocking thread for each connection, headers and sendfile(2), nothing else: no cache, no limits, no TLS.
 * Files are served by the last part of the path. Usage: floor PORT DIRECTORY
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = 16384, PIECE_BYTES = 2 << 20, BACKLOG = 1024 };

static int directory;

static int send_all(int client, const char *bytes, size_t length, int flags)
{
    while (length > 0) {
        ssize_t sent = send(client, bytes, length, flags | MSG_NOSIGNAL);
        if (sent <= 0)
            return -1;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int answer(int client, char *request)
{
    char *path_end = strchr(request + 4, ' ');
    if (strncmp(request, "GET ", 4) != 0 || path_end == NULL)
        return -1;
    *path_end = 0;
    char *name = strrchr(request + 4, '/');
    int file = name == NULL ? -1 : openat(directory, name + 1, O_RDONLY);
    if (file < 0)
        return -1;

    struct stat facts;
    char head[256];
    fstat(file, &facts);
    int length = snprintf(head, sizeof head,
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %lld\r\n\r\n", (long long)facts.st_size);
    int result = send_all(client, head, (size_t)length, MSG_MORE);
    off_t offset = 0;
    while (result == 0 && offset < facts.st_size) {
        off_t left = facts.st_size - offset;
        if (sendfile(client, file, &offset, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES) <= 0)
            result = -1;
    }
    close(file);
    return result;
}

static void *serve(void *argument)
{
    int client = (int)(long)argument, used = 0;
    char request[REQUEST_BYTES_MAX + 1];
    for (;;) {
        ssize_t received = recv(client, request + used, (size_t)(REQUEST_BYTES_MAX - used), 0);
        if (received <= 0)
            break;
        used += (int)received;
        request[used] = 0;
        if (strstr(request, "\r\n\r\n") == NULL)
            continue;
        if (answer(client, request) != 0)
            break;
        used = 0;
    }
    close(client);
    return NULL;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: floor PORT DIRECTORY\n");
        return 64;
    }
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(arguments[1])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    directory = open(arguments[2], O_RDONLY | O_DIRECTORY);
    signal(SIGPIPE, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (directory < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, BACKLOG) != 0) {
        perror("floor");
        return 1;
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);
        pthread_t thread;
        if (client < 0)
            continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, NULL, serve, (void *)(long)client) != 0)
            close(client);
        else
            pthread_detach(thread);
    }
}
