package userns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stage makes this binary play a part of the test below: an ordinary user's program, root of its namespace, and a process of that.
const stage = "SIDESTEP_TEST_STAGE"

// notHere is the exit code where the machine does not allow what is tested.
const notHere = 77

func TestMain(m *testing.M) {
	play := map[string]func() error{"user": playUser, "root": playRoot, "process": playProcess}[os.Getenv(stage)]
	if play == nil {
		os.Exit(m.Run())
	}
	if err := errors.Join(Await(), play()); err != nil {
		err = Explain(err)
		fmt.Println(err)
		if errors.As(err, &Lacking{}) {
			os.Exit(notHere)
		}
		os.Exit(1)
	}
}

// again is this binary in another part, that ends with the thread which starts it.
func again(part string) (*exec.Cmd, *strings.Builder) {
	said := &strings.Builder{}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), stage+"="+part)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, said
}

func playUser() error {
	cmd, said := again("root")
	if err := Start(cmd); err != nil {
		return err
	}
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() == notHere {
		return Lacking{errors.New(said.String())}
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

func playRoot() error {
	if os.Getuid() != 0 || os.Getgid() != 0 || !Own() {
		return fmt.Errorf("it is user %d of group %d, not root", os.Getuid(), os.Getgid())
	}
	if err := diesWithItsParent(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "mine-")
	if err != nil {
		return err
	}
	defer os.Remove(folder)
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("it cannot mount: %w", err)
	}
	defer func() { _ = unix.Unmount(folder, 0) }()
	for _, id := range []uint32{1, 1337, Needed} {
		if err := os.Chown(folder, int(id), int(id)); err != nil {
			return err
		}
		cmd, said := again("process")
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: id, Gid: id}
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("as user %d: %w: %s", id, err, said)
		}
	}
	cmd, said := again("process")
	cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("in namespaces of its own: %w: %s", err, said)
	}
	return nil
}

func playProcess() error { return diesWithItsParent() }

// diesWithItsParent: the kernel forgets that signal when a program gains rights, and then pods would outlive the node agent.
func diesWithItsParent() error {
	var signal int32
	if err := unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&signal)), 0, 0, 0); err != nil {
		return err
	}
	if signal != int32(unix.SIGKILL) {
		return fmt.Errorf("user %d would live on without its parent", os.Getuid())
	}
	return nil
}

// The signal is that of the first thread, which the main goroutine would not stay on by itself.
func init() { runtime.LockOSThread() }

func TestAnOrdinaryUserIsRootOfANamespaceWithAllIDs(t *testing.T) {
	cmd, said := again("user")
	if os.Geteuid() == 0 {
		who := userWithIDs()
		if who == nil {
			t.Skip("no ordinary user of this machine has subordinate ids in /etc/subuid")
		}
		// The test's own binary lies where only root may look.
		cmd.Path = readableBy(t)
		cmd.SysProcAttr.Credential = who
	}
	err := cmd.Run()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == notHere {
		t.Skip(strings.TrimSpace(said.String()))
	}
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}

func TestWhereNoProgramCanBecomeRootThatIsTheReason(t *testing.T) {
	found := make(chan error)
	go func() {
		// The setting is the thread's, and both end here.
		runtime.LockOSThread()
		err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		if err == nil {
			_, err = findMaps()
		}
		found <- err
	}()
	if err := <-found; err == nil || !strings.HasPrefix(err.Error(), "no_new_privs is set here") {
		t.Error(err)
	}
}

// userWithIDs is an ordinary user to become.
func userWithIDs() *syscall.Credential {
	text, _ := os.ReadFile(subUID)
	for line := range strings.Lines(string(text)) {
		name, _, _, _ := parseLine(line)
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(who.Uid)
		gid, gidErr := strconv.Atoi(who.Gid)
		if errors.Join(uidErr, gidErr) == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

func readableBy(t *testing.T) string {
	folder, err := os.MkdirTemp("", "readable-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "test")
	if err := errors.Join(os.Chmod(folder, 0o755), os.WriteFile(path, self, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}
