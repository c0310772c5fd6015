/*
 * postdrop_wrapper: the only program that runs with the right to write into maildrop.
 *
 * It creates one file in the maildrop directory, gives the group up for good, and then executes Python
 * with that file on descriptor 3. Python never runs with the group.
 *
 * Which maildrop: the one named by the configuration directory's queue, passed as "-c DIR" by sendmail and
 * looked up by nobody here; instead the wrapper accepts the queue directory that main.cf in DIR names only
 * if the maildrop in it is a directory of our own effective group, mode 1730 or tighter, not a link, whose
 * parent nobody but its owner may write. The group right is thus of use only where it was given.
 *
 * Compiled in: INTERPRETER, PYTHON_CODE.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEMPFAIL 75
#define TARGET 3

static void die(const char *text)
{
    dprintf(2, "postdrop: fatal: %s\n", text);
    _exit(TEMPFAIL);
}

/* As die(), for a file and what errno says of it. */
static void die_of_file(const char *path)
{
    dprintf(2, "postdrop: fatal: open %s: %s\n", path, strerror(errno));
    _exit(TEMPFAIL);
}

/* As die(), for a directory and what is wrong with it. */
static void refuse(const char *path, const char *text)
{
    dprintf(2, "postdrop: fatal: %s %s\n", path, text);
    _exit(TEMPFAIL);
}

/*
 * The value of queue_directory in DIR/main.cf; the default when it is not set there. A value that only
 * Python can expand is refused: mail must not go to another instance's maildrop.
 */
static void queue_directory(const char *dir, char *out, size_t size)
{
    char path[PATH_MAX], line[PATH_MAX + 64];
    FILE *file;

    snprintf(out, size, "%s", "/var/spool/pyfix");
    snprintf(path, sizeof(path), "%s/main.cf", dir);
    if ((file = fopen(path, "re")) == NULL)
        die_of_file(path);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *p = line, *end;
        if (strncmp(p, "queue_directory", 15) != 0)
            continue;
        p += 15;
        p += strspn(p, " \t");
        if (*p++ != '=')
            continue;
        p += strspn(p, " \t");
        end = p + strlen(p);
        while (end > p && strchr(" \t\r\n", end[-1]) != NULL)
            *--end = 0;
        if (*p != '/' || strchr(p, '$') != NULL)
            die("queue_directory must be written out in main.cf, on one line");
        snprintf(out, size, "%s", p);
    }
    fclose(file);
}

static void random_name(char *out, size_t size)
{
    unsigned char octets[6];

    if (syscall(SYS_getrandom, octets, sizeof(octets), 0) != (long) sizeof(octets))
        die("no random octets");
    for (size_t i = 0; i < sizeof(octets) && 2 * i + 2 < size; i++)
        snprintf(out + 2 * i, 3, "%02X", octets[i]);
}

/* A new file in the maildrop of this queue; its path goes to PATH. */
static int create_file(const char *queue, char *path, size_t size)
{
    struct stat parent, drop;
    char name[32];
    int dir, fd;

    snprintf(path, size, "%s/maildrop", queue);
    dir = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &drop) != 0 || stat(queue, &parent) != 0)
        die_of_file(path);
    if (drop.st_gid != getegid())
        refuse(path, "belongs to another group than this program: run pyfix setup, then postfix check");
    if ((drop.st_mode & 07007) != 01000 || (parent.st_mode & 022) != 0)
        refuse(path, "can be written by others than it should: run postfix check");
    random_name(name, sizeof(name));
    fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        die(errno == ENOSPC ? "queue file write error: no space" : "cannot create a maildrop file");
    snprintf(path, size, "%s/maildrop/%s", queue, name);
    close(dir);
    return fd;
}

/* Give a file up: we may no longer unlink it, so its mode tells pickup to. */
static void discard(int fd, const char *text)
{
    (void) fchmod(fd, 0);
    die(text);
}

static void reset_process(void)
{
    struct rlimit core = {0, 0};
    struct rlimit files = {RLIM_INFINITY, RLIM_INFINITY};
    sigset_t none;

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(TEMPFAIL);
    if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_CORE, &core);
    if (setrlimit(RLIMIT_FSIZE, &files) != 0)
        getrlimit(RLIMIT_FSIZE, &files);
    umask(077);
}

int main(int argc, char **argv)
{
    char queue[PATH_MAX], path[PATH_MAX + 64], variable[PATH_MAX + 128];
    const char *config = "/etc/pyfix";
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", variable, NULL};
    char *arguments[] = {INTERPRETER, "-I", "-S", "-E", "-c", PYTHON_CODE, NULL};
    gid_t real = getgid();
    uid_t uid = getuid();
    int fd;

    reset_process();
    if (argc == 3 && strcmp(argv[1], "-c") == 0)
        config = argv[2];
    else if (argc > 1 && strcmp(argv[1], "-r") != 0 && strcmp(argv[1], "-v") != 0)
        die("usage: postdrop [-c config_dir] [-rv]");
    if (config[0] != '/')
        die("the configuration directory must be an absolute path");
    queue_directory(config, queue, sizeof(queue));
    fd = create_file(queue, path, sizeof(path));
    if (setresgid(real, real, real) != 0 || setresuid(uid, uid, uid) != 0
        || getegid() != real || geteuid() != uid)
        discard(fd, "cannot give up rights");
    if (fd != TARGET && (dup2(fd, TARGET) < 0 || close(fd) != 0))
        discard(fd, "cannot pass the file on");
    if (chdir("/") != 0)
        discard(TARGET, "cannot change to /");
    snprintf(variable, sizeof(variable), "PYFIX_MAILDROP_FILE=%s", path);
    execve(INTERPRETER, arguments, environment);
    discard(TARGET, "cannot execute the interpreter");
}
