// The driver as a program: `host SCRIPT` prints its line.

#include <stdio.h>

#include "driver.h"

static uint8_t script[4 << 20];

int main(int count, char **arguments) {
    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: host SCRIPT\n");
        return 64;
    }
    size_t length = fread(script, 1, sizeof script, file);
    int ended = feof(file);
    fclose(file);
    if (!ended) {
        fprintf(stderr, "%s is larger than %zu bytes\n", arguments[1], sizeof script);
        return 65;
    }
    char line[64];
    uint8_t fault = run_script(script, (intptr_t)length, line);
    if (fault != 0) {
        fprintf(stderr, "%s is not a usable core script, fault %d\n", arguments[1], fault);
        return 65;
    }
    puts(line);
    return 0;
}
