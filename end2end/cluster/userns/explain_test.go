package userns

import (
	"errors"
	"testing"
)

func TestOnlyWhatTheKernelRefusedIsBlamedOnASwitch(t *testing.T) {
	for _, c := range []struct {
		name, said string
		files      map[string]string
		want       string
	}{
		{
			"none allowed", "fork/exec /x: no space left on device", map[string]string{"/proc/sys/user/max_user_namespaces": "0"},
			"fork/exec /x: no space left on device; the machine has user.max_user_namespaces=0, and `sudo sysctl -w user.max_user_namespaces=15000` allows it",
		},
		{
			"Debian's", "fork/exec /x: operation not permitted", map[string]string{"/proc/sys/kernel/unprivileged_userns_clone": "0", "/proc/sys/user/max_user_namespaces": "9000"},
			"fork/exec /x: operation not permitted; the machine has kernel.unprivileged_userns_clone=0, and `sudo sysctl -w kernel.unprivileged_userns_clone=1` allows it",
		},
		{
			"Ubuntu's", "newuidmap failed (exit status 1): write to uid_map failed: Operation not permitted", map[string]string{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"},
			"newuidmap failed (exit status 1): write to uid_map failed: Operation not permitted; the machine has kernel.apparmor_restrict_unprivileged_userns=1, and `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` allows it",
		},
		{
			"another reason", "there is no iptables-restore", map[string]string{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"},
			"there is no iptables-restore",
		},
		{
			"all on", "operation not permitted", map[string]string{"/proc/sys/kernel/unprivileged_userns_clone": "1", "/proc/sys/user/max_user_namespaces": "9000"},
			"operation not permitted",
		},
	} {
		got := explain(errors.New(c.said), 1000, func(file string) string { return c.files[file] }).Error()
		if got != c.want {
			t.Errorf("%s: %s\nnot %s", c.name, got, c.want)
		}
	}
}

func TestNoSwitchIsToldToRootOutsideOfAUserNamespace(t *testing.T) {
	for _, c := range []struct {
		name, ids string
		uid       int
		told      bool
	}{
		{"root of the machine or of a container", "         0          0 4294967295", 0, false},
		{"root of a user namespace", "         0       1000          1\n         1     100000      65536", 0, true},
		{"an ordinary user", "         0          0 4294967295", 1000, true},
	} {
		refused := errors.New("operation not permitted")
		files := map[string]string{"/proc/self/uid_map": c.ids, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"}
		got := explain(refused, c.uid, func(file string) string { return files[file] })
		if told := got.Error() != refused.Error(); told != c.told {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
