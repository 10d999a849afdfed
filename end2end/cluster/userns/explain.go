package userns

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// switches by which distributions and administrators keep user namespaces from ordinary users, with the value that does.
var switches = []struct{ name, off, on string }{
	{"user.max_user_namespaces", "0", "15000"},
	{"kernel.unprivileged_userns_clone", "0", "1"},
	{"kernel.apparmor_restrict_unprivileged_userns", "1", "0"},
}

// refusals are the kernel's words where a switch may be behind it, in whatever case a program repeats them.
var refusals = []string{"operation not permitted", "permission denied", "no space left on device"}

// everyID is the map of user ids where there is no user namespace but the machine's.
const everyID = "0 0 4294967295"

// Lacking is an error that is none of ours: the machine has not what it takes to be root with mounts of its own, or keeps it
// from us.
type Lacking struct{ error }

func (l Lacking) Unwrap() error { return l.error }

// Explain adds to what the kernel refused in a user namespace, or when one was made, the switch that is behind it, if one is set:
// the error is then Lacking.
func Explain(err error) error {
	return explain(err, os.Geteuid(), func(file string) string {
		text, _ := os.ReadFile(file)
		return strings.TrimSpace(string(text))
	})
}

func explain(err error, uid int, read func(file string) string) error {
	// The machine's root asks for no user namespace: what a container keeps from it, no switch gives.
	if uid == 0 && strings.Join(strings.Fields(read("/proc/self/uid_map")), " ") == everyID {
		return err
	}
	if errors.As(err, &Lacking{}) {
		return err
	}
	said := strings.ToLower(err.Error())
	if !slices.ContainsFunc(refusals, func(words string) bool { return strings.Contains(said, words) }) {
		return err
	}
	for _, s := range switches {
		if read("/proc/sys/"+strings.ReplaceAll(s.name, ".", "/")) == s.off {
			return Lacking{fmt.Errorf("%w; the machine has %s=%s, and `sudo sysctl -w %s=%s` allows it", err, s.name, s.off, s.name, s.on)}
		}
	}
	return err
}
