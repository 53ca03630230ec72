/* Preloaded into a process: fsync and fdatasync fail with EIO while the file named by HEARTH_FSYNC_TRIGGER exists, and only for paths that contain
   HEARTH_FSYNC_PATH where that is set. Each failure adds the path as a line to the trigger file. With HEARTH_FSYNC_LIES set they do nothing and
   say that all is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd)
{
    const char *trigger = getenv("HEARTH_FSYNC_TRIGGER");
    const char *only = getenv("HEARTH_FSYNC_PATH");
    char link[64], path[PATH_MAX + 1];
    if (trigger == NULL || access(trigger, F_OK) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX);
    if (length < 0)
        return 0;
    path[length] = 0;
    if (only != NULL && strstr(path, only) == NULL)
        return 0;
    path[length] = '\n';
    int log = open(trigger, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log >= 0) {
        ssize_t written = write(log, path, (size_t)length + 1);
        (void)written;
        close(log);
    }
    errno = EIO;
    return 1;
}

static int answer(void) { return getenv("HEARTH_FSYNC_LIES") == NULL ? -1 : 0; }

static int call(const char *name, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(fd);
}

int fsync(int fd) { return fails(fd) ? answer() : call("fsync", fd); }

int fdatasync(int fd) { return fails(fd) ? answer() : call("fdatasync", fd); }
