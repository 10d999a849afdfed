// Package inside is what a pod has inside: its file system and the few programs that images would bring along. It depends on nothing
// of Kubernetes, so that the processes of pods stay small.
package inside

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// Path is the PATH of a container. The first folder holds what Istio's and curl's images would bring along.
const Path = Programs + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Programs is the folder with Envoy and what Istio's image has.
const Programs = "/opt/sidestep/bin"

// Files says what a pod sees as its file system: the machine's programs, read-only, and its own folders.
type Files struct {
	// Root is an empty folder of ours to build it in.
	Root string
	// Folder has the pod's own files: `istio`, `secrets`, `lib` and `hosts`.
	Folder string
	// Pod and Envoy are programs of the machine: the one that this is part of, and Envoy.
	Pod, Envoy string
	Hostname   string
}

// Arguments are those for FirstProcess.
func (f Files) Arguments() []string {
	return []string{f.Root, f.Folder, f.Pod, f.Envoy, f.Hostname}
}

// FirstProcess is the first process of a pod: it makes the file system, says so and becomes a shell that only waits. It returns only if
// that fails.
func FirstProcess(args []string) error {
	if len(args) != 5 {
		return errors.New("not for people: the node agent starts this")
	}
	f := Files{args[0], args[1], args[2], args[3], args[4]}
	if err := f.build(); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(f.Hostname)); err != nil {
		return err
	}
	// The kernel keeps this by thread, the shell has that of the thread it comes from, and Go may have moved us off the first one. Who
	// is too late for it finds nobody to say `ready` to.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	if _, err := fmt.Println("ready"); err != nil {
		return err
	}
	// A shell of one megabyte instead of this binary: it takes in orphans for as long as its sleep lasts.
	return unix.Exec("/bin/sh", []string{"sh", "-c", "sleep infinity & wait"}, []string{"PATH=" + Path})
}

func (f Files) build() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", f.Root, "tmpfs", unix.MS_NOSUID, "mode=755,size=64m"); err != nil {
		return err
	}
	steps := []func() error{f.folders, f.system, f.devices, f.own, f.programs, f.enter}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (f Files) at(path string) string { return filepath.Join(f.Root, path) }

func (f Files) folders() error {
	for _, folder := range []string{"proc", "dev", "tmp", "run", "var/lib/istio", "etc/istio", "run/secrets", Programs, "old"} {
		if err := os.MkdirAll(f.at(folder), 0o755); err != nil {
			return err
		}
	}
	return errors.Join(os.Chmod(f.at("tmp"), 0o777|os.ModeSticky), os.Symlink("../run", f.at("var/run")))
}

// system shows the machine's programs and what they need, or links as the machine has them.
func (f Files) system() error {
	for _, name := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ssl", "/etc/pki", "/etc/alternatives"} {
		about, err := os.Lstat(name)
		switch {
		case err != nil:
			continue
		case about.Mode()&os.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			if err := os.Symlink(target, f.at(name)); err != nil {
				return err
			}
		default:
			if err := bind(name, f.at(name), true); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{"/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/protocols", "/etc/services"} {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(f.at(name), text, 0o644)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f Files) devices() error {
	for _, name := range []string{"null", "zero", "full", "random", "urandom"} {
		if err := bindFile("/dev/"+name, f.at("dev/"+name), false); err != nil {
			return err
		}
	}
	err := unix.Mount("proc", f.at("proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	if errors.Is(err, unix.EPERM) {
		// A user namespace may not have a /proc that shows more than the one there is.
		return fmt.Errorf("cannot mount /proc: %w; if part of the machine's own is covered, as in a container, start that with `--security-opt systempaths=unconfined`", err)
	}
	return err
}

func (f Files) own() error {
	return errors.Join(
		bind(filepath.Join(f.Folder, "istio"), f.at("etc/istio"), false),
		bind(filepath.Join(f.Folder, "secrets"), f.at("run/secrets"), false),
		bind(filepath.Join(f.Folder, "lib"), f.at("var/lib/istio"), false),
		bindFile(filepath.Join(f.Folder, "hosts"), f.at("etc/hosts"), true),
	)
}

func (f Files) programs() error {
	err := errors.Join(
		bindFile(f.Pod, f.at(Programs+"/pilot-agent"), true),
		bindFile(f.Envoy, f.at(Programs+"/envoy"), true),
	)
	if _, missing := os.Stat("/usr/bin/curl"); missing != nil {
		err = errors.Join(err, os.Symlink("pilot-agent", f.at(Programs+"/curl")))
	}
	return err
}

func (f Files) enter() error {
	if err := unix.PivotRoot(f.Root, f.at("old")); err != nil {
		return fmt.Errorf("cannot enter the pod's files: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	if err := unix.Unmount("/old", unix.MNT_DETACH); err != nil {
		return err
	}
	return os.Remove("/old")
}

func bind(from, to string, readOnly bool) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return mountBind(from, to, readOnly)
}

func bindFile(from, to string, readOnly bool) error {
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_ = file.Close()
	return mountBind(from, to, readOnly)
}

func mountBind(from, to string, readOnly bool) error {
	// With what is mounted below: in a user namespace it cannot be taken away.
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("cannot show %s as %s: %w", from, to, err)
	}
	if !readOnly {
		return nil
	}
	var about unix.Statfs_t
	if err := unix.Statfs(to, &about); err != nil {
		return err
	}
	// The kernel ignores these flags on the bind itself. What the machine forbids there stays forbidden.
	flags := uintptr(about.Flags) & (unix.MS_NODEV | unix.MS_NOEXEC)
	if err := unix.Mount("", to, "", flags|unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOSUID, ""); err != nil {
		return fmt.Errorf("cannot show %s read-only: %w", from, err)
	}
	return nil
}
