/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target once over each file of a folder, for compilers without libFuzzer: replay
 * FOLDER. The name stands before what goes wrong with it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

/* In memory of just that size, so that a sanitizer sees a byte read behind it. */
static void replay(FILE *file, size_t size)
{
    uint8_t *data = malloc(size > 0 ? size : 1);

    FUZZ_CHECK(data && fread(data, 1, size, file) == size);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;

    (void)printf("# %s\n", path);
    (void)fflush(stdout);
    FUZZ_CHECK(file && fstat(fileno(file), &status) == 0);
    replay(file, (size_t)status.st_size);
    (void)fclose(file);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc == 2 ? scandir(argv[1], &entries, is_visible, alphasort) : -1;

    for (int i = 0; i < count; i++) {
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
        replay_file(path);
        free(entries[i]);
    }
    free((void *)entries);
    (void)printf("1..1\n%sok 1 - %d files\n", count > 0 ? "" : "not ", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
