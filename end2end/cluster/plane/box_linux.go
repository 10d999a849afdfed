package plane

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sidestep.dev/end2end/cluster/inside"
	"sidestep.dev/end2end/cluster/netns"
)

// Box is what the containers of a pod share: network, processes and files. Its first process dies with us, and the kernel
// ends all others with that one, so nothing of a pod is ever left over.
type Box struct {
	Space *netns.Space
	first *exec.Cmd
	ended chan struct{}
	// handles by kind of namespace, to start more processes inside. Whoever uses them holds the lock, so that no number is closed and
	// means something else meanwhile.
	lock    sync.RWMutex
	handles map[int]int
}

// kinds of namespaces in the order in which a thread may enter them.
var kinds = []struct {
	name string
	flag int
}{{"net", unix.CLONE_NEWNET}, {"uts", unix.CLONE_NEWUTS}, {"ipc", unix.CLONE_NEWIPC}, {"mnt", unix.CLONE_NEWNS}, {"pid", unix.CLONE_NEWPID}}

// forever starts processes from a thread that never ends: the parent-death signal comes when the thread that forked ends.
var forever = func() chan func() {
	requests := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range requests {
			f()
		}
	}()
	return requests
}()

// NewBox starts the first process of a pod and waits until its files are in place.
func NewBox(files inside.Files) (*Box, error) {
	cmd := exec.Command(files.Pod, files.Arguments()...)
	cmd.Env = []string{"PATH=" + inside.Path}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig:  syscall.SIGKILL,
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWNS | unix.CLONE_NEWPID,
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	started := make(chan error)
	forever <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("the pod's first process cannot start: %w", err)
	}
	b := &Box{first: cmd, ended: make(chan struct{}), handles: map[int]int{}}
	line, _ := bufio.NewReader(said).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, said)
		_ = cmd.Wait()
		close(b.ended)
	}()
	if line != "ready\n" {
		b.Close()
		return nil, fmt.Errorf("the pod's files cannot be put in place: %s", strings.TrimSpace(complaint.String()))
	}
	for _, k := range kinds {
		handle, err := openNamespace(cmd.Process.Pid, k.name)
		if err != nil {
			b.Close()
			return nil, fmt.Errorf("the pod's %s namespace cannot be opened: %w", k.name, err)
		}
		b.handles[k.flag] = handle
	}
	b.Space = &netns.Space{Handle: b.handles[unix.CLONE_NEWNET]}
	return b, nil
}

// openNamespace tries again for a moment: a process that is just becoming a shell has none.
func openNamespace(pid int, name string) (handle int, err error) {
	for range 100 {
		handle, err = unix.Open(fmt.Sprintf("/proc/%d/ns/%s", pid, name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			return handle, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, err
}

// Close ends every process of the pod and waits for it.
func (b *Box) Close() {
	_ = b.first.Process.Kill()
	<-b.ended
	b.lock.Lock()
	defer b.lock.Unlock()
	for _, handle := range b.handles {
		_ = unix.Close(handle)
	}
	b.handles = nil
}

// Command is a process to run in a pod.
type Command struct {
	Args           []string
	Env            []string
	User           uint32
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Terminal makes standard input the controlling terminal.
	Terminal bool
}

// errNotFound is what a container says of a program that it has not.
var errNotFound = errors.New("executable file not found in $PATH")

// Start runs a command as one of the pod's processes.
func (b *Box) Start(c Command) (*exec.Cmd, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("no command given")
	}
	cmd := &exec.Cmd{Args: c.Args, Env: c.Env, Dir: "/", Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: c.Terminal}
	// A background process that keeps the output open does not hold up who asked.
	cmd.WaitDelay = time.Second
	if c.User != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: c.User, Gid: c.User}
	}
	done := make(chan error)
	go func() {
		// The thread is never unlocked, so it ends with this function and takes its namespaces along.
		runtime.LockOSThread()
		done <- b.enterAndStart(cmd, c.Env)
	}()
	return cmd, <-done
}

func (b *Box) enterAndStart(cmd *exec.Cmd, env []string) error {
	// A thread that shares its root folder with others may not enter other mounts.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	b.lock.RLock()
	defer b.lock.RUnlock()
	for _, k := range kinds {
		handle, open := b.handles[k.flag]
		if !open {
			return errors.New("the pod has ended")
		}
		if err := unix.Setns(handle, k.flag); err != nil {
			return fmt.Errorf("cannot enter the pod's %s namespace: %w", k.name, err)
		}
	}
	program, err := lookPath(cmd.Args[0], env)
	if err != nil {
		return err
	}
	cmd.Path = program
	return cmd.Start()
}

func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		if _, err := os.Stat(name); err != nil {
			return "", fmt.Errorf("exec: %q: no such file or directory", name)
		}
		return name, nil
	}
	for _, folder := range filepath.SplitList(valueOf(env, "PATH")) {
		path := filepath.Join(folder, name)
		if about, err := os.Stat(path); err == nil && !about.IsDir() && about.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("exec: %q: %w", name, errNotFound)
}

func valueOf(env []string, name string) (value string) {
	for _, e := range env {
		if n, v, _ := strings.Cut(e, "="); n == name {
			value = v
		}
	}
	return value
}
