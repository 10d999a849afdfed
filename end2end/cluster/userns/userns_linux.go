// Package userns starts programs as root of a user namespace, so that an ordinary user can have network namespaces, bridges and
// iptables: the kernel lets that root do as it likes with what belongs to the namespace, and with nothing else.
package userns

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// variable names the pipe by which a process learns that its ids are mapped.
const variable = "SIDESTEP_IDS_MAPPED"

// The files that grant ids, and the programs that map them. They are setuid: the kernel lets a user map but their own id.
const (
	subUID, subGID       = "/etc/subuid", "/etc/subgid"
	newUIDMap, newGIDMap = "newuidmap", "newgidmap"
)

// own says whether Start has started this process.
var own bool

// Start starts a command as root with mounts of its own: the machine's root where we are that, else root of a user namespace in which
// the user's subordinate ids are the others. The program has to call Await first.
func Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWNS
	maps, err := prepare(cmd.SysProcAttr)
	if err != nil {
		return err
	}
	mapped, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	defer mapped.Close()
	defer tell.Close()
	cmd.Env = append(cmd.Environ(), variable+"="+strconv.Itoa(3+len(cmd.ExtraFiles)))
	cmd.ExtraFiles = append(cmd.ExtraFiles, mapped)
	if err := cmd.Start(); err != nil {
		// Root asked for mounts only, be it the root of a container that is a user namespace itself.
		if maps != nil {
			err = Explain(err)
		}
		return contained(err)
	}
	for _, m := range maps {
		if err == nil {
			err = m.apply(cmd.Process.Pid)
		}
	}
	if err == nil {
		_, err = tell.Write([]byte{1})
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return err
}

// prepare says what to map, after asking for a user namespace. Root needs neither.
func prepare(attributes *syscall.SysProcAttr) ([]idMap, error) {
	if os.Geteuid() == 0 {
		return nil, nil
	}
	everything, err := capabilities()
	if err != nil {
		return nil, err
	}
	attributes.Cloneflags |= unix.CLONE_NEWUSER
	// Who has no id yet would lose all capabilities by exec, and gaining them by another one would cost the parent-death signal.
	attributes.AmbientCaps = everything
	maps, err := findMaps()
	if err != nil {
		return nil, Lacking{err}
	}
	return maps, nil
}

// Await holds a process that was started by Start until its ids are mapped; any other goes on at once.
func Await() error {
	number, started := os.LookupEnv(variable)
	if !started {
		return nil
	}
	if err := os.Unsetenv(variable); err != nil {
		return err
	}
	fd, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("%s is not for people: %w", variable, err)
	}
	mapped := os.NewFile(uintptr(fd), "mapped")
	defer mapped.Close()
	if _, err := mapped.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("the ids of the user namespace were not mapped: %w", err)
	}
	own = true
	return nil
}

// Own says whether this process has mounts of its own, so that it may change them.
func Own() bool { return own }

// idMap is one call of newuidmap or newgidmap.
type idMap struct {
	program   string
	arguments []string
}

func (m idMap) apply(pid int) error {
	output, err := exec.Command(m.program, append([]string{strconv.Itoa(pid)}, m.arguments...)...).CombinedOutput()
	if err != nil {
		said := strings.TrimSpace(string(output))
		return contained(Explain(fmt.Errorf("%s failed (%w): %s (it has to be setuid root, which some containers forbid)", m.program, err, said)))
	}
	return nil
}

// contained lays an error to a container in which nobody can have CAP_SYS_ADMIN, root and newuidmap included.
func contained(err error) error {
	if has, unknown := unix.PrctlRetInt(unix.PR_CAPBSET_READ, unix.CAP_SYS_ADMIN, 0, 0, 0); unknown == nil && has == 0 {
		return Lacking{err}
	}
	return err
}

// findMaps looks for all that is needed before anything is started.
func findMaps() (maps []idMap, err error) {
	if set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && set == 1 {
		return nil, fmt.Errorf("no_new_privs is set here, as in some containers and services: %s and %s cannot become root", newUIDMap, newGIDMap)
	}
	name := strconv.Itoa(os.Getuid())
	if who, err := user.Current(); err == nil {
		name = who.Username
	}
	// A file that cannot be read grants nothing.
	uids, _ := os.ReadFile(subUID)
	gids, _ := os.ReadFile(subGID)
	for _, of := range []struct {
		file, program string
		text          []byte
		self          int
	}{{subUID, newUIDMap, uids, os.Getuid()}, {subGID, newGIDMap, gids, os.Getgid()}} {
		program, err := exec.LookPath(of.program)
		if err != nil {
			return nil, fmt.Errorf("there is no %s here: `sudo apt-get install uidmap`, or the package shadow or shadow-utils elsewhere", of.program)
		}
		// Both files go by the user.
		have := granted(string(of.text), name, os.Getuid())
		if total(have) < Needed {
			return nil, tooFew(of.file, have, name, string(uids), string(gids))
		}
		maps = append(maps, idMap{program, mapping(of.self, have)})
	}
	return maps, nil
}

// capabilities are all that this kernel knows: a program that lacks one of root's gains it by exec, and so loses its parent-death signal.
func capabilities() (all []uintptr, err error) {
	text, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return nil, err
	}
	last, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	for c := range last + 1 {
		all = append(all, uintptr(c))
	}
	return all, err
}
