"""Programs that look for a way out: files, other processes, the network, the kernel."""

from __future__ import annotations

import platform

import pytest

from abuse.conftest import LEAK, Box, source_of
from grader.programs import Ending

REFUSED: list[tuple[str, str, str]] = [
    ("passwd", "return open('/etc/passwd').read()", "FileNotFoundError"),
    ("home", "return os.listdir('/home')", "FileNotFoundError"),
    ("home_of_root", "return os.listdir('/root')", "FileNotFoundError"),
    ("sys", "return os.listdir('/sys')", "FileNotFoundError"),
    ("symlink", f"os.symlink('/etc/passwd', '/tmp/{LEAK}')\nreturn open('/tmp/{LEAK}').read()", "FileNotFoundError"),
    ("proc_self", "return open('/proc/self/mem', 'rb')", "FileNotFoundError"),
    ("proc_of_parent", "return os.listdir(f'/proc/{os.getppid()}')", "FileNotFoundError"),
    ("write_root", f"open('/{LEAK}', 'w')", "Read-only"),
    ("write_usr", f"open('/usr/{LEAK}', 'w')", "Read-only"),
    ("write_dev", f"open('/dev/{LEAK}', 'w')", "Read-only"),
    ("write_proc", f"open('/proc/{LEAK}', 'w')", "Read-only"),
    ("write_site", "import numpy\nopen(numpy.__file__, 'a')", "Read-only"),
    ("write_site_new", f"import numpy\nopen(os.path.dirname(os.path.dirname(numpy.__file__)) + '/{LEAK}.py', 'w')", "Read-only"),
    ("write_interpreter", "open(os.__file__, 'a')", "Read-only"),
    ("write_worker", "open('/sandbox/inside/run.py', 'a')", "Read-only"),
    ("remove_worker", "os.unlink('/sandbox/inside/run.py')", "Read-only"),
    ("chmod", "os.chmod('/usr', 0o777)", "Read-only"),
    ("device", f"os.mknod('/tmp/{LEAK}', 0o60666, os.makedev(8, 0))", "PermissionError"),
    ("terminal", "os.openpty()", "No such file"),
    ("network", "import socket\nsocket.socket()", "PermissionError"),
    ("network_unix", "import socket\nsocket.socket(socket.AF_UNIX)", "PermissionError"),
    ("network_pair", "import socket\nsocket.socketpair()", "PermissionError"),
    ("network_url", "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:80')", "Error"),
    ("exec", "os.execv('/usr/bin/env', ['env'])", "PermissionError"),
    ("subprocess", "import subprocess\nsubprocess.run(['/usr/bin/env'])", "PermissionError"),
    ("system", "if os.system('true'): raise PermissionError", "PermissionError"),
    ("setuid", "os.setuid(0)", "PermissionError"),
    ("chroot", "os.chroot('/tmp')", "PermissionError"),
    ("priority_of_others", "os.setpriority(os.PRIO_USER, 0, 5)", "PermissionError"),
    ("limits_up", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "Error"),
    ("limits_of_others", "import resource\nresource.prlimit(2, resource.RLIMIT_CPU)", "Error"),
    ("grader", "import grader", "ModuleNotFoundError"),
]  # fmt: skip


@pytest.mark.parametrize("name, body, message", REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(box: Box, name: str, body: str, message: str) -> None:
    ran = box.case(source_of(body))
    assert ran.ending is Ending.ERROR, ran
    assert message in ran.message or (message == "Read-only" and "Permission denied" in ran.message)


CALLS = {
    "x86_64": {
        "fork": 57, "vfork": 58, "clone": 56, "clone3": 435, "execve": 59, "execveat": 322, "socket": 41, "socketpair": 53, "connect": 42,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "unshare": 272, "setns": 308, "mount": 165, "umount2": 166,
        "pivot_root": 155, "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442, "io_uring_setup": 425,
        "io_uring_enter": 426, "io_uring_register": 427, "io_setup": 206, "kill": 62, "tkill": 200, "pidfd_open": 434, "pidfd_send_signal": 424,
        "pidfd_getfd": 438, "keyctl": 250, "add_key": 248, "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240, "inotify_init1": 294,
        "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304, "init_module": 175, "kexec_load": 246, "reboot": 169,
        "swapon": 167, "settimeofday": 164, "sethostname": 170, "personality": 135, "prctl": 157, "seccomp": 317, "capset": 126,
        "setuid": 105, "setrlimit_other": 302, "quotactl": 179, "acct": 163, "syslog": 103, "iopl": 172, "modify_ldt": 154, "mlock": 149,
        "sched_setaffinity": 203, "sched_setscheduler": 144, "setpriority": 141, "timer_create": 222, "setitimer": 38, "timerfd_create": 283,
        "signalfd4": 289, "eventfd2": 290, "epoll_create1": 291, "landlock_create_ruleset": 444, "chroot": 161, "mknod": 133, "x32_fork": 0x40000039,
        "wait4": 61, "rseq": 334, "arch_prctl": 158,
    },
}  # fmt: skip


@pytest.mark.skipif(platform.machine() not in CALLS, reason="the numbers are those of another machine")
def test_system_calls_that_are_refused(box: Box) -> None:
    """Each is refused by the filter itself, whatever its arguments."""
    numbers = CALLS[platform.machine()]
    body = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nfound = []\n"
        f"for number in {sorted(numbers.values())!r}:\n"
        "    ctypes.set_errno(0)\n"
        "    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(4)] * 6)\n"
        "    found.append((number, result, ctypes.get_errno()))\n"
        "return found"
    )
    ran = box.case(source_of(body))
    assert ran.ending is Ending.OK, ran
    assert ran.value == tuple((number, -1, 1) for number in sorted(numbers.values()))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="machine code for x86-64")
