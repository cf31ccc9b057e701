/* Prints for each argument: for an address its name, for a name its addresses, as the C library finds them. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
    char text[256];
    for (int i = 1; i < argc; i++) {
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
        int is_address = getaddrinfo(argv[i], NULL, &hints, &found) == 0;
        hints.ai_flags = 0;
        if (!is_address && getaddrinfo(argv[i], NULL, &hints, &found) != 0) found = NULL;
        printf("%s", argv[i]);
        for (; found != NULL; found = found->ai_next) {
            int flags = is_address ? NI_NAMEREQD : NI_NUMERICHOST;
            if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, flags) == 0)
                printf(" %s", text);
        }
        printf("\n");
    }
}