def test_the_old_way_into_the_kernel_ends_the_process(box: Box) -> None:
    body = (
        "import ctypes, mmap\ncode = bytes.fromhex('b802000000cd80c3')  # fork by int 0x80\n"
        "page = mmap.mmap(-1, 4096, prot=7)\npage.write(code)\n"
        "return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
    )
    ran = box.case(source_of(body))
    assert ran.ending is Ending.ERROR and "crashed" in ran.message, ran


def test_what_there_is_to_see(box: Box) -> None:
    """The folders, the processes, the environment and the descriptors are the sandbox's own."""
    body = (
        "def names(d):\n    try: return sorted(os.listdir(d))\n    except OSError: return None\n"
        "open_ = []\nfor fd in range(4096):\n    try: open_.append((fd, os.fstat(fd).st_size))\n    except OSError: pass\n"
        "return (names('/'), names('/tmp'), names('/proc'), names('/dev'), names('/dev/shm'), names('/etc'), names('/sandbox'),\n"
        "    sorted(os.environ), [fd for fd, _ in open_], os.getpid(), os.getppid(), os.getuid(), os.getcwd(), os.uname().nodename, sys.argv)"
    )
    ran = box.case(source_of(body))
    assert ran.ending is Ending.OK, ran
    assert isinstance(ran.value, tuple)
    root, tmp, proc, dev, shm, etc, own, environment, descriptors, pid, parent, user, cwd, host, argv = ran.value
    assert isinstance(root, tuple)
    known = {"dev", "etc", "lib", "lib32", "lib64", "proc", "py", "sandbox", "tmp", "usr"}
    assert not {str(name).rstrip("0123456789") for name in root} - known - {"site", "lib"}
    assert tmp == proc == shm == ()
    assert dev == ("full", "null", "random", "shm", "urandom", "zero")
    assert isinstance(etc, tuple) and set(etc) <= {"ld.so.cache", "alternatives"}
    assert own == ("inside",)
    assert isinstance(environment, tuple) and not [
        name for name in environment if "TEST" in str(name) or "GRADER" in str(name)
    ]
    assert isinstance(descriptors, tuple) and descriptors[:3] == (0, 1, 2) and len(descriptors) == 4
    assert (pid, parent, user, cwd, host, argv) == (1, 0, 65534, "/tmp", "sandbox", ("-c",))


def test_nothing_of_the_project_is_there(box: Box) -> None:
    """No reference, no rubric, no example, no source but the worker's own: names at most, of what is covered."""
    body = (
        "found = []\n"
        "for folder, folders, files in os.walk('/'):\n"
        "    found += [os.path.join(folder, n) for n in files + folders\n"
        "              if 'rubric' in n or 'homework' in n or n in ('q1.yaml', 'q1.py', 'answer_key.md', 'grade.py', 'grade_part.py', 'submissions_example')]\n"
        "def hidden(n):\n    try: return not (os.listdir(n) if os.path.isdir(n) else open(n, 'rb').read())\n"
        "    except PermissionError: return True\n"
        "return [n for n in found if not hidden(n)]"
    )
    ran = box.case(source_of(body), seconds=20)
    assert ran.ending is Ending.OK, ran
    assert ran.value == ()


def test_no_capability_is_left(box: Box) -> None:
    body = (
        "import ctypes, struct\nheader = struct.pack('=Ii', 0x20080522, 0)\ndata = ctypes.create_string_buffer(24)\n"
        "return ctypes.CDLL(None).syscall(125, header, data), data.raw.hex()"
    )
    ran = box.case(source_of(body))
    if platform.machine() == "x86_64":
        assert ran.value == (0, "00" * 24), ran


def test_memory_is_not_to_be_read_through_files(box: Box) -> None:
    """Everything that could be a channel between two cases is empty for the second."""
    for folder in ("/tmp", "/dev/shm"):
        first = box.case(source_of(f"open('{folder}/{LEAK}', 'w').write('hello')\nreturn os.listdir('{folder}')"))
        assert first.value == (LEAK,), first
        assert box.case(source_of(f"return os.listdir('{folder}')")).value == ()


def test_a_link_in_an_upload_leads_nowhere(box: Box) -> None:
    """A program is handed over as text; a link it makes is resolved inside."""
    body = f"os.symlink('/proc/1/root/etc/shadow', '{LEAK}')\nos.link('/usr/bin/env', '{LEAK}2')"
    ran = box.case(source_of(body))
    assert ran.ending is Ending.ERROR and ("Invalid cross-device" in ran.message or "not permitted" in ran.message), ran
